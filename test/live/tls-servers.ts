import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { selfSigned } from '../support/certificate.ts';

const identity = selfSigned();
/** A folder with `identity.pem`, for the length of one test. */
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'encaudit-live-'));
  writeFileSync(join(made, 'identity.pem'), identity.key + identity.cert);
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
/** Waits until the port takes connections. */
async function up(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        done(true);
      }).on('error', () => done(false));
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('not up');
}
function start(command: string, args: readonly string[], cwd: string): ChildProcess {
  const child = spawn(command, args, { cwd, stdio: 'ignore' });
  onTestFinished(() => {
    child.kill();
  });
  return child;
}
/** `openssl s_server` with these options, and its port. */
export async function sServer(...options: readonly string[]): Promise<number> {
  const port = await freePort();
  const cwd = folder();
  await up(
    port,
    start(
      'openssl',
      ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', 'identity.pem', '-quiet', ...options.map((one) => (one === 'CA' ? 'identity.pem' : one))],
      cwd,
    ),
  );
  return port;
}
/** An nginx in the foreground, with these directives in its server block. */
export async function nginx(...directives: readonly string[]): Promise<number> {
  const port = await freePort();
  const cwd = folder();
  writeFileSync(
    join(cwd, 'nginx.conf'),
    `daemon off; master_process off; error_log stderr; pid ${cwd}/pid; events {}
http { access_log off; client_body_temp_path ${cwd}; proxy_temp_path ${cwd}; fastcgi_temp_path ${cwd}; uwsgi_temp_path ${cwd}; scgi_temp_path ${cwd};
server { listen 127.0.0.1:${port} ssl; server_name localhost; ssl_certificate ${cwd}/identity.pem; ssl_certificate_key ${cwd}/identity.pem;
${directives.map((one) => `${one.replaceAll('CA', `${cwd}/identity.pem`)};`).join('\n')} location / { return 200 "hello"; } } }`,
  );
  await up(port, start('nginx', ['-c', join(cwd, 'nginx.conf'), '-p', cwd], cwd));
  return port;
}
