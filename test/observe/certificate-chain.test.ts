import { X509Certificate } from 'node:crypto';
import { createServer as createTcp, type Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { expect, test } from 'vitest';
import { Verify } from '../../src/facts/verify.ts';
import type { Gap, Observation } from '../../src/model/observation.ts';
import type { Endpoint } from '../../src/model/source.ts';
import { checked } from '../../src/observe/checked.ts';
import { certificateChain } from '../../src/observe/endpoint/certificate-chain.ts';
import type { EndpointContext } from '../../src/observe/endpoint/context.ts';
import { issue, makeKey, type IssueOptions, type Issued } from '../../src/x509/issue.ts';
import { listen } from '../support/listen.ts';

const day = 86_400_000;
const from = (start: number, end: number): Pick<IssueOptions, 'notBefore' | 'notAfter'> => ({
  notBefore: new Date(Date.now() + start * day),
  notAfter: new Date(Date.now() + end * day),
});
const now = from(-1, 90);
const host = 'a.example';
const rsa = makeKey('rsa-2048');
const root = issue({ ...now, subject: 'Root', ca: true });
const ca = issue({ ...now, subject: 'CA', ca: true, issuer: root });
const rsaRoot = issue({ ...now, subject: 'RSA Root', ca: true, key: rsa });
const of = (options: Partial<IssueOptions> = {}): Issued => issue({ ...now, issuer: ca, san: { dns: [host] }, ...options });
const under = (options: Partial<IssueOptions>): Issued => issue({ ...now, subject: 'Sub', ca: true, issuer: root, ...options });

interface Situation {
  readonly chain: readonly Issued[];
  readonly roots?: readonly Issued[];
  readonly mozilla?: readonly Issued[];
  readonly name?: string;
  readonly servername?: string;
  readonly server?: TlsOptions;
  readonly learnt?: EndpointContext['learnt'];
  readonly at?: Date;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}
async function look(situation: Situation): Promise<Observation<'endpoint'>> {
  const { chain, server, ...rest } = situation;
  const cert = chain.map(({ certPem }) => certPem).join('');
  const tls = createServer({ cert, key: chain[0]?.keyPem ?? '', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0', ...server });
  tls.on('tlsClientError', () => {}).on('secureConnection', (socket) => socket.on('error', () => {}));
  return ask(await listen(tls), rest);
}
async function ask(
  port: number,
  { roots = [root], mozilla = [], name = host, servername, learnt = { flights: new Map() }, at, ...given }: Omit<Situation, 'chain'>,
): Promise<Observation<'endpoint'>> {
  const target: Endpoint = { name, address: '127.0.0.1', port, ...(servername !== undefined && { servername }) };
  const observation = checked(
    await certificateChain.run(target, {
      signal: given.signal ?? new AbortController().signal,
      timeoutMs: given.timeoutMs ?? 5000,
      now: () => at ?? new Date(),
      gate: (work) => work(),
      alone: (work) => work(),
      roots: { mozilla: mozilla.map(({ certPem }) => certPem), added: roots.map(({ certPem }) => certPem), sources: [] },
      protocol: 'https',
      learnt,
    }),
  );
  if (observation.kind !== 'endpoint') throw new Error('not an endpoint');
  return observation;
}
const gapsOn = (gaps: readonly Gap[]): readonly string[] => gaps.map(({ path, code }) => `${path} ${code}`).sort();
const good: Verify = {
  accepted: true,
  trusted: true,
  nameMatches: true,
  datesValid: true,
  purposeValid: true,
  constraintsValid: true,
  signaturesValid: true,
  missed: [],
  anchor: 'private',
  trustProblem: 'none',
};
const bad = (missed: Verify['missed'], facts: Partial<Verify>): Verify => ({ ...good, accepted: false, missed, ...facts });
const untrusted = (trustProblem: NonNullable<Verify['trustProblem']>): Partial<Verify> => ({ trusted: false, trustProblem, anchor: undefined });
const incomplete: Partial<Verify> = {
  ...untrusted('incomplete-chain'),
  datesValid: undefined,
  purposeValid: undefined,
  constraintsValid: undefined,
  signaturesValid: undefined,
};

const selfSigned = issue({ ...now, subject: host, san: { dns: [host] } });
const otherRoot = issue({ ...now, subject: 'Other', ca: true });
const crossKey = makeKey('ec-p256');
const crossA = issue({ ...now, subject: 'X', ca: true, key: crossKey, issuer: otherRoot });
const circleA = issue({ ...now, subject: 'A', ca: true, key: crossKey, issuer: { ...otherRoot, name: otherRoot.name } });
const circleB = issue({ ...now, subject: 'Other', ca: true, key: otherRoot.key, issuer: circleA });

const situations: readonly (readonly [name: string, Situation, Verify])[] = [
  ['good', { chain: [of(), ca] }, good],
  ['root sent', { chain: [of(), ca, root] }, good],
  ['wrong order', { chain: [of(), root, ca] }, good],
  ['surplus', { chain: [of(), otherRoot, ca] }, good],
  ['duplicate', { chain: [of(), ca, ca] }, good],
  ['expired', { chain: [of(from(-90, -1)), ca] }, bad(['dates'], { datesValid: false })],
  ['not yet valid', { chain: [of(from(1, 90)), ca] }, bad(['dates'], { datesValid: false })],
  ['expired intermediate', { chain: [of({ issuer: under(from(-90, -1)) })] }, bad(['trust'], incomplete)],
  ['wrong name', { chain: [of({ san: { dns: ['b.example'] } }), ca] }, bad(['name'], { nameMatches: false })],
  ['common name only', { chain: [issue({ ...now, subject: host, issuer: ca }), ca] }, bad(['name'], { nameMatches: false })],
  ['self-signed', { chain: [selfSigned] }, bad(['trust'], untrusted('self-signed-leaf'))],
  ['self-signed and trusted', { chain: [selfSigned], roots: [selfSigned] }, good],
  [
    'self-signed, expired, wrong name',
    { chain: [issue({ ...from(-9, -1), subject: 'x' })] },
    bad(['trust', 'name', 'dates'], { ...untrusted('self-signed-leaf'), nameMatches: false, datesValid: false }),
  ],
  ['unknown root sent', { chain: [of({ issuer: otherRoot }), otherRoot] }, bad(['trust'], untrusted('unknown-root'))],
  ['unknown root not sent', { chain: [of({ issuer: otherRoot })] }, bad(['trust'], incomplete)],
  ['incomplete', { chain: [of()] }, bad(['trust'], incomplete)],
  ['client certificate', { chain: [of({ extendedKeyUsage: ['clientAuth'] }), ca] }, bad(['purpose'], { purposeValid: false })],
  ['no extended key usage', { chain: [of({ extendedKeyUsage: [] }), ca] }, good],
  ['key usage of an authority', { chain: [of({ keyUsage: ['keyCertSign'] }), ca] }, bad(['purpose'], { purposeValid: false })],
  ['authority as leaf', { chain: [of({ ca: true, keyUsage: ['digitalSignature', 'keyCertSign'] }), ca] }, good],
  ...chained('issuer for clients alone', { extendedKeyUsage: ['clientAuth'] }, bad(['purpose'], { purposeValid: false })),
  ...chained('issuer that may not sign certificates', { keyUsage: ['cRLSign'] }, bad(['purpose'], { purposeValid: false })),
  ...chained('issuer that is no authority', { ca: false, keyUsage: [] }, bad(['constraints'], { constraintsValid: false })),
  ['issuer without basic constraints', unconstrained(), bad(['constraints'], { constraintsValid: false })],
  ...chained('expired issuer', from(-90, -1), bad(['dates'], { datesValid: false })),
  ...chained('names within', { permitted: { dns: ['example'] } }, good),
  ...chained('names without', { permitted: { dns: ['b.example'] } }, bad(['constraints'], { constraintsValid: false })),
  ...chained('names excluded', { excluded: { dns: ['example'] } }, bad(['constraints'], { constraintsValid: false })),
  ...chained('names of another kind', { permitted: { ip: ['10.0.0.0/8'] } }, good),
  ...chained('directory names excluded', { excluded: { dirName: ['LEAF'] } }, bad(['constraints'], { constraintsValid: false }), { subject: 'Leaf' }),
  ...chained('directory names within', { permitted: { dirName: ['leaf'] } }, good, { subject: 'Leaf' }),
  ...chained('addresses within', { permitted: { ip: ['127.0.0.0/8'] } }, good, { san: { dns: [host], ip: ['127.0.0.1'] } }),
  ...chained('addresses without', { permitted: { ip: ['10.0.0.0/8'] } }, bad(['constraints'], { constraintsValid: false }), {
    san: { dns: [host], ip: ['127.0.0.1'] },
  }),
  ['path too long', tooLong(), bad(['constraints'], { constraintsValid: false })],
  ['unknown critical extension', { chain: [of({ unknownCritical: true }), ca] }, bad(['constraints'], { constraintsValid: false })],
  [
    'wrong signature',
    { chain: [of({ wrongSignature: true }), ca] },
    bad(['trust', 'signature'], {
      ...untrusted('incomplete-chain'),
      datesValid: undefined,
      purposeValid: undefined,
      constraintsValid: undefined,
      signaturesValid: false,
    }),
  ],
  ['SHA-1', { chain: [of({ hash: 'sha1' }), ca] }, good],
  ['MD5', { chain: [of({ issuer: rsaRoot, hash: 'md5' })], roots: [rsaRoot] }, good],
  ['RSA of 1024 bits', { chain: [of({ key: 'rsa-1024' }), ca] }, good],
  ['Ed25519', { chain: [of({ key: 'ed25519' }), ca] }, good],
  ['PSS', { chain: [of({ issuer: rsaRoot, pss: true, hash: 'sha384' })], roots: [rsaRoot] }, good],
  ['wildcard', { chain: [of({ san: { dns: ['*.b.example'] } }), ca], name: 'a.b.example' }, good],
  ['wildcard over two labels', { chain: [of({ san: { dns: ['*.b.example'] } }), ca], name: 'x.a.b.example' }, bad(['name'], { nameMatches: false })],
  ['wildcard over none', { chain: [of({ san: { dns: ['*.b.example'] } }), ca], name: 'b.example' }, bad(['name'], { nameMatches: false })],
  ['wildcard over a top-level domain', { chain: [of({ san: { dns: ['*.example'] } }), ca] }, bad(['name'], { nameMatches: false })],
  ['partial wildcard', { chain: [of({ san: { dns: ['a*.b.example'] } }), ca], name: 'ax.b.example' }, bad(['name'], { nameMatches: false })],
  ['NUL in a name', { chain: [of({ san: { dns: [`${host}\0.evil.example`] } }), ca] }, bad(['name'], { nameMatches: false })],
  ['upper case', { chain: [of({ san: { dns: ['A.EXAMPLE'] } }), ca] }, good],
  ['address', { chain: [of({ san: { ip: ['127.0.0.1'] } }), ca], name: '127.0.0.1' }, good],
  ['address as a DNS name', { chain: [of({ san: { dns: ['127.0.0.1'] } }), ca], name: '127.0.0.1' }, bad(['name'], { nameMatches: false })],
  ['a name in Unicode', { chain: [of({ san: { dns: ['xn--mnchen-3ya.example'] } }), ca], name: 'München.example.' }, good],
  ['client certificate required in TLS 1.3', { chain: [of(), ca], server: { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' } }, good],
  ['TLS 1.0 alone', { chain: [of({ key: rsa }), ca], server: { maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } }, good],
  ['another name by SNI', { chain: [of({ san: { dns: ['c.example'] } }), ca], servername: 'c.example' }, good],
  ['cross-signed', { chain: [of({ issuer: crossA }), crossA, otherRoot], roots: [otherRoot] }, good],
  ['signed in a circle', { chain: [of({ issuer: circleA }), circleA, circleB], roots: [root] }, bad(['trust'], incomplete)],
  ['intermediate as anchor', { chain: [of()], roots: [ca] }, good],
  ['10,000 names', { chain: [of({ san: { dns: [host, ...Array.from({ length: 10_000 }, (_, n) => n.toString(36))] } }), ca] }, good],
];
function chained(
  name: string,
  issuer: Partial<IssueOptions>,
  expected: Verify,
  leaf: Partial<IssueOptions> = {},
): readonly (readonly [string, Situation, Verify])[] {
  const sub = under(issuer);
  return [[name, { chain: [of({ ...leaf, issuer: sub }), sub] }, expected]];
}
function unconstrained(): Situation {
  const sub = issue({ ...now, subject: 'Sub', issuer: root, keyUsage: [], extendedKeyUsage: [] });
  return { chain: [of({ issuer: sub }), sub] };
}
function tooLong(): Situation {
  const short = under({ pathLength: 0 });
  const below = issue({ ...now, subject: 'Below', ca: true, issuer: short });
  return { chain: [of({ issuer: below }), below, short] };
}

const keys = Verify.keyof().options;
test.each(situations)('%s', async (_name, situation, expected) => {
  const { facts, gaps } = await look(situation);
  expect(gapsOn(gaps.filter(({ code }) => code === 'conflict' || code === 'bug'))).toEqual([]);
  expect(Object.fromEntries(keys.map((key) => [key, facts.verify?.[key]]))).toEqual(Object.fromEntries(keys.map((key) => [key, expected[key]])));
  expect(facts.certificate?.chain).toHaveLength(situation.chain.length);
  for (const key of keys) expect([key, gaps.some(({ path }) => path === `verify.${key}`)]).toEqual([key, facts.verify?.[key] === undefined]);
});

test('a chain to a root of Node is public', async () => {
  const { facts } = await look({ chain: [of(), ca], roots: [], mozilla: [root] });
  expect(facts.verify).toEqual({ ...good, anchor: 'public' });
});
test('ten thousand names are a gap on their list and on nothing else', async () => {
  const { facts, gaps } = await look({ chain: [of({ san: { dns: [host, ...Array.from({ length: 10_000 }, (_, n) => n.toString(36))] } }), ca] });
  expect(gapsOn(gaps)).toEqual(['certificate.chain.sanDns too-large']);
  expect(facts.certificate?.chain?.[0]).toMatchObject({ position: 0, role: 'leaf', sanIp: [], issuedBy: 1 });
});
test('each certificate has its place', async () => {
  const { facts } = await look({ chain: [of(), otherRoot, ca, root] });
  const placed = facts.certificate?.chain?.map(({ position, role, issuedBy, subject }) => ({ position, role, issuedBy, subject }));
  expect(placed).toEqual([
    { position: 0, role: 'leaf', issuedBy: 2, subject: '' },
    { position: 1, role: 'root', issuedBy: 1, subject: 'CN=Other' },
    { position: 2, role: 'intermediate', issuedBy: 3, subject: 'CN=CA' },
    { position: 3, role: 'root', issuedBy: 3, subject: 'CN=Root' },
  ]);
});
test.each<[string, Situation, readonly string[]]>([
  [
    'the clocks differ',
    { chain: [of(), ca], at: new Date(Date.now() + 200 * day) },
    ['verify.accepted conflict', 'verify.datesValid conflict', 'verify.missed unprovable'],
  ],
  [
    'any purpose, which OpenSSL does not take for that of a server',
    { chain: [of({ extendedKeyUsage: ['any'] }), ca] },
    ['verify.accepted conflict', 'verify.constraintsValid conflict', 'verify.missed unprovable', 'verify.purposeValid conflict'],
  ],
])('where OpenSSL and x509 contradict each other, neither counts: %s', async (_name, situation, expected) => {
  const { facts, gaps } = await look(situation);
  expect(gapsOn(gaps)).toEqual(expected);
  expect(facts.verify?.accepted).toBeUndefined();
});
test('what both refuse is refused, whatever the reasons', async () => {
  const { facts } = await look({ chain: [of({ san: { dns: ['b.example'] } }), ca], at: new Date(Date.now() + 200 * day) });
  expect(facts.verify).toMatchObject({ accepted: false, nameMatches: false, missed: ['name'] });
});
test('a stapled response is seen', async () => {
  const staple = async (der: Buffer | null): Promise<boolean | undefined> => {
    const leaf = of();
    const tls = createServer({ cert: leaf.certPem + ca.certPem, key: leaf.keyPem });
    tls.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, der));
    return (await ask(await listen(tls), {})).facts.certificate?.stapled;
  };
  expect(await staple(Buffer.from('3003020101', 'hex'))).toBe(true);
  expect(await staple(null)).toBe(false);
});

/** What the version probe would leave behind: the plaintext Certificate message. */
const flightOf = (chain: readonly Issued[]): EndpointContext['learnt'] => ({
  flights: new Map([
    [
      'TLSv1.2',
      {
        flight: {
          version: 0x0303,
          suite: 0xc02f,
          compression: 0,
          extensions: new Map(),
          retry: false,
          certificates: chain.map(({ certDer }) => certDer),
          complete: true,
        },
        sent: Buffer.alloc(0),
        received: Buffer.alloc(0),
        at: new Date(0).toISOString(),
      },
    ],
  ]),
});
test.each(situations)('%s: with the few roots that a flight names, the same as with all', async (_name, situation) => {
  const others = [otherRoot, rsaRoot, issue({ ...now, subject: 'Root', ca: true })]; // one has the name of the right one, and another key
  const given = { ...situation, roots: [...(situation.roots ?? [root]), ...others.filter((one) => !situation.chain.includes(one))] };
  const [all, few] = [await look(given), await look({ ...given, learnt: flightOf(situation.chain) })];
  expect(few.facts).toEqual(all.facts);
  expect(gapsOn(few.gaps)).toEqual(gapsOn(all.gaps));
});
test('whom the few roots do not accept is shown to all, in one more connection', async () => {
  const wrong = issue({ ...now, subject: 'Root', ca: true });
  const connections = async (roots: readonly Issued[]): Promise<number> => {
    const chain = [of(), ca];
    const tls = createServer({ cert: chain.map(({ certPem }) => certPem).join(''), key: chain[0]?.keyPem ?? '' });
    let count = 0;
    tls.on('connection', () => count++).on('tlsClientError', () => {});
    await ask(await listen(tls), { roots, learnt: flightOf(chain) });
    return count;
  };
  expect(await connections([root, otherRoot])).toBe(1);
  expect(await connections([wrong, otherRoot])).toBe(2);
  expect(await connections([otherRoot])).toBe(1); // no name fits: all at once
});
test('where a client certificate is required, the flight serves: no verdict, but the reasons', async () => {
  const chain = [of(), ca];
  const { facts, gaps } = await look({ chain, learnt: flightOf(chain), server: { requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' } });
  const { accepted: _accepted, missed: _missed, ...reasons } = good;
  expect(facts.verify).toEqual(reasons);
  expect(facts.certificate?.chain).toHaveLength(2);
  expect(gapsOn(gaps)).toEqual(['certificate.stapled tls-alert', 'verify.accepted tls-alert', 'verify.missed tls-alert']);
});
test('an expired certificate in a flight alone is still expired', async () => {
  const chain = [of(from(-90, -1)), ca];
  const { facts } = await look({ chain, learnt: flightOf(chain), server: { requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' } });
  expect(facts.verify).toMatchObject({ datesValid: false, trusted: true });
  expect(facts.verify?.accepted).toBeUndefined();
});
test.each<[string, readonly Issued[], Partial<Verify>]>([
  ['an expired leaf', [of(from(-90, -1)), ca], { datesValid: false, trusted: true }],
  ['a leaf for another name', [of({ san: { dns: ['b.example'] } }), ca], { nameMatches: false }],
  ['no intermediate', [of()], { trusted: false, trustProblem: 'incomplete-chain' }],
])('%s in an older version is not hidden by a good chain in a newer', async (_name, older, expected) => {
  const { facts, evidence } = await look({ chain: [of(), ca], learnt: flightOf(older) });
  expect(facts.verify).toMatchObject(expected);
  expect(facts.verify?.accepted).toBeUndefined();
  expect(facts.certificate?.chain).toHaveLength(older.length);
  expect(evidence[0]?.reproduce).toContain('-tls1_2');
});
test('of two good leaves, the one that ends first counts', async () => {
  const { facts } = await look({ chain: [of(), ca], learnt: flightOf([of(from(-1, 10)), ca]) });
  expect([facts.verify?.trusted, facts.verify?.datesValid]).toEqual([true, true]);
  expect(Date.parse(facts.certificate?.chain?.[0]?.notAfter ?? '')).toBeLessThan(Date.now() + 11 * day);
});
test('another leaf in an older version stands in the evidence', async () => {
  const older = of({ key: 'rsa-2048' });
  const { evidence } = await look({ chain: [of(), ca], learnt: flightOf([older, ca]) });
  expect(evidence[0]?.received).toContain(
    `another leaf in another version: ${new X509Certificate(older.certDer).fingerprint256.replaceAll(':', '').toLowerCase()}`,
  );
});
test('seventeen certificates are too many to judge', async () => {
  const { facts, gaps } = await look({ chain: [of(), ...Array.from({ length: 16 }, () => ca)] });
  expect(facts).toEqual({});
  expect(gapsOn(gaps)).toContain('verify.accepted too-large');
});
test.each<[string, (socket: Socket) => void, Partial<Situation>, string]>([
  ['silence', () => {}, { timeoutMs: 100 }, 'timeout'],
  ['garbage', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), {}, 'malformed'],
  ['close', (socket) => socket.end(), {}, 'reset'],
  ['an abort', () => {}, { signal: AbortSignal.abort() }, 'cancelled'],
])('%s is a gap on every path', async (_name, answer, situation, code) => {
  const port = await listen(
    createTcp((socket) => {
      answer(socket.on('error', () => {}));
    }),
  );
  const { facts, gaps } = await ask(port, situation);
  expect(facts).toEqual({});
  expect(new Set(gaps.map((gap) => gap.code))).toEqual(new Set([code]));
  expect(gaps.map(({ path }) => path)).toEqual(certificateChain.fills);
});

test('a server that hangs up twice is asked a third time', async () => {
  const leaf = of();
  const tls = createServer({ cert: leaf.certPem + ca.certPem, key: leaf.keyPem });
  let asked = 0;
  const port = await listen(createTcp((socket) => (++asked < 3 ? socket.destroy() : tls.emit('connection', socket))));
  const { facts, gaps } = await ask(port, {});
  expect([facts.verify, gaps, asked]).toEqual([good, [], 3]);
});
test.each([
  ['subjectKeyIdentifier', '2.5.29.14', '0401aa'],
  ['issuerAltName', '2.5.29.18', '3003820161'],
  ['authorityKeyIdentifier', '2.5.29.35', '3000'],
  ['certificatePolicies', '2.5.29.32', '3006300406022a03'],
  ['policyConstraints', '2.5.29.36', '3003800105'],
  ['inhibitAnyPolicy', '2.5.29.54', '020105'],
  ['policyMappings', '2.5.29.33', '300a300806022a0306022a04'],
  ['cRLDistributionPoints', '2.5.29.31', '300a3008a006a00486026161'],
  ['freshestCRL', '2.5.29.46', '300a3008a006a00486026161'],
  ['authorityInfoAccess', '1.3.6.1.5.5.7.1.1', '3010300e06082b0601050507300186026161'],
  ['tlsFeature', '1.3.6.1.5.5.7.1.24', '3003020105'],
  ['ocspNoCheck', '1.3.6.1.5.5.7.48.1.5', '0500'],
  ['ipAddrBlocks', '1.3.6.1.5.5.7.1.7', '3000'],
  ['sctList', '1.3.6.1.4.1.11129.2.4.2', '04020000'],
  ['netscapeCertType', '2.16.840.1.113730.1.1', '03020640'],
])('where %s is critical, x509 understands it just when OpenSSL does', async (_name, oid, value) => {
  const leaf = issue({ ...now, issuer: ca, san: { dns: [host] }, extensions: [{ oid, critical: true, value: Buffer.from(value, 'hex') }] });
  expect(gapsOn((await look({ chain: [leaf, ca] })).gaps)).toEqual([]);
});
