import { createServer, type Socket } from 'node:net';
import { createServer as createTls, type TlsOptions } from 'node:tls';
import { expect, test } from 'vitest';
import type { Observation } from '../../src/model/observation.ts';
import type { EndpointContext } from '../../src/observe/endpoint/context.ts';
import { tlsWeakSuites } from '../../src/observe/endpoint/tls-weak-suites.ts';
import { askVersions } from '../../src/observe/endpoint/tls-versions.ts';
import { selfSigned } from '../support/certificate.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { listen } from '../support/listen.ts';

const identity = selfSigned();
const target = (port: number) => ({ name: 'localhost', address: '127.0.0.1', port, servername: 'localhost' });
async function probe(port: number, some: Partial<EndpointContext> = {}): Promise<{ readonly seen: Observation<'endpoint'>; readonly connections: number }> {
  const context = endpointContext(some);
  const { learnt } = await askVersions(target(port), context);
  const before = context.started();
  const seen = await tlsWeakSuites.run(target(port), { ...context, learnt });
  return { seen, connections: context.started() - before };
}
const tls = (options: TlsOptions): Promise<number> => listen(createTls({ ...identity, ...options }).on('tlsClientError', () => {}));
const accepted = ({ facts }: Observation<'endpoint'>): readonly string[] =>
  (facts.tls?.weakSuites ?? []).filter((one) => one.accepted === true).map(({ family, version, suite }) => `${version} ${family} ${suite}`);
const count = ({ facts }: Observation<'endpoint'>, is: boolean | undefined): number =>
  (facts.tls?.weakSuites ?? []).filter((one) => one.accepted === is).length;

test('a server of ephemeral suites alone settles all families of TLS 1.2 in two connections, NULL of TLS 1.3 in one, and is asked once more at the end', async () => {
  const { seen, connections } = await probe(await tls({ ciphers: 'ECDHE+AESGCM' }));
  expect([seen.gaps, accepted(seen), count(seen, false), connections]).toEqual([[], [], 8 + 1, 4]);
  expect(seen.evidence).toHaveLength(4);
});
test('static RSA beside them is named by the suite that was chosen', async () => {
  const { seen, connections } = await probe(await tls({ ciphers: 'ECDHE+AESGCM:AES256-GCM-SHA384', maxVersion: 'TLSv1.2' }));
  expect(accepted(seen)).toEqual(['TLSv1.2 no-forward-secrecy TLS_RSA_WITH_AES_256_GCM_SHA384']);
  expect([count(seen, false), connections]).toEqual([7, 3]);
});
test('each version is asked, and a suite of several families is marked in each', async () => {
  const { seen } = await probe(await tls({ ciphers: 'NULL-SHA:aNULL:kRSA:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.2' }));
  expect([seen.gaps, count(seen, undefined)]).toEqual([[], 0]);
  expect(accepted(seen)).toEqual(
    ['TLSv1', 'TLSv1.1', 'TLSv1.2'].flatMap((version) => [
      `${version} null TLS_RSA_WITH_NULL_SHA`,
      expect.stringMatching(`^${version} anon TLS_(EC)?DH_anon_`),
      `${version} no-forward-secrecy TLS_RSA_WITH_NULL_SHA`,
    ]),
  );
});

const alert = (code: number): Buffer => Buffer.from([21, 3, 3, 0, 2, 2, code]);
const serverHello = (suite: number): Buffer => Buffer.from(`160303002a020000260303${'00'.repeat(32)}00${suite.toString(16).padStart(4, '0')}00`, 'hex');
const suitesOf = (hello: Buffer): readonly number[] => {
  const at = 5 + 4 + 2 + 32 + 1 + (hello[43] ?? 0);
  return Array.from({ length: hello.readUInt16BE(at) / 2 }, (_, i) => hello.readUInt16BE(at + 2 + 2 * i));
};
/** TLS 1.2 alone; a broad hello (it has 0xc02f) gets that suite, a hello of bad suites what the test says. */
const bad = (answer: (socket: Socket, suites: readonly number[], hello: Buffer) => void, accepts = (): boolean => true): Promise<number> =>
  listen(
    createServer((socket) => {
      socket
        .on('error', () => {})
        .once('data', (hello: Buffer) => {
          if (hello[0] !== 22 || hello.readUInt16BE(9) !== 0x0303 || hello.includes(Buffer.from('002b0003020304', 'hex'))) socket.end(alert(70));
          else if (!suitesOf(hello).includes(0xc02f)) answer(socket, suitesOf(hello), hello);
          else if (accepts()) socket.end(serverHello(0xc02f));
          else socket.resetAndDestroy();
        });
    }),
  );
test('resets are asked again with small hellos, and refuse beside a version that is still accepted', async () => {
  const lengths: number[] = [];
  const { seen } = await probe(
    await bad((socket, _suites, hello) => {
      lengths.push(hello.length);
      socket.resetAndDestroy();
    }),
  );
  expect([seen.gaps, count(seen, false)]).toEqual([[], 8]);
  expect(lengths.filter((length) => length >= 512)).toHaveLength(1);
  expect(lengths.filter((length) => length >= 256 && length < 512)).toEqual([]);
});
test('resets of a server that blocks us from then on are gaps', async () => {
  let asked = 0;
  const { seen } = await probe(
    await bad(
      (socket) => socket.resetAndDestroy(),
      () => asked++ === 0,
    ),
  );
  expect([count(seen, undefined), new Set(seen.gaps.map(({ code }) => code))]).toEqual([8, new Set(['reset'])]);
});
test('refusals of a server that refuses from then on what it accepted before are gaps', async () => {
  let blocks = false;
  const { seen } = await probe(
    await bad(
      (socket) => {
        blocks = true;
        socket.end(alert(40));
      },
      () => !blocks,
    ),
  );
  expect([count(seen, undefined), new Set(seen.gaps.map(({ code }) => code))]).toEqual([8, new Set(['unexpected'])]);
});
test('a server that takes one connection at a time hides no family', async () => {
  let open = 0;
  const inner = createTls({ ...identity, ciphers: 'ECDHE+AESGCM:NULL-SHA:@SECLEVEL=0' }).on('tlsClientError', () => {});
  const port = await listen(
    createServer((socket) => {
      open++;
      socket.on('error', () => {}).once('close', () => open--);
      if (open > 1) setTimeout(() => socket.resetAndDestroy(), 20);
      else setTimeout(() => inner.emit('connection', socket), 20);
    }),
  );
  const { seen } = await probe(port);
  expect(accepted(seen)).toEqual(['TLSv1.2 null TLS_RSA_WITH_NULL_SHA', 'TLSv1.2 no-forward-secrecy TLS_RSA_WITH_NULL_SHA']);
});
test('a server that chokes on the long hello alone still shows what it takes', async () => {
  const { seen } = await probe(
    await bad((socket, suites, hello) => {
      if (hello.length >= 256) socket.resetAndDestroy();
      else socket.end(suites.includes(0x0005) ? serverHello(0x0005) : alert(40));
    }),
  );
  expect(accepted(seen)).toEqual(['TLSv1.2 rc4 TLS_RSA_WITH_RC4_128_SHA', 'TLSv1.2 no-forward-secrecy TLS_RSA_WITH_RC4_128_SHA']);
  expect([count(seen, false), count(seen, undefined)]).toEqual([6, 0]);
});
test('silence on one family is a gap on that member only', async () => {
  const { seen } = await probe(
    await bad((socket, suites) => {
      if (!suites.includes(0x0007)) socket.end(alert(40)); // IDEA
    }),
    { timeoutMs: 300 },
  );
  const silent = (seen.facts.tls?.weakSuites ?? []).filter((one) => one.accepted === undefined).map(({ family }) => family);
  expect(silent).toEqual(['idea', 'no-forward-secrecy']); // 0x0007 is static RSA too
  expect(seen.gaps).toMatchObject([{ code: 'timeout', tries: 3 }, { code: 'timeout' }]);
});
test('a suite that was not offered is no acceptance, and no refusal', async () => {
  const { seen } = await probe(await bad((socket) => socket.end(serverHello(0xc030))));
  expect([count(seen, true), count(seen, undefined), new Set(seen.gaps.map(({ code }) => code))]).toEqual([0, 8, new Set(['malformed'])]);
});
test('a version of which nothing is known is not passed over', async () => {
  const context = endpointContext();
  const gap = { path: 'tls.versions', code: 'timeout', by: 'tls-versions', detail: 'TLSv1: TimeoutError', tries: 3, evidence: [] } as const;
  const seen = await tlsWeakSuites.run(target(1), { ...context, learnt: { flights: new Map(), unknown: new Map([['TLSv1', gap]]) } });
  expect(seen.facts.tls?.weakSuites).toContainEqual({ family: 'rc4', version: 'TLSv1' });
  expect(seen.gaps).toEqual([{ ...gap, path: 'tls.weakSuites' }]);
});
