import { once } from 'node:events';
import { createServer as createHttp, type IncomingHttpHeaders } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { createServer as createTls, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { startLab } from '../../src/demo/lab.ts';
import type { Observation } from '../../src/model/observation.ts';
import { checked } from '../../src/observe/checked.ts';
import type { EndpointContext } from '../../src/observe/endpoint/context.ts';
import { httpSecurity } from '../../src/observe/endpoint/http-security.ts';
import { askVersions } from '../../src/observe/endpoint/tls-versions.ts';
import { selfSigned } from '../support/certificate.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { listen } from '../support/listen.ts';

const identity = selfSigned();
interface Seen {
  readonly seen: Observation<'endpoint'>;
  readonly byName: boolean | undefined;
  readonly http: NonNullable<Observation<'endpoint'>['facts']['http']>;
  readonly connections: number;
}
async function probe(port: number, some: Partial<EndpointContext> = {}, name = 'localhost'): Promise<Seen> {
  const target = { name, address: '127.0.0.1', port, ...(name === '127.0.0.1' ? {} : { servername: name }) };
  const context = endpointContext({ timeoutMs: 2000, protocol: 'https', ...some });
  const learnt = some.learnt ?? (await askVersions(target, context)).learnt;
  const before = context.started();
  const seen = await httpSecurity.run(target, { ...context, learnt });
  expect(checked(seen)).toEqual(seen); // the schema takes all of it
  const { byName, ...http } = seen.facts.http ?? {};
  return { seen, byName, http, connections: context.started() - before };
}
const unasked = { flights: new Map() };
const none = { present: false, maxAge: 0, includeSubDomains: false, preload: false };
const https = (headers: readonly string[], status = 200, options: ServerOptions = {}): Promise<number> =>
  listen(
    createHttps({ ...identity, ...options }, (_request, response) => {
      response.writeHead(status, [...headers]).end('hello');
    }).on('tlsClientError', () => {}),
  );
/** A server that speaks TLS, and inside it whatever it is told to. */
const tls = (say: (socket: TLSSocket) => void): Promise<number> =>
  listen(
    createTls({ ...identity }, (socket) => {
      socket.on('error', () => {});
      say(socket);
    }).on('tlsClientError', () => {}),
  );
const saying = (text: string | Buffer): Promise<number> =>
  tls((socket) => {
    socket.once('data', () => socket.end(text));
  });
const gaps = ({ seen }: Seen): unknown => seen.gaps.map(({ path, code }) => `${path} ${code}`);

test('of an IP address no browser notes HSTS, and the facts say so', async () => {
  const port = await https([]);
  expect((await probe(port)).byName).toBe(true);
  expect((await probe(port, {}, '127.0.0.1')).byName).toBe(false);
});
test('HSTS, status, and the request as curl would send it', async () => {
  const port = await https(['strict-transport-security', 'max-age=31536000; includeSubDomains; preload', 'set-cookie', 'session=secret; Secure'], 404);
  const all = await probe(port);
  expect(all.http).toEqual({
    spoken: true,
    status: 404,
    hsts: { present: true, maxAge: 31_536_000, includeSubDomains: true, preload: true },
    cleartextPort: 0,
  });
  expect([all.seen.gaps, all.connections]).toEqual([[], 1]);
  const [record] = all.seen.evidence;
  expect(record).toMatchObject({
    sent: `GET / HTTP/1.1, Host: localhost:${port}`,
    received: expect.stringMatching(/^HTTP\/1\.1 404\nstrict-transport-security: max-age=31536000; includeSubDomains; preload\n/),
    reproduce: ['curl', '-sS', '-o', '/dev/null', '-D', '-', '-k', '--http1.1', '--resolve', `localhost:${port}:127.0.0.1`, `https://localhost:${port}/`],
  });
  expect(JSON.stringify(all.seen)).not.toContain('secret');
});
test('the server gets an honest, complete request', async () => {
  const requests: { readonly method: string | undefined; readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[] = [];
  const port = await listen(
    createHttps({ ...identity }, ({ method, url, headers }, response) => {
      requests.push({ method, url, headers });
      response.end();
    }).on('tlsClientError', () => {}),
  );
  await probe(port, { learnt: unasked }, '127.0.0.1');
  expect(requests).toEqual([{ method: 'GET', url: '/', headers: { host: `127.0.0.1:${port}`, 'user-agent': 'encaudit', accept: '*/*', connection: 'close' } }]);
});
test.each<[string, readonly string[], unknown]>([
  ['none', ['x', 'y'], none],
  ['an invalid one', ['strict-transport-security', 'max-age=1; max-age=2'], none],
  ['zero', ['strict-transport-security', 'max-age=0'], { ...none, present: true }],
  [
    'two, of which the first counts',
    ['Strict-Transport-Security', 'max-age=5', 'Strict-Transport-Security', 'max-age=7'],
    { ...none, present: true, maxAge: 5 },
  ],
])('HSTS: %s', async (_name, headers, expected) => {
  expect((await probe(await https(headers))).http).toMatchObject({ spoken: true, status: 200, hsts: expected });
});
test('a server of TLS 1.0 is heard too', async () => {
  const options = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'AES128-SHA:@SECLEVEL=0' } as const;
  expect((await probe(await https([], 301, options))).http).toMatchObject({ spoken: true, status: 301, hsts: none });
});
test('a redirect is read and not followed', async () => {
  const elsewhere = await https([]);
  const all = await probe(await https(['location', `https://127.0.0.1:${elsewhere}/`], 302));
  expect([all.http.status, all.connections]).toEqual([302, 1]);
});

test('HTTP is not asked where nobody speaks of it, and that is no gap', async () => {
  const all = await probe(await saying('hello'), { protocol: 'tls' });
  expect([all.http, all.seen.gaps, all.connections]).toEqual([{ spoken: false, cleartextPort: 0 }, [], 0]);
});
test.each(['h2', 'http/1.1'])('ALPN %s is enough to ask', async (alpn) => {
  expect((await probe(await https([]), { protocol: 'tls', learnt: { flights: new Map(), alpn } })).http.spoken).toBe(true);
});
test.each([
  ['a mail server', '220 mail.example ESMTP\r\n'],
  ['bytes of nobody', Buffer.from([1, 2, 3, 4])],
])('%s inside TLS speaks no HTTP', async (_name, text) => {
  const all = await probe(await saying(text));
  expect([all.http, all.seen.gaps]).toEqual([{ spoken: false, cleartextPort: 0 }, []]);
});
test.each<[string, string, boolean | undefined, string]>([
  ['a broken head', 'HTTP/1.1 200 OK\r\nno colon\r\n\r\n', true, 'malformed'],
  ['half a head', 'HTTP/1.1 200 OK\r\nServer: a\r\n', true, 'closed'],
  ['an endless head', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(12_000)}`, true, 'too-large'],
  ['HTTP/2 frames', '\0\0\0\x04\0\0\0\0\0', true, 'unsupported'],
  ['a page without head', '<html>hello</html>', undefined, 'malformed'],
])('%s leaves a gap', async (_name, text, spoken, code) => {
  const all = await probe(await saying(text), { learnt: unasked });
  expect([all.http, gaps(all)]).toEqual([
    { ...(spoken && { spoken }), cleartextPort: 0 },
    [...(spoken ? [] : [`http.spoken ${code}`]), `http.status ${code}`, `http.hsts ${code}`],
  ]);
});
test('a server of HTTP/2 alone speaks HTTP that we do not', async () => {
  const port = await listen(createSecureServer({ ...identity, allowHTTP1: false }).on('tlsClientError', () => {}));
  const all = await probe(port);
  expect([all.http, gaps(all)]).toEqual([{ spoken: true, cleartextPort: 0 }, ['http.status unsupported', 'http.hsts unsupported']]);
});

const insisting = { requestCert: true, rejectUnauthorized: true, ca: identity.cert };
test.each<[string, ServerOptions]>([
  ['TLS 1.2', { ...insisting, maxVersion: 'TLSv1.2' }],
  ['TLS 1.3', { ...insisting, minVersion: 'TLSv1.3' }],
  ['both', insisting],
])('whoever wants a certificate that we have not got speaks no HTTP with us (%s)', async (_name, options) => {
  const all = await probe(await https([], 200, options));
  expect([all.http, all.seen.gaps]).toEqual([{ spoken: false, cleartextPort: 0 }, []]);
});
test('nor does nginx, which says so in HTTP', async () => {
  const body = '<center>No required SSL certificate was sent</center>';
  const all = await probe(await saying(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
  expect(all.http.spoken).toBe(false);
  expect((await probe(await saying('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'))).http).toMatchObject({ spoken: true, status: 400 });
});
test('a handshake that fails for another reason is a gap, whatever the alert', async () => {
  const refusing = await listen(
    createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40])));
    }),
  );
  const all = await probe(refusing, { learnt: unasked });
  expect([all.http, gaps(all)]).toEqual([{ cleartextPort: 0 }, ['http.spoken tls-alert', 'http.status tls-alert', 'http.hsts tls-alert']]);
});

test.each<[string, (socket: TLSSocket) => void, string]>([
  ['says nothing', () => {}, 'timeout'],
  ['hangs up', (socket) => socket.once('data', () => socket.end()), 'closed'],
  [
    'drips',
    (socket) => {
      const drip = setInterval(() => socket.write('H'), 20);
      socket.write('HTTP/1.1 200 OK\r\nA: ');
      socket.on('close', () => clearInterval(drip));
    },
    'timeout',
  ],
])('a server that %s is asked three times, and stays a gap', async (_name, say, code) => {
  const all = await probe(await tls(say), { timeoutMs: 150, learnt: unasked });
  expect([all.http, gaps(all), all.connections]).toEqual([{ cleartextPort: 0 }, [`http.spoken ${code}`, `http.status ${code}`, `http.hsts ${code}`], 3]);
  expect(all.seen.gaps[0]).toMatchObject({ by: 'http-security', tries: 3, evidence: [all.seen.evidence[0]?.id] });
});
test('one that hangs up twice and then answers is heard', async () => {
  let times = 0;
  const port = await tls((socket) => {
    socket.once('data', () => socket.end(++times < 3 ? '' : 'HTTP/1.1 204 No Content\r\n\r\n'));
  });
  expect((await probe(port, { learnt: unasked })).http).toMatchObject({ spoken: true, status: 204 });
});
test('an abort ends it, before the start too', async () => {
  for (const signal of [AbortSignal.abort(), AbortSignal.timeout(50)]) {
    const silent = await tls(() => {});
    const all = await probe(silent, { signal, timeoutMs: 3_600_000, learnt: unasked, httpPort: silent });
    expect(new Set(all.seen.gaps.map(({ code }) => code))).toEqual(new Set(['cancelled']));
    expect(all.http).toEqual({ cleartextPort: silent });
  }
});

/** The plain port beside an HTTPS one. */
const clear = async (headers: readonly string[], status: number): Promise<number> =>
  listen(
    createHttp((_request, response) => {
      response.writeHead(status, [...headers]).end();
    }),
  );
const beside = async (httpPort: number, name = 'localhost'): Promise<Seen> => probe(await https([]), { httpPort, learnt: unasked }, name);
test.each<[string, string, number, 'redirects' | 'redirects-elsewhere' | 'serves', string?]>([
  ['to HTTPS', 'https://localhost/', 301, 'redirects', 'https://localhost/'],
  ['on any port, in any case', 'HTTPS://LocalHost:8443/a', 308, 'redirects', 'https://localhost:8443/a'],
  ['with a trailing dot', 'https://localhost./', 302, 'redirects', 'https://localhost./'],
  ['to another host', 'https://www.localhost/', 301, 'redirects-elsewhere', 'https://www.localhost/'],
  ['to a name that only begins like ours', 'https://localhost@evil.example/', 307, 'redirects-elsewhere', 'https://evil.example/'],
  ['to HTTP', 'http://localhost/login', 303, 'redirects-elsewhere', 'http://localhost/login'],
  ['to a path', '/login', 302, 'redirects-elsewhere', 'http://localhost:PORT/login'],
  ['to the same scheme elsewhere', '//evil.example/', 302, 'redirects-elsewhere', 'http://evil.example/'],
  ['to nowhere', 'https://', 301, 'serves'],
  ['that is none', 'https://localhost/', 200, 'serves'],
  ['of a status that no browser follows', 'https://localhost/', 304, 'serves'],
])('in clear: a redirect %s', async (_name, location, status, cleartext, to) => {
  const port = await clear(['location', location], status);
  const { http, seen } = await beside(port);
  expect(http).toMatchObject({ cleartextPort: port, cleartext, cleartextStatus: status });
  expect(http.cleartextLocation).toBe(to?.replace('PORT', String(port)));
  expect(seen.evidence[1]).toMatchObject({
    reproduce: expect.arrayContaining([`http://localhost:${port}/`]),
    received: expect.stringContaining(`location: ${location}`),
  });
});
test('in clear: a page, a refusal, and a redirect without a place are all answers', async () => {
  for (const status of [200, 301, 401, 404, 500])
    expect((await beside(await clear([], status))).http).toMatchObject({ cleartext: 'serves', cleartextStatus: status });
});
test('in clear: two places are none', async () => {
  const { http } = await beside(await clear(['location', 'https://localhost/', 'location', 'http://evil.example/'], 301));
  expect(http.cleartext).toBe('serves');
});
test('an address redirects to itself', async () => {
  const { http } = await beside(await clear(['location', 'https://127.0.0.1/'], 301), '127.0.0.1');
  expect(http.cleartext).toBe('redirects');
});
test('a closed port is refused, asked twice', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  server.close();
  await once(server, 'close');
  const all = await beside(port);
  expect([all.http.cleartext, all.seen.gaps, all.connections]).toEqual(['refused', [], 3]);
});
test.each<[string, (socket: Socket) => void, string]>([
  ['silence', () => {}, 'timeout'],
  ['a reset', (socket) => socket.once('data', () => socket.resetAndDestroy()), 'reset'],
  ['a close', (socket) => socket.once('data', () => socket.end()), 'closed'],
  ['another protocol', (socket) => socket.write('SSH-2.0-x\r\n'), 'unexpected'],
  ['a broken head', (socket) => socket.write('HTTP/1.1 200 OK\r\n: x\r\n\r\n'), 'malformed'],
  ['an endless head', (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(12_000)}`), 'too-large'],
])('in clear: %s is a gap, and never "refused"', async (_name, say, code) => {
  const port = await listen(
    createServer((socket) => {
      socket.on('error', () => {});
      say(socket);
    }),
  );
  const all = await probe(await https([]), { httpPort: port, learnt: unasked, timeoutMs: 300 });
  expect(all.http).toEqual({ spoken: true, status: 200, hsts: none, cleartextPort: port });
  expect(gaps(all)).toEqual([`http.cleartext ${code}`, `http.cleartextStatus ${code}`, `http.cleartextLocation ${code}`]);
});
test('hostile headers end up as harmless lines, and the hash tells of the rest', async () => {
  const head = `HTTP/1.1 200 OK\r\nX: a\x85b\r\n ::error::c\r\nSet-Cookie: a=b\r\n c=secret\r\nSet-Cookie: secret\r\nL: ${'l'.repeat(5000)}\r\n\r\n`;
  const { seen } = await probe(await saying(Buffer.from(head, 'latin1')));
  const { received = '', raw } = seen.evidence[0] ?? {};
  expect(received).toMatch(/^HTTP\/1\.1 200\nx: ab : :error::c\nset-cookie: a=…\nset-cookie: …\nl: l+$/);
  expect([received.length, raw?.bytes]).toEqual([1024, head.length]);
});

test('the lab shows what it was built to show', async () => {
  const lab = await startLab();
  const facts = new Map<string, unknown>();
  for (const target of lab.targets) {
    if (target.is !== 'endpoint' || !['shop', 'no-hsts', 'partners', 'legacy'].some((name) => target.name === `${name}.lab.test`)) continue;
    const { name, port, httpPort } = target;
    facts.set(name, (await probe(port, httpPort === undefined ? {} : { httpPort }, name)).http);
  }
  await lab.stop();
  expect(facts.get('shop.lab.test')).toMatchObject({ spoken: true, hsts: { maxAge: 63_072_000 }, cleartext: 'redirects' });
  expect(facts.get('no-hsts.lab.test')).toMatchObject({ spoken: true, hsts: none, cleartext: 'serves' });
  expect(facts.get('partners.lab.test')).toEqual({ spoken: false, cleartextPort: 0 });
  expect(facts.get('legacy.lab.test')).toMatchObject({ spoken: true, cleartextPort: 0, hsts: { present: true } });
});
