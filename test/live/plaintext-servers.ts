import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { selfSigned } from '../support/certificate.ts';

/** plain: no TLS at all; offered: TLS beside clear text; required: TLS or nothing. */
export type Setting = 'plain' | 'offered' | 'required';
const identity = selfSigned();
const run = promisify(execFile);

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
/** The user that a server runs as: those that refuse root run as their own, elsewhere everything runs as whoever tests. */
interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}
async function owner(name: string): Promise<Owner> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
/** A folder with key.pem and cert.pem, for the length of one test. */
export function folder({ uid, gid }: Owner = {}): string {
  const made = mkdtempSync(join(tmpdir(), 'encaudit-plain-'));
  writeFileSync(join(made, 'key.pem'), identity.key, { mode: 0o600 });
  writeFileSync(join(made, 'cert.pem'), identity.cert);
  if (uid !== undefined && gid !== undefined) for (const one of [made, join(made, 'key.pem'), join(made, 'cert.pem')]) chownSync(one, uid, gid);
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
/** Starts a program, waits until its port takes connections, and ends it with the test. */
export async function daemon(command: string, args: readonly string[], port: number, { uid, gid }: Owner = {}): Promise<void> {
  const child = spawn(command, args, { stdio: 'ignore', ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  onTestFinished(async () => {
    child.kill(command.endsWith('postgres') ? 'SIGINT' : 'SIGTERM');
    await ended;
  });
  await up(port, child);
}
async function up(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(() => done(true)));
      socket.on('error', () => done(false)).resume();
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('not up');
}

/** A PostgreSQL of its own, with these lines as its pg_hba.conf. */
export async function postgres(tls: boolean, ...hba: readonly string[]): Promise<number> {
  const as = await owner('postgres');
  const cwd = folder(as);
  const [version = ''] = readdirSync('/usr/lib/postgresql').sort();
  const bin = `/usr/lib/postgresql/${version}/bin`;
  await run(`${bin}/initdb`, ['-D', join(cwd, 'data'), '-A', 'trust', '-U', 'admin', '--no-sync'], as);
  writeFileSync(join(cwd, 'data', 'pg_hba.conf'), `${hba.join('\n')}\n`);
  const port = await freePort();
  const set = { port, listen_addresses: '127.0.0.1', unix_socket_directories: cwd, fsync: 'off', ssl: tls ? 'on' : 'off' };
  const all = { ...set, ssl_cert_file: join(cwd, 'cert.pem'), ssl_key_file: join(cwd, 'key.pem'), ssl_ca_file: tls ? join(cwd, 'cert.pem') : '' };
  await daemon(`${bin}/postgres`, ['-D', join(cwd, 'data'), ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])], port, as);
  return port;
}
/** A MariaDB of its own. `sql` is run at every start, before the first connection. */
export async function mariadb(setting: Setting, ...sql: readonly string[]): Promise<number> {
  const as = await owner('mysql');
  const cwd = folder(as);
  const data = join(cwd, 'data');
  await run('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'], { ...as, cwd });
  writeFileSync(join(cwd, 'init.sql'), sql.map((one) => `${one};\n`).join(''));
  const port = await freePort();
  const tls = setting === 'plain' ? ['--skip-ssl'] : [`--ssl-cert=${cwd}/cert.pem`, `--ssl-key=${cwd}/key.pem`];
  const args = ['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${cwd}/socket`, `--pid-file=${cwd}/pid`];
  const rest = ['--skip-name-resolve', `--init-file=${cwd}/init.sql`, ...(setting === 'required' ? ['--require-secure-transport=ON'] : [])];
  await daemon('mariadbd', [...args, ...tls, ...rest], port, as);
  return port;
}
export async function redis(setting: Setting, ...options: readonly string[]): Promise<number> {
  const cwd = folder();
  const port = await freePort();
  const tls = ['--tls-cert-file', `${cwd}/cert.pem`, '--tls-key-file', `${cwd}/key.pem`, '--tls-ca-cert-file', `${cwd}/cert.pem`];
  const ports =
    setting === 'required'
      ? ['--port', '0', '--tls-port', String(port), ...tls]
      : ['--port', String(port), ...(setting === 'offered' ? ['--tls-port', String(await freePort()), ...tls] : [])];
  await daemon('redis-server', ['--bind', '127.0.0.1', '--dir', cwd, '--save', '', '--appendonly', 'no', ...ports, ...options], port);
  return port;
}
/** For servers that want a folder of their own beside the identity. */
export function below(cwd: string, name: string, mode = 0o755): string {
  const made = join(cwd, name);
  mkdirSync(made);
  chmodSync(made, mode);
  return made;
}
