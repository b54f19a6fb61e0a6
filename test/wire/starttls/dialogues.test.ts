import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Dialogue, Step } from '../../../src/wire/starttls/dialogue.ts';
import { dialogues } from '../../../src/wire/starttls/index.ts';

const dialogue = (protocol: string): Dialogue => {
  const make = dialogues.get(protocol);
  if (!make) throw new Error(protocol);
  return make();
};
const bytes = (text: string): Uint8Array => (/^([0-9a-f]{2})+$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
const said = (text: Uint8Array | undefined): string =>
  Buffer.from(text ?? [])
    .toString('latin1')
    .trimEnd();
/** Plays a server that says each text once our last word has come; what we said, and where it ended. */
function play(
  protocol: string,
  server: readonly string[],
  cut: (whole: Uint8Array) => readonly Uint8Array[] = (whole) => [whole],
): { readonly ours: readonly string[]; readonly end: Step } {
  const { first, push } = dialogue(protocol);
  const ours = first.length > 0 ? [said(first)] : [];
  let end: Step = { is: 'more' };
  for (const text of server)
    for (const part of cut(bytes(text))) {
      if (end.is !== 'more' && end.is !== 'say') return { ours, end };
      end = push(part);
      if (end.is === 'say') ours.push(said(end.bytes));
    }
  return { ours, end };
}
const one = (whole: Uint8Array): readonly Uint8Array[] => Array.from(whole, (byte) => Uint8Array.of(byte));
/** Greeting of MySQL: capabilities low and high around the rest. */
const greeting = (capabilities: number): string => {
  const body = Buffer.concat([
    Buffer.from('\x0a8.4.0\0', 'latin1'),
    Buffer.alloc(12, 0x41),
    Buffer.from([0, capabilities & 0xff, capabilities >> 8, 33, 2, 0, 8, 0, 21]),
    Buffer.alloc(10),
    Buffer.from('AAAAAAAAAAAA\0mysql_native_password\0', 'latin1'),
  ]);
  return Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body]).toString('hex');
};
const mysqlError = (code: number): string => Buffer.concat([Buffer.from([7, 0, 0, 0, 0xff, code & 0xff, code >> 8]), Buffer.from('blck')]).toString('hex');
/** ExtendedResponse; the lengths in the long form that Active Directory writes. */
const extended = (result: number, id = 1, long = false): string => {
  const inner = Buffer.from([0x0a, 1, result, 4, 0, 4, 0]);
  const size = (n: number): readonly number[] => (long ? [0x84, 0, 0, 0, n] : [n]);
  const op = Buffer.concat([Buffer.from([0x78, ...size(inner.length)]), inner]);
  const body = Buffer.concat([Buffer.from([2, 1, id]), op]);
  return Buffer.concat([Buffer.from([0x30, ...size(body.length)]), body]).toString('hex');
};
const notice = '302402010078' + '1f0a01340400' + '0400' + '8a16312e332e362e312e342e312e313436362e3230303336';
const pgError = (code: string): string => {
  const fields = Buffer.from(`SFATAL\0C${code}\0Mno\0\0`);
  return Buffer.concat([Buffer.from([0x45, 0, 0, 0, fields.length + 4]), fields]).toString('hex');
};

const toTls: readonly (readonly [protocol: string, server: readonly string[], ours: number])[] = [
  ['smtp', ['220-wait\n220 mx ESMTP\n', '250-mx\n250-SIZE 1\n250 STARTTLS\n', '220 2.0.0 go\n'], 2],
  ['smtp', ['220\n', '250-mx\n250-starttls\n250 HELP\n', '220 go\n'], 2],
  ['imap', ['* OK ready\n', '* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\na OK done\n', 'b OK go\n'], 2],
  ['imap', ['* OK ready\n', '* NOOP x\n* capability imap4rev1\n* CAPABILITY starttls\na ok done\n', 'b ok\n'], 2],
  ['pop3', ['+OK ready\n', '+OK\nUIDL\nSTLS\n.\n', '+OK go\n'], 2],
  ['pop3', ['+OK\n', '-ERR what?\n', '+OK\n'], 2],
  ['ldap', [extended(0)], 1],
  ['ldap', [extended(0, 1, true)], 1],
  ['postgres', ['53'], 1],
  ['mysql', [greeting(0x8a00)], 0],
];
test.each(toTls)('%s %j leads to TLS, in whatever pieces it comes', (protocol, server, ours) => {
  const whole = play(protocol, server);
  expect(whole.end).toMatchObject({ is: 'tls', behind: new Uint8Array() });
  expect(whole.ours).toHaveLength(ours);
  expect(play(protocol, server, one)).toEqual(whole);
});
test.each(toTls)('%s %j: what comes behind the go-ahead is given back', (protocol, server) => {
  const last = Buffer.from(bytes(server.at(-1) ?? '')).toString('hex');
  const { end } = play(protocol, [...server.slice(0, -1), `${last}0d0a41`]);
  expect(end).toMatchObject({ is: 'tls', behind: Uint8Array.of(13, 10, 65) });
});
test('what we say', () => {
  expect(play('smtp', toTls[0]?.[1] ?? []).ours).toEqual(['EHLO encaudit.invalid', 'STARTTLS']);
  expect(play('imap', toTls[2]?.[1] ?? []).ours).toEqual(['a CAPABILITY', 'b STARTTLS']);
  expect(play('pop3', toTls[4]?.[1] ?? []).ours).toEqual(['CAPA', 'STLS']);
  expect(Buffer.from(dialogue('ldap').first).toString('hex')).toBe('301d02010177188016312e332e362e312e342e312e313436362e3230303337');
  expect(Buffer.from(dialogue('postgres').first).toString('hex')).toBe('0000000804d2162f');
  const { end } = play('mysql', [greeting(0x8a00)]);
  expect(end.is === 'tls' && Buffer.from(end.bytes ?? []).toString('hex')).toBe(`20000001018a08000000000121${'00'.repeat(23)}`);
});
test.each([
  ['smtp', ['220 mx\n', '250-mx\n250-AUTH PLAIN\n250 8BITMIME\n'], 'QUIT'],
  ['smtp', ['220 mx\n', '250 STARTTLS\n'], 'QUIT'], // the first line is its name
  ['smtp', ['220 mx\n', '502 what?\n'], 'QUIT'],
  ['imap', ['* OK\n', '* CAPABILITY IMAP4rev1 XSTARTTLS\na OK\n'], 'z LOGOUT'],
  ['imap', ['* PREAUTH\n'], 'z LOGOUT'],
  ['pop3', ['+OK\n', '+OK\nUSER\nSTLSX\n.\n'], 'QUIT'],
  ['pop3', ['+OK\n', '-ERR\n', '-ERR\n'], 'QUIT'],
  ['ldap', [extended(2)], '0\x05\x02\x01\x02B'],
  ['postgres', ['4e'], ''],
  ['mysql', [greeting(0x8200)], ''],
] as const)('%s %j: no TLS, and a farewell', (protocol, server, bye) => {
  const { end } = play(protocol, server);
  expect(end.is === 'not-offered' && said(end.bye).replace(/\0$/, '')).toBe(bye);
});
test.each([
  ['smtp', ['421 busy\n'], 'busy'],
  ['smtp', ['554-go\n554 away\n'], 'denied'],
  ['smtp', ['450 later\n'], 'unavailable'],
  ['smtp', ['220 mx\n', '550 no\n'], 'denied'],
  ['smtp', ['220 mx\n', '250-mx\n250 STARTTLS\n', '454 not now\n'], 'unavailable'],
  ['smtp', ['220 mx\n', '250-mx\n250 STARTTLS\n', '421 bye\n'], 'busy'],
  ['smtp', ['220 mx\n250-mx\n250 STARTTLS\n'], 'malformed'], // an answer that was not asked for yet
  ['smtp', ['220-mx\n250 STARTTLS\n'], 'malformed'],
  ['smtp', ['SSH-2.0-x\n'], 'malformed'],
  ['imap', ['* BYE\n'], 'denied'],
  ['imap', ['* BYE [UNAVAILABLE] later\n'], 'busy'],
  ['imap', ['* OK\n', 'a OK\n'], 'malformed'],
  ['imap', ['* OK\n', '* CAPABILITY {5}\n'], 'malformed'],
  ['imap', ['* OK\n', 'b OK\n'], 'malformed'],
  ['imap', ['* OK\n', '* CAPABILITY STARTTLS\na OK\n', 'b NO\n'], 'unavailable'],
  ['imap', ['* OK\n', 'a NO\n'], 'unavailable'],
  ['pop3', ['-ERR [IN-USE] x\n'], 'busy'],
  ['pop3', ['-ERR no\n'], 'denied'],
  ['pop3', ['+OK\n', '+OK\nSTLS\n.\n', '-ERR\n'], 'unavailable'],
  ['pop3', ['HTTP/1.1 400\n'], 'malformed'],
  ['ldap', [extended(52)], 'unavailable'],
  ['ldap', [extended(51)], 'busy'],
  ['ldap', [extended(0, 2)], 'malformed'],
  ['ldap', [notice], 'unavailable'],
  ['ldap', ['3080'], 'malformed'],
  ['ldap', ['308500000000'], 'malformed'],
  ['ldap', ['3084ffffffff'], 'malformed'],
  ['ldap', ['300502010178'], 'more'],
  ['ldap', ['30050201017800'], 'malformed'],
  ['ldap', ['3c'], 'more'],
  ['ldap', ['3c21'], 'more'],
  ['postgres', [pgError('53300')], 'busy'],
  ['postgres', [pgError('28000')], 'denied'],
  ['postgres', [pgError('57P03')], 'unavailable'],
  ['postgres', ['48545450'], 'malformed'],
  ['postgres', ['45000000'], 'more'],
  ['mysql', [mysqlError(1129)], 'denied'],
  ['mysql', [mysqlError(1130)], 'denied'],
  ['mysql', [mysqlError(1040)], 'busy'],
  ['mysql', [mysqlError(1203)], 'unavailable'],
  ['mysql', ['4a0000000a38'], 'more'],
  ['mysql', ['ffffff00'], 'malformed'],
] as const)('%s %j is no fact: %s', (protocol, server, refusal) => {
  const { end } = play(protocol, server);
  expect(end.is === 'refused' ? end.refusal : end.is).toBe(refusal);
});
test.each(['smtp', 'imap', 'pop3'])('%s: a greeting that never ends is let go', (protocol) => {
  const { push } = dialogue(protocol);
  let last: Step = { is: 'more' };
  for (let n = 0; n < 100 && last.is === 'more'; n++) last = push(Buffer.alloc(1000, 'x'));
  expect(last).toMatchObject({ is: 'refused', refusal: 'too-large' });
  expect(dialogue('smtp').push(Buffer.from('220-x\r\n'.repeat(20_000)))).toMatchObject({ is: 'refused', refusal: 'too-large' });
});

const hostile = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .constantFrom(
        '220 a\r\n',
        '250-a\r\n250 STARTTLS\r\n',
        '* OK\r\n',
        '* CAPABILITY STARTTLS\r\na OK\r\n',
        'b OK\r\n',
        '+OK\r\n',
        '.\r\n',
        'S',
        '\r',
        '\n',
        '0\x84',
        '\0',
      )
      .map((text) => Buffer.from(text, 'latin1')),
    fc.constantFrom(extended(0), extended(2), greeting(0x8a00), greeting(0), pgError('28000')).map((hex) => Buffer.from(hex, 'hex')),
  ),
  { maxLength: 12 },
);
test.each([...dialogues.keys()])('%s: hostile bytes end in a step, the same however they are cut, and the why is our own words', (protocol) => {
  fc.assert(
    fc.property(hostile, fc.array(fc.nat(50), { maxLength: 20 }), (parts, cuts) => {
      const whole = Buffer.concat(parts);
      const final = (pieces: readonly Uint8Array[]): Step => {
        const { push } = dialogue(protocol);
        let step: Step = { is: 'more' };
        for (const piece of pieces) {
          step = push(piece);
          if (step.is !== 'more') break;
        }
        return step;
      };
      const [at, next] = [Math.min(cuts[0] ?? 0, whole.length), Math.min((cuts[0] ?? 0) + (cuts[1] ?? 0), whole.length)];
      const [together, apart] = [final([whole]), final([whole.subarray(0, at), whole.subarray(at, next), whole.subarray(next)])];
      if ('why' in together) {
        expect(together.why).toMatch(/^[ -~]{1,120}$/);
        // Cut before it spoke out of turn, the dialogue has not heard of that yet.
        if (!together.why.startsWith('speaks before') && 'why' in apart) expect(apart).toEqual(together);
      }
      if (together.is === 'tls' && apart.is === 'tls') expect(together.behind.length).toBeGreaterThanOrEqual(apart.behind.length);
    }),
    { numRuns: 500 },
  );
});
test('a truncated dialogue never leads to TLS', () => {
  for (const [protocol, server] of toTls) {
    const last = bytes(server.at(-1) ?? '');
    for (let length = 0; length < last.length; length++) {
      const { end } = play(
        protocol,
        [...server.slice(0, -1), Buffer.from(last.subarray(0, length)).toString('hex')].filter((text) => text !== ''),
      );
      expect(end.is === 'tls' || end.is === 'not-offered').toBe(false);
    }
  }
});
