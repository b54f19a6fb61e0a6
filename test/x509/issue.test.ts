import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { issue, makeKey, type IssueOptions } from '../../src/x509/issue.ts';

const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-04-01T00:00:00Z') };
const root = issue({ ...dates, subject: 'Root', ca: true });
const rsa = issue({ ...dates, subject: 'RSA', ca: true, key: 'rsa-2048', issuer: root });

test('OpenSSL reads what was asked for', () => {
  const { certDer, certPem, keyPem } = issue({
    ...dates,
    subject: 'a.example',
    issuer: root,
    san: { dns: ['a.example', '*.b.example'], ip: ['10.0.0.1', '2001:db8::1', '::ffff:1.2.3.4'], email: ['a@b'], uri: ['http://x/'] },
    ocspUrls: ['http://ocsp/'],
    issuerUrls: ['http://ca/'],
    serial: 128n,
  });
  const read = new X509Certificate(certPem);
  expect(read.raw).toEqual(certDer);
  expect(read.subject).toBe('CN=a.example');
  expect(read.issuer).toBe('CN=Root');
  expect(read.subjectAltName).toBe(
    'DNS:a.example, DNS:*.b.example, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:0:0:0:0:0:FFFF:102:304, email:a@b, URI:http://x/',
  );
  expect(read.infoAccess).toBe('OCSP - URI:http://ocsp/\nCA Issuers - URI:http://ca/');
  expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']); // Node's name for the extended one
  expect(read.serialNumber).toBe('80');
  expect(new Date(read.validTo)).toEqual(dates.notAfter);
  expect(read.ca).toBe(false);
  expect(read.checkIssued(new X509Certificate(root.certDer))).toBe(true);
  expect(read.verify(new X509Certificate(root.certDer).publicKey)).toBe(true);
  expect(keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
});
test.each<[string, Partial<IssueOptions>]>([
  ['MD5', { issuer: rsa, hash: 'md5' }],
  ['SHA-1', { issuer: rsa, hash: 'sha1' }],
  ['SHA-512', { issuer: rsa, hash: 'sha512' }],
  ['PSS', { issuer: rsa, pss: true }],
  ['PSS with SHA-384', { issuer: rsa, pss: true, hash: 'sha384' }],
  ['ECDSA with SHA-1', { issuer: root, hash: 'sha1' }],
])('a signature with %s verifies, and the wrong one does not', (_name, how) => {
  const key = how.issuer && new X509Certificate(how.issuer.certDer).publicKey;
  if (!key) throw new Error('no issuer');
  expect(new X509Certificate(issue({ ...dates, ...how }).certDer).verify(key)).toBe(true);
  expect(new X509Certificate(issue({ ...dates, ...how, wrongSignature: true }).certDer).verify(key)).toBe(false);
});
test.each(['ec-p256', 'ec-p384', 'ed25519', 'rsa-1024'] as const)('a self-signed %s key verifies itself', (kind) => {
  const read = new X509Certificate(issue({ ...dates, subject: kind, key: makeKey(kind) }).certDer);
  expect(read.verify(read.publicKey)).toBe(true);
});
