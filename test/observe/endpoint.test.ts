import { createServer as createHttps } from 'node:https';
import { createServer } from 'node:net';
import { createServer as createTls, type Server } from 'node:tls';
import { expect, test } from 'vitest';
import type { Observation } from '../../src/model/observation.ts';
import type { SourceContext } from '../../src/model/source.ts';
import type { EndpointTarget } from '../../src/model/target.ts';
import type { EndpointProbe } from '../../src/observe/endpoint/context.ts';
import { endpoint } from '../../src/observe/endpoint/endpoint.ts';
import { observed } from '../../src/observe/endpoint/observed.ts';
import { observeAddress, wantedProbes } from '../../src/observe/endpoint/schedule.ts';
import { endpointId } from '../../src/util/subject-id.ts';
import { selfSigned } from '../support/certificate.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { listen } from '../support/listen.ts';

const identity = selfSigned();
const everything = new Set(['tls.offered', 'tls.versions', 'tls.weakSuites', 'clientAuth.mode', 'certificate.chain', 'verify.accepted', 'http.spoken']);
const context = (some: Partial<SourceContext> = {}): SourceContext => ({
  signal: AbortSignal.timeout(15_000),
  timeoutMs: 3000,
  now: () => new Date(0),
  limits: { concurrency: 20, perHost: 6, delayMs: 0 },
  roots: { mozilla: [], added: [], sources: [] },
  reads: everything,
  ...some,
});
const targetOf = (name: string, port: number, some: Partial<EndpointTarget> = {}): EndpointTarget => ({
  is: 'endpoint',
  protocol: 'tls',
  id: endpointId(name, port),
  label: name,
  name,
  port,
  declared: {},
  tags: [],
  ...some,
});
async function scan(target: EndpointTarget, some: Partial<SourceContext> = {}): Promise<readonly Observation<'endpoint'>[]> {
  const all: Observation<'endpoint'>[] = [];
  for await (const seen of endpoint.observe(target, context(some)))
    if (seen.is === 'observation' && seen.observation.kind === 'endpoint') all.push(seen.observation);
  return all;
}
const counted = async (server: Server): Promise<{ readonly port: number; readonly connections: () => number }> => {
  let connections = 0;
  server.on('connection', () => connections++).on('tlsClientError', () => {});
  return { port: await listen(server), connections: () => connections };
};

test('what is declared comes first, with a value for what is not said', async () => {
  const [first] = await scan(targetOf('127.0.0.1', 1, { declared: { mtls: 'required' } }));
  expect(first).toMatchObject({ origin: 'declared', by: 'config', facts: { declared: { mtls: 'required', data: [], certDays: 0 } } });
  expect(first?.vantage).toBeUndefined();
});
test('one address, every probe, few connections', async () => {
  const { port, connections } = await counted(createTls({ ...identity, ciphers: 'ECDHE+AESGCM' }));
  const seen = await scan(targetOf('shop.example', port, { ip: '127.0.0.1' }));
  const wire = seen.filter(({ origin }) => origin === 'wire');
  expect(wire.map(({ by }) => by)).toEqual(expect.arrayContaining(['tls-versions', 'tls-weak-suites', 'client-auth']));
  expect(new Set(wire.map(({ subject, vantage }) => JSON.stringify([subject, vantage])))).toEqual(
    new Set([JSON.stringify([`endpoint://shop.example:${port}`, { address: '127.0.0.1', servername: 'shop.example' }])]),
  );
  const mine = new Set(['tls-versions', 'tls-weak-suites', 'client-auth']);
  expect(wire.filter(({ by }) => mine.has(by)).flatMap(({ gaps }) => gaps)).toEqual([]);
  expect(connections()).toBeLessThanOrEqual(15);
});
test('an https server with defaults stays within the budget of connections', async () => {
  const { port, connections } = await counted(createHttps(identity, (_request, response) => response.end('hello')));
  const seen = await scan(targetOf('shop.example', port, { ip: '127.0.0.1', protocol: 'https' }));
  expect(seen.find(({ by }) => by === 'tls-versions')?.facts.tls?.negotiated).toMatchObject([
    { version: 'TLSv1.2', suite: expect.stringMatching(/^TLS_ECDHE_RSA_/), group: expect.stringMatching(/./) },
    { version: 'TLSv1.3', suite: expect.stringMatching(/^TLS_AES_/), group: 'x25519' },
  ]);
  expect(connections()).toBeLessThanOrEqual(15);
});
test('an address is not sent as a name', async () => {
  const names: (string | false | undefined)[] = [];
  const server = createTls({
    ...identity,
    SNICallback: (name, done) => {
      names.push(name);
      done(null);
    },
  }).on('tlsClientError', () => {});
  const port = await listen(server);
  await scan(targetOf('127.0.0.1', port));
  expect(names).toEqual([]);
  await scan(targetOf('127.0.0.1', port, { servername: 'a.example' }));
  expect(new Set(names)).toEqual(new Set(['a.example']));
});
test('a name that does not resolve is one cause for everything', async () => {
  const [, only, ...others] = await scan(targetOf('nowhere.invalid', 443));
  expect([only?.vantage, others]).toEqual([undefined, []]);
  expect(only?.gaps.map(({ path, code, by }) => [path, code, by])).toEqual(
    ['tls', 'certificate', 'verify', 'clientAuth', 'http', 'plaintext'].map((path) => [path, 'dns', 'dns']),
  );
});
test.each([
  ['a closed port', () => Promise.resolve(1), 'refused', 'tls-versions'],
  ['plain text', () => listen(createServer((socket) => socket.on('error', () => {}).end('220 mail ESMTP\r\n'))), 'not-attempted', 'tls-versions'],
] as const)('%s leaves one cause to the other probes', async (_name, port, code, by) => {
  const seen = await scan(targetOf('127.0.0.1', await port()));
  const rest = seen.filter((one) => one.origin === 'wire' && one.by !== 'tls-versions').flatMap(({ gaps }) => gaps);
  expect(rest.map(({ path }) => path)).toEqual(expect.arrayContaining(['tls.weakSuites', 'clientAuth']));
  expect(new Set(rest.map((gap) => `${gap.code} ${gap.by}`))).toEqual(new Set([`${code} ${by}`]));
});
test('a host that says nothing costs few connections, and no probe after the first', async () => {
  let connections = 0;
  const port = await listen(createServer((socket) => connections++ && socket.on('error', () => {})));
  await scan(targetOf('127.0.0.1', port), { timeoutMs: 100, limits: { concurrency: 20, perHost: 2, delayMs: 0 } });
  expect(connections).toBe(2 + 2); // TLS 1.2 and 1.3, then 1.2 twice more
});
test('what no rule reads is not asked', async () => {
  let connections = 0;
  const port = await listen(createServer((socket) => connections++ && socket.destroy()));
  expect(await scan(targetOf('127.0.0.1', port), { reads: new Set(['declared.mtls']) })).toHaveLength(1);
  expect(connections).toBe(0);
});
test('a derived fact asks the probes of its namespace', () => {
  const probe = (id: string, ...fills: string[]): EndpointProbe => ({
    id,
    fills,
    run: (target) => Promise.resolve(observed(target, id, { facts: {}, gaps: [], evidence: [] })),
  });
  const all = [probe('a', 'certificate.chain'), probe('b', 'tls.weakSuites'), probe('c', 'tls.versions')];
  const ids = (...reads: string[]): readonly string[] => wantedProbes(all, new Set(reads)).map(({ id }) => id);
  expect([ids('certificate.inOrder'), ids('tls.weakSuites.family'), ids('http.status')]).toEqual([['a'], ['b'], []]);
});
test('a probe that throws is a bug of ours, and the others go on', async () => {
  const port = await listen(createTls(identity).on('tlsClientError', () => {}));
  const broken: EndpointProbe = { id: 'broken', fills: ['http.spoken'], run: () => Promise.reject(new TypeError('oops')) };
  const seen = await observeAddress({ name: 'localhost', address: '127.0.0.1', port }, endpointContext(), [broken], everything);
  expect(seen.map(({ by, gaps }) => [by, gaps.map(({ code, detail }) => `${code} ${detail}`)])).toEqual([
    ['tls-versions', []],
    ['broken', ['bug TypeError']],
  ]);
});
test('after an abort all is cancelled at once', async () => {
  const seen = await scan(targetOf('127.0.0.1', 1), { signal: AbortSignal.abort(), timeoutMs: 3_600_000 });
  expect(new Set(seen.flatMap(({ gaps }) => gaps.map(({ code }) => code)))).toEqual(new Set(['cancelled']));
});
