import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { issue } from '../../src/x509/issue.ts';

/** plain: no TLS at all; offered: TLS beside clear text; required: TLS or nothing. */
export type Setting = 'plain' | 'offered' | 'required';
const day = 86_400_000;
const dates = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 90 * day) };
const root = issue({ ...dates, subject: 'encaudit live tests', ca: true });
const leaf = issue({ ...dates, subject: 'localhost', san: { dns: ['localhost'] }, issuer: root });
const identity = { key: leaf.keyPem, cert: leaf.certPem };
/** PEM of the authority behind the certificate of every server here. */
export const authority = root.certPem;
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
async function up(port: number, child?: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (typeof child?.exitCode === 'number') throw new Error(`ended with ${child.exitCode}`);
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
/** A directory of its own. */
export async function slapd(setting: Setting): Promise<number> {
  const cwd = folder();
  mkdirSync(join(cwd, 'db'));
  const tls = setting === 'plain' ? [] : [`TLSCertificateFile ${cwd}/cert.pem`, `TLSCertificateKeyFile ${cwd}/key.pem`];
  const lines = ['include /etc/ldap/schema/core.schema', 'modulepath /usr/lib/ldap', 'moduleload back_mdb', `pidfile ${cwd}/pid`, ...tls];
  const base = ['database mdb', 'suffix "dc=example"', 'rootdn "cn=admin,dc=example"', 'rootpw x', `directory ${cwd}/db`];
  writeFileSync(join(cwd, 'slapd.conf'), [...lines, ...(setting === 'required' ? ['security simple_bind=128'] : []), ...base, ''].join('\n'));
  const port = await freePort();
  await daemon('/usr/sbin/slapd', ['-d', '0', '-h', `ldap://127.0.0.1:${port}`, '-f', join(cwd, 'slapd.conf')], port);
  return port;
}
/** Dovecot for IMAP and POP3, and its socket for the logins of Postfix. Clients of the server's own address count as safe to it: ask 127.0.0.2. */
export async function dovecot(setting: Setting, mechanisms = 'plain login'): Promise<{ readonly imap: number; readonly pop3: number; readonly auth: string }> {
  const cwd = folder();
  chmodSync(cwd, 0o755);
  const [imap, pop3] = [await freePort(), await freePort()];
  const ssl = { plain: 'no', offered: 'yes', required: 'required' }[setting];
  writeFileSync(
    join(cwd, 'dovecot.conf'),
    `base_dir = ${cwd}/run
state_dir = ${cwd}/state
log_path = ${cwd}/log
protocols = imap pop3
listen = *
ssl = ${ssl}
${setting === 'plain' ? '' : `ssl_cert = <${cwd}/cert.pem\nssl_key = <${cwd}/key.pem`}
disable_plaintext_auth = ${setting === 'required' ? 'yes' : 'no'}
auth_mechanisms = ${mechanisms}
mail_location = maildir:${cwd}/mail
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${cwd}
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service auth {
  unix_listener ${cwd}/auth {
    mode = 0666
  }
}
`,
  );
  await daemon('/usr/sbin/dovecot', ['-F', '-c', join(cwd, 'dovecot.conf')], imap);
  return { imap, pop3, auth: join(cwd, 'auth') };
}
/** A Postfix of its own, which takes logins by way of Dovecot, or has none. */
export async function postfix(setting: Setting, auth?: string): Promise<number> {
  const as = await owner('postfix');
  const cwd = folder();
  chmodSync(cwd, 0o755);
  for (const name of ['queue', 'data', 'conf']) mkdirSync(join(cwd, name));
  chownSync(join(cwd, 'data'), as.uid ?? -1, as.gid ?? -1);
  const port = await freePort();
  const tls = [`smtpd_tls_cert_file = ${cwd}/cert.pem`, `smtpd_tls_key_file = ${cwd}/key.pem`, 'smtpd_tls_security_level = may'];
  const sasl = ['smtpd_sasl_auth_enable = yes', 'smtpd_sasl_type = dovecot', `smtpd_sasl_path = ${auth ?? ''}`];
  const main = [
    'compatibility_level = 3.6',
    `queue_directory = ${cwd}/queue`,
    `data_directory = ${cwd}/data`,
    'myhostname = mail.example',
    'mynetworks = 127.0.0.0/8',
  ];
  const rest = [
    `maillog_file = ${cwd}/log`,
    `maillog_file_prefixes = ${cwd}`,
    'inet_interfaces = 127.0.0.1',
    'inet_protocols = ipv4',
    'mydestination =',
    'alias_maps =',
  ];
  const settings = [
    ...main,
    ...rest,
    ...(setting === 'plain' ? [] : tls),
    ...(auth ? sasl : []),
    ...(setting === 'required' ? ['smtpd_tls_auth_only = yes'] : []),
  ];
  writeFileSync(join(cwd, 'conf', 'main.cf'), `${settings.join('\n')}\n`);
  const services = [
    'anvil unix - - n - 1 anvil',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'cleanup unix n - n - 0 cleanup',
    'rewrite unix - - n - - trivial-rewrite',
  ];
  const more = ['postlog unix-dgram n - n - 1 postlogd', 'pickup unix n - n 60 1 pickup', 'qmgr unix n - n 300 1 qmgr', 'proxymap unix - - n - - proxymap'];
  writeFileSync(join(cwd, 'conf', 'master.cf'), [`127.0.0.1:${port} inet n - n - - smtpd`, ...services, ...more, ''].join('\n'));
  const conf = join(cwd, 'conf');
  await run('/usr/sbin/postfix', ['-c', conf, 'start']);
  onTestFinished(async () => {
    await run('/usr/sbin/postfix', ['-c', conf, 'stop']);
  });
  await up(port);
  return port;
}
