import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import type { ObserveContext } from '../../src/model/source.ts';
import { reach } from '../../src/observe/endpoint/reach.ts';
import { limiter } from '../../src/util/limit.ts';
import { listen } from '../support/listen.ts';

const places = limiter({ concurrency: 4, perHost: 2, delayMs: 0 });
const context = (some: Partial<ObserveContext> = {}): ObserveContext => ({
  signal: new AbortController().signal,
  timeoutMs: 5000,
  now: () => new Date(0),
  ...some,
});

test('a listener is reached, and gets no byte', async () => {
  const got: Buffer[] = [];
  let closed = 0;
  const port = await listen(createServer((socket) => socket.on('data', (chunk) => got.push(chunk)).on('close', () => closed++)));
  expect(await reach({ name: '127.0.0.1', port }, places, context())).toEqual({ addresses: [{ address: '127.0.0.1' }] });
  await expect.poll(() => closed).toBe(1);
  expect(got).toEqual([]);
});
test('nobody listens', async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  expect(await reach({ name: 'x.test', ip: '127.0.0.1', port }, places, context())).toEqual({
    addresses: [{ address: '127.0.0.1', failure: { code: 'refused', detail: 'ECONNREFUSED' } }],
  });
});
test('a name that nobody knows', async () => {
  expect(await reach({ name: 'nowhere.invalid', port: 443 }, places, context())).toMatchObject({ addresses: [], failure: { code: 'dns' } });
});
test('stopped before it began', async () => {
  const port = await listen(createServer());
  const { addresses } = await reach({ name: '127.0.0.1', port }, places, context({ signal: AbortSignal.abort('SIGINT') }));
  expect(addresses).toEqual([{ address: '127.0.0.1', failure: { code: 'cancelled', detail: 'stopped' } }]);
});
