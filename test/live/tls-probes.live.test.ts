import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Observation } from '../../src/model/observation.ts';
import { clientAuth } from '../../src/observe/endpoint/client-auth.ts';
import type { EndpointContext, Learnt } from '../../src/observe/endpoint/context.ts';
import { tlsWeakSuites } from '../../src/observe/endpoint/tls-weak-suites.ts';
import { askVersions } from '../../src/observe/endpoint/tls-versions.ts';
import { suites } from '../../src/wire/tls/suites.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { nginx, sServer } from './tls-servers.ts';

interface Scanned {
  readonly versions: readonly string[];
  readonly weak: readonly string[];
  readonly mode: string | undefined;
  readonly gaps: readonly string[];
  readonly connections: number;
  readonly learnt: Learnt;
  readonly all: readonly Observation<'endpoint'>[];
}
async function scan(port: number, some: Partial<EndpointContext> = {}, servername = 'localhost'): Promise<Scanned> {
  const target = { name: servername, address: '127.0.0.1', port, servername };
  const context = endpointContext({ timeoutMs: 5000, ...some }, 4);
  const { observation, learnt } = await askVersions(target, context);
  const rest = await Promise.all([tlsWeakSuites, clientAuth].map((probe) => probe.run(target, { ...context, learnt })));
  const all = [observation, ...rest];
  return {
    versions: (observation.facts.tls?.versions ?? []).flatMap(({ name, accepted }) =>
      accepted === true ? [`${name}`] : accepted === undefined ? [`${name}?`] : [],
    ),
    weak: all
      .flatMap(({ facts }) => facts.tls?.weakSuites ?? [])
      .flatMap(({ accepted, family, version }) => (accepted === true ? [`${version} ${family}`] : accepted === undefined ? [`${version} ${family}?`] : [])),
    mode: all.map(({ facts }) => facts.clientAuth?.mode).find((mode) => mode !== undefined),
    gaps: all.flatMap(({ gaps }) => gaps.map(({ path, code }) => `${path} ${code}`)),
    connections: context.started(),
    learnt,
    all,
  };
}
/** What OpenSSL's own client says to the same question. */
const sClient = (port: number, ...options: readonly string[]): boolean =>
  spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', ...options], { input: '' }).status === 0;
const flags = { TLSv1: '-tls1', 'TLSv1.1': '-tls1_1', 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' };

test.each([
  ['as it comes, which says alert 80 to what its security level forbids', []],
  ['of all versions', ['-cipher', 'ALL:@SECLEVEL=0']],
  ['of TLS 1.3 alone', ['-tls1_3']],
  ['of TLS 1.0 alone', ['-tls1', '-cipher', 'ALL:@SECLEVEL=0']],
  ['of NULL and anonymous suites', ['-cipher', 'eNULL:aNULL:@SECLEVEL=0']],
  ['of ephemeral suites', ['-cipher', 'ECDHE+AESGCM']],
] as const)('s_server %s: the same answers as s_client', async (_name, options) => {
  const port = await sServer(...options);
  const seen = await scan(port);
  const asked = Object.entries(flags).filter(([, flag]) => sClient(port, flag, '-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'));
  expect(asked.length).toBeGreaterThan(0);
  expect(seen.versions).toEqual(asked.map(([version]) => version));
  for (const [version, flag] of asked.filter(([name]) => name !== 'TLSv1.3'))
    for (const [family, cipher] of [
      ['null', 'eNULL'],
      ['anon', 'aNULL'],
      ['no-forward-secrecy', 'kRSA:kPSK:kRSAPSK'],
    ] as const)
      expect([version, family, seen.weak.includes(`${version} ${family}`)]).toEqual([version, family, sClient(port, flag, '-cipher', `${cipher}:@SECLEVEL=0`)]);
  expect(seen.weak.filter((one) => one.endsWith('?'))).toEqual([]);
});
test.each([
  ['-verify', '-tls1_2', 'requested'],
  ['-Verify', '-tls1_2', 'required'],
  ['-verify', '-tls1_3', undefined],
  ['-Verify', '-tls1_3', 'required'],
] as const)('s_server %s 1 %s', async (verify, version, mode) => {
  const seen = await scan(await sServer(verify, '1', version, '-CAfile', 'CA', '-verify_return_error'));
  expect(seen.mode).toBe(mode);
  expect(seen.gaps).toEqual(
    version === '-tls1_2' ? [] : mode ? ['clientAuth.caNames unsupported'] : ['clientAuth.mode unsupported', 'clientAuth.caNames unsupported'],
  );
});
test('nginx as Debian configures it', async () => {
  const port = await nginx('ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3');
  const seen = await scan(port, { protocol: 'https' });
  expect([seen.versions, seen.weak, seen.mode, seen.gaps]).toEqual([['TLSv1.2', 'TLSv1.3'], ['TLSv1.2 no-forward-secrecy'], 'not-requested', []]);
  expect(seen.connections).toBeLessThanOrEqual(18);
  expect(seen.learnt.alpn).toBe('http/1.1');
});
test.each([
  ['NULL-SHA256', ['TLSv1.2', 'TLSv1.3'], ['TLSv1.2 null', 'TLSv1.2 no-forward-secrecy']],
  ['AECDH', ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], ['TLSv1', 'TLSv1.1', 'TLSv1.2'].flatMap((version) => [`${version} null`, `${version} anon`])],
])('s_server of %s alone below TLS 1.3 is not one of TLS 1.3 alone', async (cipher, versions, weak) => {
  const seen = await scan(await sServer('-cipher', `${cipher}:@SECLEVEL=0`));
  expect([seen.versions, seen.weak]).toEqual([versions, weak]);
});
test('nginx of old versions', async () => {
  const seen = await scan(await nginx('ssl_protocols TLSv1 TLSv1.1 TLSv1.2', 'ssl_ciphers ALL:@SECLEVEL=0'), { protocol: 'https' });
  expect(seen.versions).toEqual(['TLSv1', 'TLSv1.1', 'TLSv1.2']);
  expect(seen.gaps).toEqual([]);
});
test.each([
  ['on', 'TLSv1.2', 'required'],
  ['optional', 'TLSv1.2', 'requested'],
  ['on', 'TLSv1.3', 'required'],
  ['optional', 'TLSv1.3', undefined],
] as const)('nginx ssl_verify_client %s in %s', async (verify, version, mode) => {
  const seen = await scan(await nginx(`ssl_protocols ${version}`, `ssl_verify_client ${verify}`, 'ssl_client_certificate CA'), { protocol: 'https' });
  expect(seen.mode).toBe(mode);
});
test('the certificates of the flight are those of s_client', async () => {
  const port = await sServer('-tls1_2');
  const { learnt } = await scan(port);
  const shown = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-showcerts'], { input: '' }).stdout.toString();
  const hash = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');
  const theirs = shown.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
  expect(learnt.flights.get('TLSv1.2')?.flight.certificates?.map(hash)).toEqual(theirs.map((pem) => hash(new X509Certificate(pem).raw)));
});
test('suites have the numbers, names and properties that OpenSSL gives them', () => {
  const lines = spawnSync('openssl', ['ciphers', '-V', '-stdname', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0']).stdout.toString().trim().split('\n');
  expect(lines.length).toBeGreaterThan(100);
  for (const line of lines) {
    const [, high, low, name, kx, auth, cipher] = /0x(..),0x(..) - (\S+) .* Kx=(\S+) +Au=(\S+) +Enc=(\S+)/.exec(line) ?? [];
    const suite = suites.get(Number.parseInt(`${high}${low}`, 16));
    expect(suite?.name).toBe(name);
    const size = Number(/\((\d+)\)/.exec(cipher ?? '')?.[1] ?? 0);
    expect([name, suite?.bits]).toEqual([name, cipher?.includes('CCM8') ? suite?.bits : size]);
    expect([name, suite?.auth]).toEqual([name, { None: 'anon', RSA: 'rsa', ECDSA: 'ecdsa', DSS: 'dsa', PSK: 'psk', SRP: 'srp', any: 'any' }[auth ?? '']]);
    const ephemeral = { ECDH: true, DH: true, SRP: true, ECDHEPSK: true, DHEPSK: true, any: true, RSA: false, PSK: false, RSAPSK: false }[kx ?? ''];
    expect([name, suite?.families.includes('no-forward-secrecy')]).toEqual([name, !ephemeral]);
  }
});
