import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Observation } from '../../src/model/observation.ts';
import { certificateChain } from '../../src/observe/endpoint/certificate-chain.ts';
import { askVersions } from '../../src/observe/endpoint/tls-versions.ts';
import { issue, type Issued } from '../../src/x509/issue.ts';
import { sha256 } from '../../src/x509/parse.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { nginx, sServer } from './tls-servers.ts';

const dates = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 86_400_000 * 90) };
const root = issue({ ...dates, subject: 'Root', ca: true });
const ca = issue({ ...dates, subject: 'CA', ca: true, issuer: root });
const leaf = issue({ ...dates, subject: 'localhost', san: { dns: ['localhost'] }, issuer: ca });
const hashes = (chain: readonly Issued[]): readonly string[] => chain.map(({ certDer }) => sha256(certDer));

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'encaudit-live-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'some.pem'), text);
  return join(folder, 'some.pem');
}
/** As a scan does it: the versions first, then the chain with what they left behind. */
async function look(port: number): Promise<{ readonly seen: Observation<'endpoint'>; readonly inFlight: readonly string[] | undefined }> {
  const target = { name: 'localhost', address: '127.0.0.1', port, servername: 'localhost' };
  const context = endpointContext({ now: () => new Date(), roots: { mozilla: [], added: [root.certPem], sources: [] } });
  const { learnt } = await askVersions(target, context);
  const seen = await certificateChain.run(target, { ...context, learnt });
  return { seen, inFlight: learnt.flights.get('TLSv1.2')?.flight.certificates?.map(sha256) };
}
const served = (...others: readonly Issued[]): readonly string[] => [
  '-cert',
  file(leaf.certPem),
  '-key',
  file(leaf.keyPem),
  ...(others.length > 0 ? ['-cert_chain', file(others.map(({ certPem }) => certPem).join(''))] : []),
];

test.each<[string, readonly Issued[]]>([
  ['in order', [ca]],
  ['wrong order', [root, ca]],
  ['the issuer twice', [ca, ca]],
  ['incomplete', []],
])('openssl s_server, %s: what OpenSSL keeps of TLS 1.3 is what stands in the plaintext of TLS 1.2', async (_name, others) => {
  const { seen, inFlight } = await look(await sServer(...served(...others)));
  expect(seen.facts.certificate?.chain?.map((certificate) => certificate.sha256)).toEqual(hashes([leaf, ...others]));
  expect(inFlight).toEqual(hashes([leaf, ...others]));
  expect(seen.facts.verify).toMatchObject({ accepted: others.length > 0, trusted: others.length > 0, nameMatches: true });
  expect(seen.gaps.filter(({ code }) => code === 'conflict')).toEqual([]);
});
test('openssl s_server that insists on a client certificate in TLS 1.2: the flight serves', async () => {
  const { seen } = await look(await sServer(...served(ca), '-Verify', '1', '-tls1_2'));
  expect(seen.facts.certificate?.chain?.map((certificate) => certificate.sha256)).toEqual(hashes([leaf, ca]));
  expect(seen.facts.verify).toMatchObject({ trusted: true, nameMatches: true, datesValid: true, signaturesValid: true });
  expect([seen.facts.verify?.accepted, seen.gaps.find(({ path }) => path === 'verify.accepted')?.code]).toEqual([undefined, 'tls-alert']);
});
test('nginx with an RSA and an EC certificate: the one of the handshake is judged, the other stands in the evidence', async () => {
  const port = await nginx(`ssl_certificate ${file(leaf.certPem + ca.certPem)}`, `ssl_certificate_key ${file(leaf.keyPem)}`);
  const { seen, inFlight } = await look(port);
  const [first] = seen.facts.certificate?.chain ?? [];
  expect(seen.facts.verify?.accepted).toBe(first?.keyType === 'ec');
  if (inFlight?.[0] !== first?.sha256) expect(seen.evidence[0]?.received).toContain(`another leaf in another version: ${inFlight?.[0] ?? ''}`);
});
