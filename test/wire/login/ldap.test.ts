import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoginOutcome } from '../../../src/wire/login/dialogue.ts';
import { ldapLogin, readBind, readRoot } from '../../../src/wire/login/ldap.ts';

const der = (tag: number, ...parts: readonly (Buffer | string)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x84, 0, 0, body.length >> 8, body.length & 255]), body]);
};
const message = (id: number, operation: Buffer): Buffer => der(0x30, der(2, Buffer.from([id])), operation);
const result = (tag: number, code: number): Buffer => der(tag, der(0x0a, Buffer.from([code])), der(4), der(4, 'text '.repeat(40)));
const entry = (attributes: Readonly<Record<string, string>>): Buffer =>
  message(
    1,
    der(0x64, der(4), der(0x30, ...Object.entries(attributes).map(([name, value]) => der(0x30, der(4, name), der(0x31, der(4, value), der(4, 'dc=second')))))),
  );
const done = (code = 0): Buffer => message(1, result(0x65, code));
const bound = (code: number): Buffer => message(2, result(0x61, code));

/** Plays a server: the root DSE, then the answer to the bind. */
function play(root: Buffer, bind: Buffer): { readonly said: string; readonly outcome: LoginOutcome | undefined } {
  const { heard } = ldapLogin('nobody');
  const first = heard(root);
  if (first.is === 'end') return { said: '', outcome: first.outcome };
  if (first.is !== 'say') return { said: '', outcome: undefined };
  const second = heard(bind);
  return { said: Buffer.from(first.bytes).toString('latin1'), outcome: second.is === 'end' ? second.outcome : undefined };
}
const tree = Buffer.concat([entry({ namingContexts: 'dc=example' }), done()]);

test('asks for the root DSE first, then binds as nobody inside a tree, with a password that is none', () => {
  expect(Buffer.from(ldapLogin('nobody').first).toString('latin1')).toContain('namingContexts');
  expect(play(tree, bound(49))).toEqual({
    said: '0&\x02\x01\x02`!\x02\x01\x03\x04\x14cn=nobody,dc=example\x80\x06nobody',
    outcome: { is: 'accepted', mechanisms: ['SIMPLE'] },
  });
});
test.each([
  [0, 'accepted'],
  [49, 'accepted'],
  [32, 'accepted'],
  [13, 'refused'],
  [8, 'refused'],
  [7, 'unclear'],
  [48, 'unclear'],
  [53, 'unclear'],
  [51, 'unclear'],
])('result %i of the bind: %s', (code, is) => {
  expect(play(tree, bound(code)).outcome).toMatchObject({ is, ...(code === 51 && { busy: true }) });
});
test('without a tree a refused password proves nothing', () => {
  expect(play(done(), bound(49)).outcome).toMatchObject({ is: 'unclear' });
  expect(play(done(50), bound(13)).outcome).toEqual({ is: 'refused' });
});
test('a root DSE that wants confidentiality says it all; one that wants a login does not', () => {
  expect(play(done(13), bound(49)).outcome).toEqual({ is: 'refused' });
  expect(play(done(8), bound(49)).outcome).toMatchObject({ is: 'unclear' });
});
test('Active Directory names the default tree, and writes long lengths', () => {
  expect(readRoot(Buffer.concat([entry({ namingContexts: 'CN=Configuration', defaultNamingContext: 'DC=corp' }), done()]))).toEqual({
    result: 0,
    tree: 'DC=corp',
  });
});
test.each([
  ['an answer to another question', message(9, result(0x61, 49))],
  ['another operation', message(2, result(0x65, 0))],
  ['SMTP', Buffer.from('220 mail ESMTP\r\n')],
  ['an endless length', Buffer.from('3080', 'hex')],
  ['a message of a gigabyte', Buffer.from('30844000000002', 'hex')],
])('%s is no answer', (_name, bytes) => {
  expect([readBind(bytes), play(tree, bytes).outcome]).toMatchObject(['malformed', { is: 'unclear' }]);
});
test('a truncated answer waits for more; whatever comes, reading ends and never throws', () => {
  for (let end = 0; end < tree.length; end++) expect(readRoot(tree.subarray(0, end))).toBe('incomplete');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: tree.length - 1 }), (noise, at) => {
      const bytes = Buffer.from(tree);
      bytes.set(noise.subarray(0, bytes.length - at), at);
      for (const one of [noise, bytes]) {
        expect(['number', 'string']).toContain(typeof readBind(one));
        expect(['object', 'string']).toContain(typeof readRoot(one));
      }
    }),
  );
});
