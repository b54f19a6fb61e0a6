import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { anchorsOf } from '../../src/x509/anchors.ts';
import { judgeChain } from '../../src/x509/chain.ts';
import { all } from '../../src/x509/held.ts';
import { issue, type Issued, type IssueOptions } from '../../src/x509/issue.ts';
import { pemCertificates } from '../../src/x509/pem.ts';
import { readCertificate, type OwnFacts } from '../../src/x509/read.ts';

const folder = mkdtempSync(join(tmpdir(), 'encaudit-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
function openssl(...args: readonly string[]): { readonly ok: boolean; readonly out: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  return { ok: status === 0, out: stdout + stderr };
}
function made(name: string, ...args: readonly string[]): OwnFacts {
  const { ok, out } = openssl('req', '-x509', '-nodes', '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`), '-days', '90', ...args);
  if (!ok) throw new Error(out);
  const [der] = pemCertificates(readFileSync(path(`${name}.pem`), 'latin1'));
  const { facts, flaws } = readCertificate(der ?? Buffer.alloc(0));
  expect(flaws).toEqual([]);
  return facts;
}

test('what the openssl binary writes is read as it says it itself', () => {
  const facts = made(
    'full',
    '-newkey',
    'rsa:2048',
    '-sha384',
    '-set_serial',
    '0x8123',
    '-utf8',
    '-multivalue-rdn',
    '-subj',
    '/C=DE/O=Größe, Inc./OU=a+UID=b/CN=x.example',

    '-addext',
    'subjectAltName=DNS:x.example,DNS:*.y.example,IP:192.0.2.1,IP:2001:db8::7,email:a@b.example,URI:https://x/,RID:1.2.3.4,otherName:1.2.3;UTF8:hi',

    '-addext',
    'keyUsage=critical,digitalSignature,keyEncipherment,decipherOnly,keyAgreement',
    '-addext',
    'extendedKeyUsage=serverAuth,clientAuth,1.3.6.1.4.1.1',
    '-addext',
    'authorityInfoAccess=OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/ca.cer',
    '-addext',
    'tlsfeature=status_request',
    '-addext',
    'crlDistributionPoints=URI:http://crl.example/1.crl,URI:http://crl.example/2.crl',
    '-addext',
    '1.2.3.4.5=critical,ASN1:NULL',

    '-addext',
    'nameConstraints=permitted;DNS:example,permitted;IP:192.0.2.0/255.255.255.0,excluded;IP:2001:db8:ff00::/ffff:ffff:ff00:0:0:0:0:0,excluded;email:.b',
  );
  const said = (...args: readonly string[]): string => openssl('x509', '-in', path('full.pem'), '-noout', ...args).out.trim();
  expect(facts).toMatchObject({
    sha256: said('-fingerprint', '-sha256').replace(/.*=|:/g, '').toLowerCase(),
    serial: said('-serial').replace('serial=', '').toLowerCase(),
    selfSigned: true,
    sanDns: ['x.example', '*.y.example'],
    sanIp: ['192.0.2.1', '2001:db8::7'],
    sanOther: ['email:a@b.example', 'URI:https://x/', 'RID:1.2.3.4', 'other:1.2.3'],
    keyType: 'rsa',
    keyBits: 2048,
    rsaExponent: '65537',
    signatureAlgorithm: 'sha384WithRSAEncryption',
    signatureHash: 'sha384',
    keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement', 'decipherOnly'],
    extendedKeyUsage: ['serverAuth', 'clientAuth', 'other'],
    ocspUrls: ['http://ocsp.example/'],
    issuerUrls: ['http://ca.example/ca.cer'],
    crlUrls: ['http://crl.example/1.crl', 'http://crl.example/2.crl'],
    mustStaple: true,
    unknownCritical: ['1.2.3.4.5'],
    permittedNames: ['DNS:example', 'IP:192.0.2.0/24'],
    excludedNames: ['IP:2001:db8:ff00::/40', 'email:.b'],
  });
  expect(facts.subject).toBe(said('-subject', '-nameopt', 'RFC2253,-esc_msb,utf8').replace('subject=', ''));
  expect([facts.notBefore, facts.notAfter].map((time) => Date.parse(time ?? ''))).toEqual(
    [said('-startdate'), said('-enddate')].map((line) => Date.parse(line.replace(/.*=/, ''))),
  );
});
test.each<[string, readonly string[], Partial<OwnFacts>]>([
  [
    'P-256',
    ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    { keyType: 'ec', keyBits: 256, curve: 'prime256v1', signatureAlgorithm: 'ecdsa-with-sha256' },
  ],
  ['P-521', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521', '-sha512'], { keyType: 'ec', keyBits: 521, curve: 'secp521r1', signatureHash: 'sha512' }],
  [
    'explicit parameters',
    ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
    { keyType: 'ec', keyBits: 256, selfSigned: true },
  ],
  ['Ed25519', ['-newkey', 'ed25519'], { keyType: 'ed25519', keyBits: 256, signatureAlgorithm: 'ed25519', signatureHash: 'intrinsic', selfSigned: true }],
  ['Ed448', ['-newkey', 'ed448'], { keyType: 'ed448', keyBits: 456, signatureHash: 'intrinsic', selfSigned: true }],
  [
    'a PSS key',
    ['-newkey', 'rsa-pss', '-sha512'],
    { keyType: 'rsa-pss', keyBits: 2048, signatureAlgorithm: 'rsassa-pss', signatureHash: 'sha512', selfSigned: true },
  ],
  ['a PSS signature', ['-newkey', 'rsa:1024', '-sigopt', 'rsa_padding_mode:pss', '-sha256'], { keyType: 'rsa', keyBits: 1024, signatureHash: 'sha256' }],
  [
    'a PSS signature with SHA-1',
    ['-newkey', 'rsa:1024', '-sigopt', 'rsa_padding_mode:pss', '-sha1'],
    { signatureAlgorithm: 'rsassa-pss', signatureHash: 'sha1' },
  ],
  ['MD5', ['-newkey', 'rsa:1024', '-md5'], { signatureAlgorithm: 'md5WithRSAEncryption', signatureHash: 'md5', selfSigned: true }],
  ['SHA-1', ['-newkey', 'rsa:1024', '-sha1'], { signatureAlgorithm: 'sha1WithRSAEncryption', signatureHash: 'sha1' }],
  ['SHA3', ['-newkey', 'rsa:2048', '-sha3-256'], { signatureHash: 'sha3', selfSigned: true }],
])('keys and signatures by the openssl binary: %s', (name, args, expected) => {
  expect(made(name.replaceAll(' ', '-'), ...args, '-subj', '/CN=x')).toMatchObject(expected);
});

const now = Date.now();
const dates = { notBefore: new Date(now - 86_400_000), notAfter: new Date(now + 86_400_000 * 90) };
const gone = { notBefore: new Date(now - 86_400_000 * 9), notAfter: new Date(now - 86_400_000) };
const root = issue({ ...dates, subject: 'Root', ca: true });
const sub = (more: Partial<IssueOptions> = {}): Issued => issue({ ...dates, subject: 'Sub', ca: true, issuer: root, ...more });
const leaf = (issuer: Issued, more: Partial<IssueOptions> = {}): Issued => issue({ ...dates, subject: 'leaf', san: { dns: ['a.example'] }, issuer, ...more });
const chains: readonly (readonly [string, () => readonly Issued[]])[] = [
  ['good', () => chainOf(sub())],
  ['expired', () => chainOf(sub(), gone)],
  ['expired issuer', () => chainOf(sub(gone))],
  ['incomplete', () => [leaf(sub())]],
  ['for clients', () => chainOf(sub(), { extendedKeyUsage: ['clientAuth'] })],
  ['issuer for clients', () => chainOf(sub({ extendedKeyUsage: ['clientAuth'] }))],
  ['issuer of certificates no more', () => chainOf(sub({ keyUsage: ['cRLSign'] }))],
  ['no authority', () => chainOf(sub({ ca: false, keyUsage: [] }))],
  ['names within', () => chainOf(sub({ permitted: { dns: ['example'] } }))],
  ['names without', () => chainOf(sub({ permitted: { dns: ['b.example'] } }))],
  ['names excluded', () => chainOf(sub({ excluded: { dns: ['.example'] } }))],
  ['critical', () => chainOf(sub(), { unknownCritical: true })],
  ['signature', () => chainOf(sub(), { wrongSignature: true })],
  ['self-signed', () => [issue({ ...dates, subject: 'x', san: { dns: ['a.example'] } })]],
  ['path', () => deeper(sub({ pathLength: 0 }))],
  ['path long enough', () => deeper(sub({ pathLength: 1 }))],
];
function chainOf(issuer: Issued, more: Partial<IssueOptions> = {}): readonly Issued[] {
  return [leaf(issuer, more), issuer];
}
function deeper(above: Issued): readonly Issued[] {
  const below = issue({ ...dates, subject: 'Below', ca: true, issuer: above });
  return [leaf(below), below, above];
}
test.each(chains)('`openssl verify` agrees: %s', (_name, make) => {
  const chain = make();
  const [first, ...others] = chain.map(({ certPem }) => certPem);
  for (const [name, text] of [
    ['root', root.certPem],
    ['leaf', first ?? ''],
    ['others', others.join('') || root.certPem],
  ] as const)
    writeFileSync(path(`${name}.pem`), text);
  const { ok, out } = openssl('verify', '-purpose', 'sslserver', '-auth_level', '0', '-CAfile', 'root.pem', '-untrusted', 'others.pem', 'leaf.pem');
  const { trust, dates, purpose, constraints, signature } = judgeChain(
    chain.map(({ certDer }) => readCertificate(certDer).parsed),
    anchorsOf({ mozilla: [], added: [root.certDer] }),
    new Date(),
  );
  expect([all([trust, dates, purpose, constraints, signature]), out]).toEqual([ok, out]);
});
