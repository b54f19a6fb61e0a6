import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipBytes, ipText } from '../../src/x509/ip.ts';
import { issue } from '../../src/x509/issue.ts';
import { nameMatches } from '../../src/x509/name.ts';

const dns = (...names: readonly string[]) => ({ dns: names, ip: [] });
test.each<[string, string, boolean]>([
  ['a.example', 'a.example', true],
  ['A.Example', 'a.eXAMPLE', true],
  ['a.example.', 'a.example', true],
  ['a.example', 'b.example', false],
  ['a.example', 'a.example.', false],
  ['a.example', 'a.example\0', false],
  ['a.example', 'a.example\0.evil.example', false],
  ['x.b.example', '*.b.example', true],
  ['x.y.b.example', '*.b.example', false],
  ['b.example', '*.b.example', false],
  ['.b.example', '*.b.example', false],
  ['xy.b.example', 'x*.b.example', false],
  ['x.y.example', 'x.*.example', false],
  ['b.example', '*.example', false],
  ['b.example', '*', false],
  ['*.b.example', '*.b.example', false],
  ['münchen.example', 'xn--mnchen-3ya.example', true],
  ['xn--mnchen-3ya.b.example', '*.b.example', true],
  ['münchen.example', 'm\u00fcnchen.example', false],
  ['under_score.example', 'under_score.example', true],
  ['localhost', 'localhost', true],
  ['', '', false],
  ['a/b.example', 'a', false],
  ['127.0.0.1', '127.0.0.1', false],
])('%s, named by %s: %s', (host, name, expected) => {
  expect(nameMatches(host, dns(name))).toBe(expected);
});
test('addresses are compared as bytes, and only with addresses', () => {
  const ip = [Buffer.from('20010db8000000000000000000000001', 'hex'), Buffer.from([10, 0, 0, 1])];
  expect(['2001:DB8::1', '2001:db8:0:0::1', '10.0.0.1', '::ffff:10.0.0.1', '10.0.0.2'].map((host) => nameMatches(host, { dns: ['10.0.0.2'], ip }))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
test('OpenSSL, told to be strict, says the same of any name of letters, dots and stars', () => {
  const label = fc.stringMatching(/^[ab*]{1,2}$/);
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };
  const key = issue(dates).key;
  fc.assert(
    fc.property(name, name, (host, presented) => {
      fc.pre(!host.includes('*'));
      const certificate = new X509Certificate(issue({ ...dates, key, san: { dns: [presented] } }).certDer);
      expect(nameMatches(host, dns(presented))).toBe(certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined);
    }),
    { numRuns: 300 },
  );
});

test('an address as text and as bytes', () => {
  expect(
    ['1.2.3.4', '::', '::1', '1::', '2001:db8::1:0:0:1', '::ffff:1.2.3.4', 'fe80::1%eth0', '1.2.3', 'x'].map((text) => ipBytes(text)?.toString('hex')),
  ).toEqual([
    '01020304',
    '0'.repeat(32),
    `${'0'.repeat(31)}1`,
    `0001${'0'.repeat(28)}`,
    '20010db8000000000001000000000001',
    `${'0'.repeat(20)}ffff01020304`,
    undefined,
    undefined,
    undefined,
  ]);
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })), (bytes) => {
      expect(ipBytes(ipText(Buffer.from(bytes)) ?? '')).toEqual(Buffer.from(bytes));
    }),
  );
});
