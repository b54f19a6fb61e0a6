import { createHash, X509Certificate } from 'node:crypto';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { connect as tcp } from 'node:net';
import { connect, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labCertificates } from '../../src/demo/certificates.ts';
import { startLab, type Lab } from '../../src/demo/lab.ts';
import type { EndpointTarget } from '../../src/model/target.ts';
import { issue } from '../../src/x509/issue.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

const endpoints = (from: Lab): readonly EndpointTarget[] => from.targets.filter((target) => target.is === 'endpoint');
function find(name: string): EndpointTarget {
  const target = endpoints(lab).find((one) => one.name === `${name}.lab.test`);
  if (!target) throw new Error(`no ${name}`);
  return target;
}
/** How a client that trusts the lab's root fares. */
async function greet(name: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { ip, port, servername } = find(name);
  const socket = connect({ host: ip ?? '', port, servername: servername ?? '', ca: lab.roots, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
  } finally {
    socket.on('error', () => {});
    setImmediate(() => socket.destroy());
  }
  return socket;
}
const verdict = async (name: string): Promise<unknown> => {
  const { authorized, authorizationError } = await greet(name);
  return authorized || authorizationError;
};
const code = (name: string): Promise<unknown> =>
  greet(name, { rejectUnauthorized: true }).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

test.each([
  ['shop', 'accepted'],
  ['legacy', 'accepted'],
  ['renewal', 'accepted'],
  ['min-tls', 'accepted'],
  ['no-hsts', 'accepted'],
  ['partners', 'accepted'], // TLS 1.3 refuses only after the client believes in it
  ['expired', 'CERT_HAS_EXPIRED'],
  ['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['incomplete-chain', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['wrong-order', 'accepted'], // OpenSSL sorts for itself
])('a strict client of %s: %s', async (name, expected) => {
  expect(await code(name)).toBe(expected);
});
test('without the root nobody is trusted', async () => {
  expect((await greet('shop', { ca: [] })).authorized).toBe(false);
  expect(await verdict('shop')).toBe(true);
});

/** Names as sent, by the leaf's issuerCertificate list. */
const sent = async (name: string): Promise<readonly string[]> => {
  const socket = await greet(name, { maxVersion: 'TLSv1.2' });
  const first: DetailedPeerCertificate = socket.getPeerCertificate(true);
  expect(new X509Certificate(first.raw).checkHost(find(name).name) === undefined).toBe(name === 'wrong-host');
  const leaf = socket.getPeerX509Certificate();
  const list: string[] = [];
  for (let one = leaf; one; one = one.issuerCertificate) list.push(one.subject.replace('CN=', ''));
  return list;
};
test.each([
  ['shop', ['shop.lab.test', 'encaudit lab issuer']],
  ['incomplete-chain', ['incomplete-chain.lab.test']],
  ['wrong-order', ['wrong-order.lab.test', 'encaudit lab root', 'encaudit lab issuer']],
  ['self-signed', ['self-signed.lab.test']],
  ['wrong-host', ['not-wrong-host.lab.test', 'encaudit lab issuer']],
])('%s sends %j', async (name, expected) => {
  expect(await sent(name)).toEqual(expected);
});
test('nine days are left of the one that is due, and of the expired one none', async () => {
  const left = async (name: string): Promise<number> => {
    const { valid_to } = (await greet(name)).getPeerCertificate();
    return (Date.parse(valid_to) - Date.now()) / 86_400_000;
  };
  expect(Math.round(await left('renewal'))).toBe(9);
  expect(Math.round(await left('expired'))).toBe(-3);
  expect(Math.round(await left('shop'))).toBe(60);
});

const speaks = (name: string, version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3', ciphers = 'ALL:@SECLEVEL=0'): Promise<boolean> =>
  greet(name, { minVersion: version, maxVersion: version, ciphers }).then(
    (socket) => socket.getProtocol() === version,
    () => false,
  );
test.each([
  ['shop', [false, false, true, true]],
  ['legacy', [true, true, true, false]],
  ['min-tls', [false, false, true, false]],
])('%s speaks TLS 1.0 to 1.3: %j', async (name, expected) => {
  expect([await speaks(name, 'TLSv1'), await speaks(name, 'TLSv1.1'), await speaks(name, 'TLSv1.2'), await speaks(name, 'TLSv1.3')]).toEqual(expected);
});
test('the legacy one takes a suite without forward secrecy, the good one no CBC', async () => {
  expect(await speaks('legacy', 'TLSv1', 'AES128-SHA:@SECLEVEL=0')).toBe(true);
  expect(await speaks('shop', 'TLSv1.2', 'ECDHE-ECDSA-AES128-SHA')).toBe(false);
});

async function ask(name: string): Promise<IncomingMessage> {
  const { ip, port, servername } = find(name);
  const [response]: IncomingMessage[] = await once(
    httpsGet({ host: ip, port, servername, headers: { host: `${name}.lab.test` }, rejectUnauthorized: false, agent: false }),
    'response',
  );
  if (!response) throw new Error('no response');
  return response.resume();
}
async function askInClear(port: number | undefined): Promise<IncomingMessage> {
  const [response]: IncomingMessage[] = await once(httpGet({ host: '127.0.0.1', port, agent: false }), 'response');
  if (!response) throw new Error('no response');
  return response.resume();
}
test('HSTS, but of the one that has none', async () => {
  expect((await ask('shop')).headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains');
  expect(await ask('no-hsts')).toMatchObject({ statusCode: 200, headers: expect.not.objectContaining({ 'strict-transport-security': expect.anything() }) });
});
test('beside it port 80: one redirects to HTTPS on its own name, one serves', async () => {
  const { port, httpPort } = find('shop');
  expect(await askInClear(httpPort)).toMatchObject({ statusCode: 301, headers: { location: `https://shop.lab.test:${port}/` } });
  expect((await askInClear(find('no-hsts').httpPort)).statusCode).toBe(200);
  expect(find('renewal').httpPort).toBeUndefined();
});
test('plain HTTP on the port for TLS', async () => {
  expect((await askInClear(find('plain-http').port)).statusCode).toBe(200);
  await expect(greet('plain-http')).rejects.toMatchObject({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
});
test('the silent one accepts, and says nothing to a hello', async () => {
  const socket = tcp(find('silent').port, '127.0.0.1');
  let heard = 0;
  socket.on('data', () => heard++).end(Buffer.alloc(500)); // it closes when we do
  await once(socket, 'close');
  expect([heard, socket.bytesWritten]).toEqual([0, 500]);
});
test('partners refuse who has no certificate, and who has one of a stranger', async () => {
  await expect(ask('partners')).rejects.toMatchObject({ code: expect.stringMatching(/CERTIFICATE_REQUIRED/) });
  await expect(greet('partners', { maxVersion: 'TLSv1.2' })).rejects.toMatchObject({ code: expect.stringMatching(/HANDSHAKE_FAILURE/) });
  const stranger = issue({ notBefore: new Date(0), notAfter: new Date('2049-01-01'), subject: 'stranger', extendedKeyUsage: ['clientAuth'] });
  await expect(greet('partners', { maxVersion: 'TLSv1.2', cert: stranger.certPem, key: stranger.keyPem })).rejects.toThrow();
  const { cert, key } = labCertificates(new Date()).good('client.lab.test'); // another authority of the same name
  await expect(greet('partners', { maxVersion: 'TLSv1.2', cert, key })).rejects.toThrow();
});

test('targets are ordinary ones', () => {
  for (const target of endpoints(lab)) {
    expect(target).toMatchObject({ protocol: 'https', id: `endpoint://${target.name}:${target.port}`, servername: target.name, declared: { certDays: 0 } });
    expect(['127.0.0.1', '::1']).toContain(target.ip);
  }
  expect(lab.targets.flatMap((target) => (target.is === 'aws' ? target.services : []))).toEqual(['s3', 'rds', 'kms']);
  expect(new Set(lab.targets.map(({ id }) => id)).size).toBe(lab.targets.length);
  expect([find('partners').declared.mtls, find('min-tls').declared.minTls]).toEqual(['required', 'TLSv1.3']);
});
test('every start has keys of its own', () => {
  const hash = (pem: string): string => createHash('sha256').update(pem).digest('hex');
  expect(hash(labCertificates(new Date(0)).root)).not.toBe(hash(labCertificates(new Date(0)).root));
});
test('a stopped lab leaves nothing open', async () => {
  const second = await startLab({ now: new Date('2026-01-01T00:00:00Z') });
  const ports = endpoints(second).flatMap(({ port, httpPort, ip }) => [port, ...(httpPort ? [httpPort] : [])].map((one) => [one, ip] as const));
  const held = ports.map(([port, host]) => tcp({ port, ...(host && { host }) }));
  await Promise.all(held.map((socket) => once(socket, 'connect')));
  const closed = held.map((socket) =>
    once(
      socket.on('error', () => {}),
      'close',
    ),
  );
  await second.stop();
  await second.stop(); // twice does no harm
  await Promise.all(closed);
  for (const [port, host] of ports) await expect(once(tcp({ port, ...(host && { host }) }), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  for (const url of [second.aws.endpoint, second.aws.services.RDS]) await expect(fetch(url)).rejects.toThrow('fetch failed');
});
