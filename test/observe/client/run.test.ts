import { describe, expect, test, vi } from 'vitest';
import { get, node, tell } from '../../support/client-test.ts';

vi.setConfig({ testTimeout: 120_000 });
// They wait more than they work.
describe.concurrent('a command', () => {
  const refusesAll = { untrustedRoot: false, selfSigned: false, wrongName: false, expired: false, legacyTls: false };
  const acceptsAll = { untrustedRoot: true, selfSigned: true, wrongName: true, expired: true, legacyTls: false };
  const noClear = { plaintext: false, plaintextAfterTlsFailure: false };

  test('https of Node verifies', async () => {
    const { client, gaps, evidence, line } = await tell(node(get('{}')));
    expect(client.accepts).toEqual({ ...refusesAll, ...noClear, downgradeRedirect: false });
    expect([client.baseline, client.hiddenBy, client.sends, gaps]).toEqual([true, [], { secretToUnverified: false }, []]);
    expect(client.offers).toMatchObject({ versions: ['TLSv1.2', 'TLSv1.3'], sni: true });
    expect(client.cases?.map(({ name }) => name)).toEqual(client.scope);
    expect(line('good')).toBe('accepted: sent GET / over TLSv1.3; exit 0');
    expect(line('wrong-name')).toMatch(/^refused: .*; exit 1$/);
    expect(line('tls10')).toBe('refused: does not offer this version; exit 1');
    expect(evidence).toHaveLength(9);
    expect(evidence[0]?.reproduce).toEqual(['encaudit', 'client', '--cases', 'good', '--', process.execPath, '-e', expect.anything(), '{url}']);
  });
  test('https with rejectUnauthorized: false takes all but TLS 1.0', async () => {
    const { client } = await tell(node(get('{ rejectUnauthorized: false }')));
    expect(client.accepts).toEqual({ ...acceptsAll, ...noClear, downgradeRedirect: false });
  });
  test('fetch verifies, and follows a redirect into the clear', async () => {
    const { client, line } = await tell(node('fetch(url).catch(() => process.exit(1))'));
    expect(client.accepts).toEqual({ ...refusesAll, ...noClear, downgradeRedirect: true, plaintext: false });
    expect(line('redirect-to-http')).toBe('accepted: followed it, and sent GET / in clear; exit 0');
  });
  test('fetch with NODE_TLS_REJECT_UNAUTHORIZED=0 of the user takes all, and the variable is named', async () => {
    const { client, evidence } = await tell(
      node('fetch(url).catch(() => process.exit(1))'),
      {},
      { env: { PATH: process.env['PATH'], NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
    );
    expect(client.accepts).toEqual({ ...acceptsAll, ...noClear, downgradeRedirect: true });
    expect(evidence[1]?.received).toContain('variables of yours in force: NODE_TLS_REJECT_UNAUTHORIZED');
  });
  test.each([
    ['chain', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE SELF_SIGNED_CERT_IN_CHAIN DEPTH_ZERO_SELF_SIGNED_CERT', { untrustedRoot: true, selfSigned: true }],
    ['name', 'NAME', { wrongName: true }],
    ['dates', 'CERT_HAS_EXPIRED', { expired: true }],
  ])('a client that leaves out the %s alone', async (_what, ignored, facts) => {
    const code = `const tls = require('node:tls'); const { hostname, port } = new URL(url);
    const socket = tls.connect({ host: hostname, port, servername: hostname, rejectUnauthorized: false }, () => {
      const problem = socket.authorizationError?.code ?? socket.authorizationError ?? (tls.checkServerIdentity(hostname, socket.getPeerCertificate()) && 'NAME');
      if (problem === 'ERR_TLS_CERT_ALTNAME_INVALID') return ${ignored === 'NAME'} ? socket.write('GET / HTTP/1.1\\r\\n\\r\\n') : socket.destroy();
      if (problem && !${JSON.stringify(ignored)}.includes(problem)) return socket.destroy();
      socket.write('GET / HTTP/1.1\\r\\n\\r\\n');
    });
    socket.on('error', () => process.exit(1)).resume();`;
    const { client } = await tell(node(code), { patterns: ['untrusted-root', 'self-signed', 'wrong-name', 'expired'] });
    expect(client.accepts).toMatchObject({ untrustedRoot: false, selfSigned: false, wrongName: false, expired: false, ...facts });
  });
  test('errors that are swallowed are refusals all the same, and said to be swallowed', async () => {
    const { client, line } = await tell(node("require('node:https').get(url, (r) => r.resume()).on('error', () => {})"), { patterns: ['untrusted-root'] });
    expect(client.accepts?.untrustedRoot).toBe(false);
    expect(line('untrusted-root')).toMatch(/^refused: .*, and swallows the error; exit 0$/);
  });
  test('a command that never connects decides nothing', async () => {
    const { client, gaps, hint } = await tell([process.execPath, '-e', '', '{url}'], { patterns: ['untrusted-root'] });
    expect(client.accepts).toEqual({});
    expect(client.baseline).toBe(false);
    expect(gaps.find(({ path }) => path === 'client.accepts.untrustedRoot')).toMatchObject({ code: 'not-attempted', detail: 'did not connect' });
    expect(gaps.find(({ path }) => path === 'client.accepts.wrongName')).toMatchObject({ code: 'not-attempted', detail: 'left out of this run' });
    expect(hint).toContain('NODE_EXTRA_CA_CERTS');
  });
  test('the worst of two connections counts: verified first, then tried again without', async () => {
    const again = `const https = require('node:https'); https.get(url, (r) => r.resume()).on('error', () => https.get(url, { rejectUnauthorized: false }, (r) => r.resume()));`;
    const { client, line, evidence } = await tell(node(again), { patterns: ['untrusted-root'] });
    expect(client.accepts?.untrustedRoot).toBe(true);
    expect(line('untrusted-root')).toBe('accepted: sent GET / over TLSv1.3; exit 0');
    expect(evidence.find(({ sent }) => sent?.includes('(untrusted-root)'))?.received).toMatch(/connection 1: hello.*connection 2: request inside TLS/);
  });
  test('a child that outlives its parent is waited for, and told', async () => {
    const child = `setTimeout(() => { ${get('{ rejectUnauthorized: false }')} }, 400)`;
    const parent = `require('node:child_process').spawn(process.execPath, ['-e', 'const url = process.argv[1];' + ${JSON.stringify(child)}, url], { stdio: 'ignore' }).unref(); process.exit(0)`;
    const { client, evidence } = await tell(node(parent), { patterns: ['untrusted-root'] });
    expect(client.accepts?.untrustedRoot).toBe(true);
    expect(evidence[1]?.received).toContain('children outlived it, and were waited for');
  });
  test('what a child that left the group sends later falls to its own case', async () => {
    const child = `setTimeout(() => { ${get('{ rejectUnauthorized: false }')} }, 600)`;
    const parent = `require('node:child_process').spawn(process.execPath, ['-e', 'const url = process.argv[1];' + ${JSON.stringify(child)}, url], { stdio: 'ignore', detached: true }).unref();
    ${get('{}')}`;
    const { client, evidence } = await tell(node(parent), { patterns: ['untrusted-root'] });
    expect(client.accepts?.untrustedRoot).toBe(true);
    if (process.platform === 'linux') expect(evidence[1]?.received).toContain('1 child left its process group and still runs');
  });
  const pin = (options: string): readonly string[] => [
    process.execPath,
    '-e',
    `const [, url, pin] = process.argv; require('node:https').get(url, { ${options} checkServerIdentity: (host, { fingerprint256 }) =>
     fingerprint256.replaceAll(':', '').toLowerCase() === pin ? undefined : new Error('pin') }, (r) => r.resume()).on('error', () => process.exit(1));`,
    '{url}',
    '{fingerprint}',
  ];
  test('a pin that holds refuses another key; one beside rejectUnauthorized: false is void', async () => {
    const choice = { pinned: true, patterns: ['untrusted-root', 'other-key'] };
    expect((await tell(pin(''), choice)).client.accepts).toMatchObject({ untrustedRoot: false, otherKey: false });
    expect((await tell(pin('rejectUnauthorized: false,'), choice)).client.accepts).toMatchObject({ untrustedRoot: true, otherKey: true });
  });
  test('a client that hangs after its hello is asked once more, and stays open', async () => {
    const hang = `const { hostname, port } = new URL(url); require('node:tls').connect({ host: hostname, port, servername: hostname, rejectUnauthorized: false });`;
    const { client, gaps, line } = await tell(node(hang), { patterns: ['untrusted-root'], trustEnv: false }, { timeoutMs: 3000, trustEnv: false });
    expect(client.accepts).toEqual({});
    expect(line('untrusted-root')).toBe('open: sent nothing before the time limit; time limit');
    expect(gaps.find(({ path }) => path === 'client.accepts.untrustedRoot')?.code).toBe('timeout');
  });
  test('a command that only connects is judged by its exit code, if that says anything', async () => {
    const connect = (options: string, otherwise: number): readonly string[] =>
      node(`const { hostname, port } = new URL(url); const s = require('node:tls').connect({ host: hostname, port, servername: hostname, ${options} }, () => s.end());
      s.on('error', () => process.exit(${otherwise})).resume();`);
    const choice = { patterns: ['untrusted-root'] };
    const [blind, sees, mute] = await Promise.all([
      tell(connect('rejectUnauthorized: false', 1), choice),
      tell(connect('', 1), choice),
      tell(connect('rejectUnauthorized: false', 0), choice),
    ]);
    expect([blind.client.accepts?.untrustedRoot, sees.client.accepts?.untrustedRoot, mute.client.accepts?.untrustedRoot]).toEqual([true, false, undefined]);
    expect(blind.line('untrusted-root')).toBe('accepted: handshake, then exit 0 as with the good server; exit 0');
    expect(mute.line('untrusted-root')).toContain('nothing tells acceptance from refusal');
  });
  test('plain HTTP to the port of TLS is a session in clear, and says nothing about certificates', async () => {
    const { client, gaps } = await tell(
      [process.execPath, '-e', "require('node:http').get('http://localhost:' + process.argv[1], (r) => r.resume())", '{port}'],
      {
        patterns: ['untrusted-root'],
      },
    );
    expect(client.accepts).toEqual({ plaintext: true });
    expect(gaps.find(({ path }) => path === 'client.accepts.untrustedRoot')).toMatchObject({ code: 'unprovable' });
  });
  test('plain HTTP after a handshake that failed is found', async () => {
    const strip = `const { port } = new URL(url); require('node:https').get(url, (r) => r.resume()).on('error', () => require('node:http').get('http://localhost:' + port, (r) => r.resume()));`;
    const { client } = await tell(node(strip), { patterns: ['untrusted-root', 'plain-on-tls-port'] });
    expect(client.accepts).toMatchObject({ untrustedRoot: false, plaintext: true, plaintextAfterTlsFailure: true });
  });
  test('acceptance that our own variable hides is found as the user runs it, and the variable is named', async () => {
    const hiding = `const verify = process.env.REQUESTS_CA_BUNDLE !== undefined; ${get('{ rejectUnauthorized: verify }')}`;
    const { client, line } = await tell(node(hiding), { patterns: ['untrusted-root'] });
    expect(line('untrusted-root')).toMatch(/^refused/);
    expect(line('bare')).toMatch(/^accepted/);
    expect(client.accepts?.untrustedRoot).toBe(true);
    expect(client.hiddenBy).toEqual(['REQUESTS_CA_BUNDLE']);
  });
  test('trust that the command brings itself is enough, where our variables spoil it', async () => {
    const own = `const ca = process.env.NODE_EXTRA_CA_CERTS ? [] : require('node:fs').readFileSync(process.env.ENCAUDIT_CA); ${get('{ ca }')}`;
    const { client } = await tell(node(own), { patterns: ['untrusted-root'] });
    expect([client.baseline, client.accepts?.untrustedRoot]).toEqual([true, false]);
    expect(client.cases?.map(({ environment }) => environment)).toEqual(['bare', 'bare', 'bare']);
  });
  test('the rest of the cases', async () => {
    const { client, line } = await tell(node(get('{}')), { deep: true });
    expect(client.accepts).toMatchObject({ sameNameRoot: false, notYetValid: false, wrongUsage: false, leafAsCa: false, plaintextAfterTlsFailure: false });
    expect(line('plain-on-tls-port')).toMatch(/^refused/);
    expect(line('weak-key')).not.toBe('not run');
  });
  test.each([
    ['a header of a mebibyte', "{ headers: { x: 'a'.repeat(15000), y: 'b'.repeat(15000) } }"],
    ['a POST', "{ method: 'POST' }"],
  ])('%s is a request', async (_name, options) => {
    const { client } = await tell(
      node(
        `require('node:https').request(url, Object.assign(${options}, { rejectUnauthorized: false }), (r) => r.resume()).on('error', () => process.exit(1)).end('x'.repeat(1048576))`,
      ),
      {
        patterns: ['untrusted-root'],
      },
    );
    expect(client.accepts?.untrustedRoot).toBe(true);
  });
  test('a program that cannot be started', async () => {
    await expect(tell(['/nonexistent/program', '{url}'])).rejects.toMatchObject({ name: 'NotStarted', code: 'ENOENT' });
  });
});
