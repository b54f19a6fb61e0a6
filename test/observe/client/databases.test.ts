import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Client, ClientCase, ClientProtocol } from '../../../src/facts/client.ts';
import { protocols } from '../../../src/observe/client/client.ts';
import { tryClient, type Tried } from '../../support/observe-client.ts';

const script = join(import.meta.dirname, 'db-client.mjs');
const secret = 'planted-4711';
const cases: readonly ClientCase[] = ['good', 'untrusted-root', 'wrong-name', 'no-tls', 'good-again'];
const run = (protocol: ClientProtocol, mode: string): Promise<Tried> =>
  tryClient(protocol, [process.execPath, script, protocol, mode, '{host}', '{port}', '{ca}'], { cases, env: { DB_PASSWORD: secret } });

type Accepts = Client['accepts'];
const all = (untrustedRoot: boolean, wrongName: boolean, plaintext: boolean, plaintextAfterTlsFailure: boolean): Accepts => ({
  untrustedRoot,
  wrongName,
  plaintext,
  plaintextAfterTlsFailure,
});

describe.concurrent('small clients', () => {
  test.each<[ClientProtocol, string, Accepts]>([
    ['postgres', 'verify', all(false, false, false, false)],
    ['postgres', 'chain', all(false, true, false, false)],
    ['postgres', 'prefer', all(true, true, true, false)],
    ['postgres', 'fall-back', all(false, false, true, true)],
    ['mysql', 'prefer', all(true, true, true, false)],
    ['mysql', 'fall-back', all(false, false, true, true)],
    ['mysql', 'late', all(false, false, false, false)],
    ['redis', 'no-verify', all(true, true, false, false)],
    ['redis', 'fall-back', all(false, false, true, true)],
  ])('%s %s', async (protocol, mode, accepts) => {
    const { client, seen } = await run(protocol, mode);
    expect(client).toMatchObject({ protocol, baseline: true });
    expect(client.accepts).toEqual(accepts);
    expect(client.sends?.secretToUnverified).toBe(Object.values(accepts ?? {}).includes(true));
    expect(JSON.stringify(seen)).not.toContain(secret);
  });
  test('without TLS: how it verifies, and whether it would fall back, is not known', async () => {
    const { client, gaps } = await run('mysql', 'plain');
    expect(client.accepts).toEqual({ plaintext: true });
    expect(gaps.map(({ path }) => path)).toEqual(expect.arrayContaining(['client.accepts.untrustedRoot', 'client.accepts.plaintextAfterTlsFailure']));
  });
});
test.each(['postgres', 'mysql', 'redis'] as const)('%s: a string to connect with, in which nobody is', (protocol) => {
  const dsn = protocols.get(protocol)?.dsn?.('localhost', 4711) ?? '';
  const { username, password, hostname, port, search } = new URL(dsn);
  expect([username, password, hostname, port, search]).toEqual(['encaudit', 'not-a-secret', 'localhost', '4711', '']);
});
