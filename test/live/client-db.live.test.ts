import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client, ClientCase, ClientProtocol } from '../../src/facts/client.ts';
import { tell, type Told } from '../support/client-test.ts';

/**
 * What each real client takes for good. Needs psql, mariadb and redis-cli from Debian, and a python3 with PyMySQL, redis, psycopg[binary],
 * psycopg2-binary and mysql-connector-python. Measured: libpq 15 and 18, mariadb 10.11, redis-cli 7.0 (clients.md §2.3, §3.2).
 */
let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'encaudit-live-')); // no ~/.postgresql, no ~/.my.cnf
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const ask = (protocol: ClientProtocol, argv: readonly string[], run: readonly ClientCase[]): Promise<Told> =>
  tell(argv, { protocol }, { due: run, run, env: { PATH: process.env['PATH'], HOME: home } });

type Accepts = NonNullable<Client['accepts']>;
const cases: readonly ClientCase[] = ['good', 'untrusted-root', 'self-signed', 'wrong-name', 'expired', 'no-tls', 'tls-broken', 'good-again'];

/** A letter for each of `columns`. T: a login inside TLS; P: one in clear; F: TLS refused, and then a login in clear; a dot: refused. */
type Row = readonly [what: string, argv: readonly string[], row: string];
const columns = ['untrusted-root', 'expired', 'wrong-name', 'no-tls', 'tls-broken'] as const;
/** A client that never tries TLS shows nothing about certificates, nor about what it does when TLS fails. */
function acceptsOf(row: string): Accepts {
  const at = (column: (typeof columns)[number]): string => row[columns.indexOf(column)] ?? '';
  if (row === 'PPPPP') return { plaintext: true };
  return {
    untrustedRoot: at('untrusted-root') === 'T',
    selfSigned: at('untrusted-root') === 'T',
    expired: at('expired') === 'T',
    wrongName: at('wrong-name') === 'T',
    plaintext: /[PF]/.test(row),
    plaintextAfterTlsFailure: /F/.test(row),
  };
}
/** The same as the servers saw it; F looks like P, case by case. */
const rowOf = ({ cases: seen }: Told['client']): string =>
  columns
    .map((column) => {
      const { accepted, how = '' } = seen?.find(({ name }) => name === column) ?? {};
      return accepted === undefined ? '?' : !accepted ? '.' : how.endsWith('in clear') ? 'P' : 'T';
    })
    .join('');
const table = (protocol: ClientProtocol, rows: readonly Row[]): unknown =>
  describe.concurrent(protocol, () => {
    test.each(rows)('%s', async (_what, argv, row) => {
      const { client } = await ask(protocol, argv, cases);
      expect(rowOf(client)).toBe(row.replaceAll('F', 'P'));
      expect({ baseline: client.baseline, ...client.accepts }).toEqual({ baseline: true, ...acceptsOf(row) });
    });
  });

const psql = (parameters: string): readonly string[] => ['psql', `{dsn}?${parameters}`, '-c', 'select 1'];
const python = (code: string): readonly string[] => ['python3', '-c', code];
const psycopg = (parameters: string): readonly string[] => python(`import psycopg; psycopg.connect("{dsn}?${parameters}").execute("select 1")`);
table('postgres', [
  ['psql sslmode=disable', psql('sslmode=disable&sslrootcert={ca}'), 'PPPPP'],
  ['psql sslmode=allow', psql('sslmode=allow&sslrootcert={ca}'), 'PPPPP'],
  ['psql sslmode=prefer with a root file', psql('sslmode=prefer&sslrootcert={ca}'), 'FFTPF'],
  ['psql sslmode=require with a root file', psql('sslmode=require&sslrootcert={ca}'), '..T..'],
  ['psql sslmode=verify-ca', psql('sslmode=verify-ca&sslrootcert={ca}'), '..T..'],
  ['psql sslmode=verify-full', psql('sslmode=verify-full&sslrootcert={ca}'), '.....'],
  ['psql with no word about TLS', psql(''), 'TTTPF'],
  ['psql sslmode=require', psql('sslmode=require'), 'TTT..'],
  ['psycopg sslrootcert=system', psycopg('sslrootcert=system'), '.....'],
  ['psycopg sslnegotiation=direct', psycopg('sslmode=require&sslnegotiation=direct'), 'TTT..'],
  ['psycopg sslnegotiation=direct, verified', psycopg('sslmode=verify-full&sslrootcert={ca}&sslnegotiation=direct'), '.....'],
  ['psycopg2', python('import psycopg2; psycopg2.connect("{dsn}").cursor().execute("select 1")'), 'TTTPF'],
]);
test('libpq takes an error in answer to its question for TLS for the end', async () => {
  const { client } = await ask('postgres', psql(''), ['good', 'tls-error', 'good-again']);
  expect(client).toMatchObject({ baseline: true, accepts: { plaintext: false, plaintextAfterTlsFailure: false } });
});

const login = 'mariadb --protocol=TCP -h {host} -P {port} -u encaudit -pnot-a-secret'.split(' ');
const mariadb = (...options: readonly string[]): readonly string[] => [...login, '-e', 'select 1', ...options];
const connect = (module: string, options: string): readonly string[] =>
  python(
    `import ${module} as m; m.connect(host="{host}", port={port}, user="encaudit", password="not-a-secret", database="encaudit"${options}).cursor().execute("select 1")`,
  );
const pymysql = (options = ''): readonly string[] => connect('pymysql', options);
const connector = (options = ''): readonly string[] => connect('mysql.connector', options);
const [ca, cert, name] = [', ssl_ca="{ca}"', ', ssl_ca="{ca}", ssl_verify_cert=True', ', ssl_ca="{ca}", ssl_verify_cert=True, ssl_verify_identity=True'];
table('mysql', [
  ['mariadb', mariadb(), 'TTTP.'],
  ['mariadb --ssl', mariadb('--ssl'), 'TTTP.'],
  ['mariadb --ssl-ca', mariadb('--ssl-ca={ca}'), '..TP.'],
  ['mariadb --ssl-ca --ssl-verify-server-cert', mariadb('--ssl-ca={ca}', '--ssl-verify-server-cert'), '.....'],
  ['PyMySQL', pymysql(), 'TTTP.'],
  ['PyMySQL ssl_ca', pymysql(ca), 'TTT..'],
  ['PyMySQL ssl_verify_cert', pymysql(cert), '..T..'],
  ['PyMySQL ssl_verify_identity', pymysql(name), '.....'],
  ['mysql-connector', connector(), 'TTTP.'],
  ['mysql-connector ssl_ca', connector(ca), 'TTTP.'],
  ['mysql-connector ssl_verify_cert', connector(cert), '..T..'],
  ['mysql-connector ssl_verify_identity', connector(name), '.....'],
]);

const redisCli = (...options: readonly string[]): readonly string[] => ['redis-cli', '-h', '{host}', '-p', '{port}', ...options, 'ping'];
const redisPy = (parameters: string): readonly string[] => python(`import redis; redis.Redis.from_url("{dsn}?${parameters}").ping()`);
table('redis', [
  ['redis-cli', redisCli(), 'PPPPP'],
  ['redis-cli --tls --cacert', redisCli('--tls', '--cacert', '{ca}'), '..T..'],
  ['redis-cli --tls --insecure', redisCli('--tls', '--insecure'), 'TTT..'],
  ['redis-cli -u', ['redis-cli', '-u', '{dsn}', '--cacert', '{ca}', 'set', 'a', 'b'], '..T..'],
  ['redis-py', redisPy('ssl_ca_certs={ca}'), '.....'],
  ['redis-py, RESP 2', redisPy('ssl_ca_certs={ca}&protocol=2'), '.....'],
  ['redis-py ssl_cert_reqs=none', redisPy('ssl_cert_reqs=none'), 'TTT..'],
  ['redis-py ssl_check_hostname=False', redisPy('ssl_ca_certs={ca}&ssl_check_hostname=False'), '..T..'],
]);
