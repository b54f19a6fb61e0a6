import { BasicConstraints, Certificate as PkiCertificate, NameConstraints } from 'pkijs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Certificate } from '../../src/facts/certificate.ts';
import { anchorsOf } from '../../src/x509/anchors.ts';
import { judgeChain } from '../../src/x509/chain.ts';
import { context, der, oidToDer, sequence, tags } from '../../src/x509/der.ts';
import { issue, makeKey, type IssueOptions } from '../../src/x509/issue.ts';
import { readCertificate } from '../../src/x509/read.ts';

const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-04-01T00:00:00Z') };
const rsa = makeKey('rsa-2048');
const root = issue({
  ...dates,
  subject: 'Root',
  ca: true,
  key: rsa,
  pathLength: 1,
  permitted: { dns: ['example.com'], ip: ['10.0.0.0/9', '2001:db8::/32'], dirName: ['x'] },
  excluded: { email: ['b'], uri: ['.c'] },
});
const everything: IssueOptions = {
  ...dates,
  subject: 'leaf',
  issuer: root,
  hash: 'sha384',
  pss: true,
  san: { dns: ['a.example.com', '*.b.c'], ip: ['10.0.0.1', '2001:db8::1'], email: ['a@b'], uri: ['http://x/'], dirName: ['d'] },
  ocspUrls: ['http://o/'],
  issuerUrls: ['http://i/'],
  crlUrls: ['http://c1/', 'http://c2/'],
  scts: 2,
  mustStaple: true,
  unknownCritical: true,
  keyUsage: ['digitalSignature', 'keyAgreement', 'decipherOnly'],
  extendedKeyUsage: ['serverAuth', 'clientAuth', 'any', '1.2.3.4'],
  serial: 0x80n,
};
const leaf = issue(everything);

test('every field of an authority', () => {
  const { facts, flaws } = readCertificate(root.certDer);
  expect(flaws).toEqual([]);
  expect(facts).toMatchObject({
    subject: 'CN=Root',
    issuer: 'CN=Root',
    selfSigned: true,
    keyType: 'rsa',
    keyBits: 2048,
    rsaExponent: '65537',
    signatureAlgorithm: 'sha256WithRSAEncryption',
    signatureHash: 'sha256',
    ca: true,
    pathLength: 1,
    keyUsage: ['keyCertSign', 'cRLSign'],
    extendedKeyUsage: [],
    permittedNames: ['DNS:example.com', 'IP:10.0.0.0/9', 'IP:2001:db8::/32', 'dirName:CN=x'],
    excludedNames: ['email:b', 'URI:.c'],
    scts: 0,
    mustStaple: false,
  });
});
test('every field of a leaf', () => {
  const { facts, flaws } = readCertificate(leaf.certDer);
  expect(flaws).toEqual([]);
  expect(facts).toMatchObject({
    subject: 'CN=leaf',
    issuer: 'CN=Root',
    serial: '80',
    selfSigned: false,
    notBefore: '2026-01-01T00:00:00Z',
    notAfter: '2026-04-01T00:00:00Z',
    sanDns: ['a.example.com', '*.b.c'],
    sanIp: ['10.0.0.1', '2001:db8::1'],
    sanOther: ['email:a@b', 'URI:http://x/', 'dirName:CN=d'],
    keyType: 'ec',
    keyBits: 256,
    curve: 'prime256v1',
    signatureAlgorithm: 'rsassa-pss',
    signatureHash: 'sha384',
    ca: false,
    pathLength: -1,
    keyUsage: ['digitalSignature', 'keyAgreement', 'decipherOnly'],
    extendedKeyUsage: ['serverAuth', 'clientAuth', 'any', 'other'],
    ocspUrls: ['http://o/'],
    issuerUrls: ['http://i/'],
    crlUrls: ['http://c1/', 'http://c2/'],
    scts: 2,
    mustStaple: true,
    unknownCritical: ['1.3.6.1.4.1.55555.1'],
  });
  expect(Certificate.safeParse({ position: 0, ...facts }).success).toBe(true);
});
test('pkijs, which nobody here wrote, reads the same', () => {
  const other = PkiCertificate.fromBER(root.certDer);
  const parsed = (oid: string): unknown => other.extensions?.find(({ extnID }) => extnID === oid)?.parsedValue;
  const constraints = parsed('2.5.29.19');
  const names = parsed('2.5.29.30');
  if (!(constraints instanceof BasicConstraints && names instanceof NameConstraints)) throw new Error('not read');
  expect([constraints.cA, constraints.pathLenConstraint]).toEqual([true, 1]);
  expect(names.permittedSubtrees?.map(({ base }) => base.type)).toEqual([2, 7, 7, 4]);
  expect(names.permittedSubtrees?.[0]?.base.value).toBe('example.com');
  expect(names.excludedSubtrees?.map(({ base }) => base.value)).toEqual(['b', '.c']);
  expect(other.serialNumber.toBigInt()).toBe(BigInt(`0x${readCertificate(root.certDer).facts.serial ?? ''}`));
});
test.each(['rsa-1024', 'ec-p384', 'ed25519'] as const)('key %s', (kind) => {
  const { facts } = readCertificate(issue({ ...dates, key: kind }).certDer);
  expect([facts.keyType, facts.keyBits, facts.selfSigned]).toEqual(
    { 'rsa-1024': ['rsa', 1024, true], 'ec-p384': ['ec', 384, true], ed25519: ['ed25519', 256, true] }[kind],
  );
});
test.each<[string, string]>([
  ['a\0b', 'CN=a\\00b'],
  ['a\u001b[31m\r\n::error::x', 'CN=a\\1b[31m\\0d\\0a::error::x'],
  ['\u202egpj', 'CN=\\e2\\80\\aegpj'],
  [' #a,b+c"d\\e<f>;g ', 'CN=\\ #a\\,b\\+c\\"d\\\\e\\<f\\>\\;g\\ '],
  ['#a', 'CN=\\#a'],
  ['Zoë 寿', 'CN=Zoë 寿'],
])('the name %j is harmless and unambiguous', (name, expected) => {
  expect(readCertificate(issue({ ...dates, subject: name }).certDer).facts.subject).toBe(expected);
});
test.each([-1n, -128n, 0n, 1n, 127n, 255n, 2n ** 159n])('serial %s', (serial) => {
  const digits = (serial < 0n ? -serial : serial).toString(16);
  expect(readCertificate(issue({ ...dates, serial }).certDer).facts.serial).toBe(`${serial < 0n ? '-' : ''}${digits.length % 2 ? '0' : ''}${digits}`);
});
test.each<[string, string]>([
  ['1949-12-31T23:59:59Z', '1949-12-31T23:59:59Z'],
  ['1950-01-01T00:00:00Z', '1950-01-01T00:00:00Z'],
  ['2049-12-31T23:59:59Z', '2049-12-31T23:59:59Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
])('a time of %s', (text, expected) => {
  expect(readCertificate(issue({ ...dates, notAfter: new Date(text) }).certDer).facts.notAfter).toBe(expected);
});

/** The same certificate with other bytes in place of some of its own; lengths are those of the original. */
function swapped(original: Buffer, from: Buffer, to: Buffer): Buffer {
  const at = original.indexOf(from);
  if (at < 0 || from.length !== to.length) throw new Error('nothing to swap');
  return Buffer.concat([original.subarray(0, at), to, original.subarray(at + from.length)]);
}
const general = issue({ ...dates, notAfter: new Date('2055-01-01T00:00:00Z') }).certDer;
const time = (text: string): Buffer => der(tags.generalizedTime, Buffer.from(text));
test.each(['2055010100000.5', '20550101000000+', '20551301000000Z', '20550230000000Z', '2055010100000Z0'].filter((text) => text.length === 15))(
  'a time that no strict client reads, %s, is a flaw',
  (text) => {
    const { facts, flaws } = readCertificate(swapped(general, time('20550101000000Z'), time(text)));
    expect(facts.notAfter).toBeUndefined();
    expect(flaws.filter(({ field }) => field === undefined || field === 'notAfter')).toHaveLength(1);
  },
);
const withExtension = (oid: string, value: Buffer): ReturnType<typeof readCertificate> =>
  readCertificate(issue({ ...dates, subject: 'x', keyUsage: [], extendedKeyUsage: [], extensions: [{ oid, value }] }).certDer);
test.each<[string, string, Buffer, string]>([
  ['basic constraints', '2.5.29.19', der(tags.null), 'ca'],
  ['a negative path length', '2.5.29.19', sequence(der(tags.boolean, Buffer.from([255])), der(tags.integer, Buffer.from([255]))), 'pathLength'],
  ['no key usage at all', '2.5.29.15', der(tags.bitString, Buffer.from([0, 0])), 'keyUsage'],
  ['an empty extended key usage', '2.5.29.37', sequence(), 'extendedKeyUsage'],
  ['an alternative name', '2.5.29.17', sequence(der(tags.utf8, Buffer.from('a'))), 'sanDns'],
  [
    'a minimum in a name constraint',
    '2.5.29.30',
    sequence(der(context(0, true), sequence(der(context(2, false)), der(context(0, false), Buffer.from([1]))))),
    'permittedNames',
  ],
  ['a list of timestamps', '1.3.6.1.4.1.11129.2.4.2', der(tags.octetString, Buffer.from([0, 9, 0])), 'scts'],
  ['an access description', '1.3.6.1.5.5.7.1.1', sequence(sequence(oidToDer('1.3.6.1.5.5.7.48.1'))), 'ocspUrls'],
])('a broken extension costs its own fields: %s', (_name, oid, value, field) => {
  const { facts, flaws } = withExtension(oid, value);
  expect(flaws.map((flaw) => flaw.field)).toContain(field);
  expect(new Set(flaws.map(({ code }) => code))).toEqual(new Set(['malformed']));
  expect(facts.subject).toBe('CN=x');
  expect(facts.notAfter).toBe('2026-04-01T00:00:00Z');
});
test('an extension that stands there twice says nothing', () => {
  const again = { oid: '2.5.29.19', value: sequence() };
  const { facts, flaws } = readCertificate(issue({ ...dates, ca: true, extensions: [again] }).certDer);
  expect(facts.ca).toBeUndefined();
  expect(flaws.map(({ field }) => field)).toEqual(['ca', 'pathLength']);
});
test('bounds: size, depth, indefinite lengths, what follows', () => {
  const big = issue({ ...dates, extensions: [{ oid: '1.2.3', value: Buffer.alloc(65_536) }] }).certDer;
  const deep = (n: number): Buffer => (n === 0 ? der(tags.null) : sequence(deep(n - 1)));
  const indefinite = Buffer.concat([Buffer.from([0x30, 0x80]), leaf.certDer.subarray(4), Buffer.alloc(2)]);
  const codes = [big, deep(40), indefinite, Buffer.concat([leaf.certDer, Buffer.from([0])]), Buffer.alloc(0), leaf.certDer.subarray(0, 100)].map(
    (bytes) => readCertificate(bytes).flaws,
  );
  expect(codes.map(([flaw]) => flaw?.code)).toEqual(['too-large', 'too-large', 'malformed', 'malformed', 'malformed', 'malformed']);
});
test('whatever bytes are changed, nothing throws and what is read fits the schema', () => {
  const anchors = anchorsOf({ mozilla: [], added: [root.certDer] });
  const change = fc.record({ at: fc.nat(4000), to: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x30, 0x80, 0x81, 0x84, 0xff)) });
  fc.assert(
    fc.property(fc.constantFrom(root.certDer, leaf.certDer, general), fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(3), (original, changes, cut) => {
      const bytes = Buffer.from(original);
      for (const { at, to } of changes) bytes[at % bytes.length] = to;
      const { facts, parsed } = readCertificate(cut === 0 ? bytes.subarray(0, changes[0]?.at ?? 0) : bytes);
      expect(Certificate.safeParse({ position: 0, ...facts }).error?.issues.filter(({ code }) => code !== 'too_big') ?? []).toEqual([]);
      const { trust } = judgeChain([parsed, readCertificate(root.certDer).parsed], anchors, dates.notBefore);
      if (trust === true && !bytes.equals(root.certDer) && !bytes.equals(leaf.certDer)) throw new Error('trusted what nobody signed');
    }),
    { numRuns: 800 },
  );
});
