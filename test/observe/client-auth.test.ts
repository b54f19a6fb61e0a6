import { createServer as createHttps } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { createServer as createTls, type TlsOptions } from 'node:tls';
import { expect, test } from 'vitest';
import type { Observation } from '../../src/model/observation.ts';
import { clientAuth } from '../../src/observe/endpoint/client-auth.ts';
import type { EndpointContext } from '../../src/observe/endpoint/context.ts';
import { askVersions } from '../../src/observe/endpoint/tls-versions.ts';
import { selfSigned } from '../support/certificate.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { listen } from '../support/listen.ts';

const identity = selfSigned();
async function probe(port: number, some: Partial<EndpointContext> = {}): Promise<{ readonly seen: Observation<'endpoint'>; readonly connections: number }> {
  const target = { name: 'localhost', address: '127.0.0.1', port, servername: 'localhost' };
  const context = endpointContext({ timeoutMs: 2000, ...some });
  const { learnt } = await askVersions(target, context);
  const before = context.started();
  const seen = await clientAuth.run(target, { ...context, learnt });
  return { seen, connections: context.started() - before };
}
const tls = (options: TlsOptions): Promise<number> => listen(createTls({ ...identity, ca: identity.cert, ...options }).on('tlsClientError', () => {}));
const asking = { requestCert: true, rejectUnauthorized: false } as const;
const insisting = { requestCert: true, rejectUnauthorized: true } as const;
const v12 = { maxVersion: 'TLSv1.2' } as const;
const v13 = { minVersion: 'TLSv1.3' } as const;

test('not requested shows in the first flight, and costs no connection', async () => {
  const { seen, connections } = await probe(await tls({}));
  expect([seen.facts, seen.gaps, connections]).toEqual([{ clientAuth: { mode: 'not-requested', caNames: [] } }, [], 0]);
  expect(seen.evidence[0]).toMatchObject({ sent: expect.stringMatching(/^1603/), raw: { bytes: expect.any(Number) } });
});
test.each([
  ['TLS 1.2', v12],
  ['TLS 1.2 and 1.3', {}],
])('requested, by a server of %s', async (_name, versions) => {
  const { seen } = await probe(await tls({ ...asking, ...versions }));
  expect([seen.facts, seen.gaps]).toEqual([{ clientAuth: { mode: 'requested', caNames: ['CN=localhost'] } }, []]);
});
test('on a server of TLS 1.3 alone, requested and not requested look the same', async () => {
  for (const options of [{}, asking]) {
    const { seen } = await probe(await tls({ ...options, ...v13 }));
    expect(seen.facts).toEqual({ clientAuth: {} });
    expect(seen.gaps).toMatchObject([
      { path: 'clientAuth.mode', code: 'unsupported', detail: expect.stringMatching(/^does not insist/) },
      { path: 'clientAuth.caNames', code: 'unsupported' },
    ]);
  }
});
test('required, by a server of TLS 1.2', async () => {
  const { seen, connections } = await probe(await tls({ ...insisting, ...v12 }));
  expect([seen.facts, seen.gaps, connections]).toEqual([{ clientAuth: { mode: 'required', caNames: ['CN=localhost'] } }, [], 1]);
});
test('required, by a server of TLS 1.3, of which the names stay hidden', async () => {
  const { seen, connections } = await probe(await tls({ ...insisting, ...v13 }));
  expect([seen.facts, connections]).toEqual([{ clientAuth: { mode: 'required' } }, 1]);
  expect(seen.gaps).toMatchObject([{ path: 'clientAuth.caNames', code: 'unsupported' }]);
});
test.each([
  ['nginx', '400 Bad Request', '<center>No required SSL certificate was sent</center>', 'required'],
  ['a server that answers', '200 OK', 'hello', 'requested'],
  ['another 400', '400 Bad Request', 'No such thing', 'requested'],
])('over HTTP, %s', async (_name, status, body, mode) => {
  const server = createHttps({ ...identity, ...asking, ca: identity.cert }, (_request, response) => {
    response.writeHead(Number(status.slice(0, 3))).end(body);
  });
  const { seen } = await probe(await listen(server), { protocol: 'https' });
  expect([seen.facts.clientAuth?.mode, seen.gaps]).toEqual([mode, []]);
});
test('over HTTP in TLS 1.3 alone, a required certificate shows too', async () => {
  const server = createHttps({ ...identity, ...asking, ...v13 }, (_request, response) => {
    response.writeHead(400).end('No required SSL certificate was sent');
  });
  const { seen } = await probe(await listen(server), { protocol: 'https' });
  expect(seen.facts.clientAuth?.mode).toBe('required');
});
test('a server that insists in TLS 1.2 and serves TLS 1.3 without does not insist', async () => {
  const strict = await tls({ ...insisting, ...v12 });
  const open = await listen(createHttps({ ...identity, ...v13 }, (_request, response) => response.end('hello')));
  const port = await listen(
    createServer((socket: Socket) => {
      socket
        .on('error', () => {})
        .once('data', (hello: Buffer) => {
          socket.pause().unshift(hello);
          relay(socket, hello.includes(Buffer.from('002b0003020304', 'hex')) ? open : strict);
        });
    }),
  );
  const { seen } = await probe(port, { protocol: 'https' });
  expect([seen.facts.clientAuth?.mode, seen.gaps]).toEqual(['requested', []]);
});
test('a server that insists in TLS 1.2 and 1.3 insists', async () => {
  const { seen, connections } = await probe(await tls(insisting));
  expect([seen.facts.clientAuth?.mode, seen.gaps, connections]).toEqual(['required', [], 2]);
});
test('a failure before the flight is not about certificates', async () => {
  const real = await tls({ ...asking, ...v12 });
  let blocks = false;
  const port = await listen(
    createServer((socket: Socket) => {
      socket.on('error', () => {});
      if (blocks) socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40]));
      else relay(socket, real);
    }),
  );
  const target = { name: 'localhost', address: '127.0.0.1', port };
  const context = endpointContext();
  const { learnt } = await askVersions(target, context);
  blocks = true;
  const seen = await clientAuth.run(target, { ...context, learnt });
  expect(seen.facts).toEqual({ clientAuth: { caNames: ['CN=localhost'] } });
  expect(seen.gaps).toMatchObject([{ path: 'clientAuth.mode', code: 'tls-alert' }]);
});
function relay(socket: Socket, port: number): void {
  const to = connect(port, '127.0.0.1');
  to.on('error', () => {}).pipe(socket);
  socket.pipe(to);
}
