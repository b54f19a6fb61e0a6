import { createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';
import { labCertificates } from '../../src/demo/certificates.ts';
import { listenOn, type Stop } from '../../src/demo/listen.ts';
import { labAccount, type Account } from '../../src/demo/s3-account.ts';
import { startS3Wire, type S3WireOptions } from '../../src/demo/s3-wire.ts';
import { cleartext, https, silent } from '../../src/demo/servers.ts';

const open: Stop[] = [];
afterAll(async () => {
  await Promise.all(open.splice(0).map(({ stop }) => stop()));
});
/** Keeps a server until the end of the test file. */
export async function keep<T extends Stop>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  open.push(started);
  return started;
}

export const certificates = labCertificates(new Date());
/** Words for `scan`: an endpoint that passes every rule about TLS and certificates, with `ca.pem` in the folder. */
export async function goodEndpoint(): Promise<readonly string[]> {
  const { port } = await keep(https(certificates.good('good.test')));
  return [`good.test:${port}`, '--ip', '127.0.0.1', '--ca', 'ca.pem', '--skip', 'http/*'];
}
export const goodFiles = { 'ca.pem': certificates.root };

/** Speaks plain HTTP where TLS is expected: one high finding, nothing unknown. */
export const plainPort = async (): Promise<string> => `127.0.0.1:${(await keep(cleartext())).port}`;
export const silentPort = async (): Promise<string> => `127.0.0.1:${(await keep(silent())).port}`;
/** A port of a server that is gone. */
export async function closedPort(): Promise<string> {
  const { port, stop } = await silent();
  await stop();
  return `127.0.0.1:${port}`;
}
/** Hears the first bytes, then does as it likes. */
export async function rudePort(answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.once('data', () => answer(socket));
  });
  return `127.0.0.1:${(await keep(listenOn(server, '127.0.0.1'))).port}`;
}

/** The lab's account behind an endpoint of its own, and what the SDK has to know of it. */
export async function awsWorld(options: Omit<S3WireOptions, 'account'> = {}, account: Account = labAccount): Promise<Readonly<Record<string, string>>> {
  const { endpoint } = await keep(startS3Wire({ account, ...options }));
  return { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: account.accessKeyId, AWS_SECRET_ACCESS_KEY: account.secretAccessKey, AWS_REGION: 'eu-west-1' };
}
