import { expect, test } from 'vitest';
import { issue } from '../../src/x509/issue.ts';
import { readCertificate } from '../../src/x509/read.ts';
const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-04-01T00:00:00Z') };
const root = issue({
  ...dates,
  subject: 'Root',
  ca: true,
  key: 'rsa-2048',
  pathLength: 1,
  permitted: { dns: ['example.com'], ip: ['10.0.0.0/9', '2001:db8::/32'], dirName: ['x'] },
});
test('x', () => {
  const leaf = issue({
    ...dates,
    subject: 'leaf\0, \u202e#\\',
    issuer: root,
    hash: 'sha1',
    pss: true,
    san: { dns: ['a.example.com', '*.b.c', 'a\0b'], ip: ['10.0.0.1', '2001:db8::1', '::ffff:1.2.3.4'], email: ['a@b'], uri: ['http://x/'], dirName: ['d'] },
    ocspUrls: ['http://o/'],
    issuerUrls: ['http://i/'],
    crlUrls: ['http://c1/', 'http://c2/'],
    scts: 2,
    mustStaple: true,
    unknownCritical: true,
    keyUsage: ['digitalSignature', 'decipherOnly', 'keyAgreement'],
    extendedKeyUsage: ['serverAuth', 'clientAuth', 'any', '1.2.3.4'],
    serial: -5n,
  });
  expect(readCertificate(leaf.certDer).flaws).toEqual([]);
});
