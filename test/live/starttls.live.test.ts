import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Protocol } from '../../src/facts/service.ts';
import type { Observation } from '../../src/model/observation.ts';
import { checked } from '../../src/observe/checked.ts';
import { certificateChain } from '../../src/observe/endpoint/certificate-chain.ts';
import { clientAuth } from '../../src/observe/endpoint/client-auth.ts';
import { observeAddress } from '../../src/observe/endpoint/schedule.ts';
import { tlsWeakSuites } from '../../src/observe/endpoint/tls-weak-suites.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { authority, dovecot, mariadb, postfix, postgres, redis, slapd } from './plaintext-servers.ts';

interface Seen {
  readonly facts: Observation<'endpoint'>['facts'];
  readonly gaps: readonly string[];
  readonly all: readonly Observation[];
  readonly connections: number;
}
const reads = new Set(['tls.versions', 'tls.weakSuites', 'certificate.chain', 'verify.accepted', 'clientAuth.mode']);
async function look(protocol: Protocol, port: number): Promise<Seen> {
  const target = { name: 'localhost', address: '127.0.0.1', port, servername: 'localhost' };
  const roots = { mozilla: [], added: [authority], sources: [] };
  const context = endpointContext({ protocol, roots, now: () => new Date(), timeoutMs: 5000, signal: AbortSignal.timeout(55_000) }, 4);
  const all = await observeAddress(target, context, [tlsWeakSuites, clientAuth, certificateChain], reads);
  const facts = all.flatMap((one) => (one.kind === 'endpoint' ? [one.facts] : []));
  return {
    facts: Object.assign({}, ...facts, { tls: Object.assign({}, ...facts.map(({ tls }) => tls)) }),
    gaps: all.flatMap(({ gaps }) => gaps.map(({ path, code, detail }) => `${path} ${code} ${detail}`)),
    all,
    connections: context.started(),
  };
}
const flags = { TLSv1: '-tls1', 'TLSv1.1': '-tls1_1', 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' };
/** What OpenSSL's own client says to the same question. */
const sClient = (protocol: Protocol, port: number, ...options: readonly string[]): { readonly status: number | null; readonly stdout: string } => {
  const start = protocol === 'redis' ? [] : ['-starttls', protocol];
  const args = ['s_client', ...start, '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', ...options];
  return spawnSync('openssl', args, { input: '', encoding: 'utf8', timeout: 5000 });
};
/** One after another, and as nothing else connects: Dovecot's log-in processes take one at a time. */
const acceptedBy = (protocol: Protocol, port: number): readonly string[] =>
  Object.entries(flags).flatMap(([name, flag]) => (sClient(protocol, port, flag, '-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0').status === 0 ? [name] : []));

const servers: readonly (readonly [Exclude<Protocol, 'tls' | 'https'>, (setting: 'plain' | 'offered') => Promise<number>])[] = [
  ['smtp', (setting) => postfix(setting)],
  ['imap', async (setting) => (await dovecot(setting)).imap],
  ['pop3', async (setting) => (await dovecot(setting)).pop3],
  ['ldap', slapd],
  ['postgres', (setting) => postgres(setting === 'offered', 'host all all all scram-sha-256')],
  ['mysql', (setting) => mariadb(setting)],
  ['redis', (setting) => redis(setting === 'plain' ? 'plain' : 'required', '--tls-auth-clients', 'no')],
];

test.each(servers)('%s with TLS: versions, suites, chain and client authentication as OpenSSL sees them', async (protocol, start) => {
  const port = await start('offered');
  const seen = await look(protocol, port);
  expect([seen.gaps, seen.facts.tls?.offered]).toEqual([[], true]);
  const accepted = acceptedBy(protocol, port);
  expect(accepted).toContain('TLSv1.3');
  expect(seen.facts.tls?.versions?.flatMap(({ name, accepted: yes }) => (yes ? [name] : []))).toEqual(accepted);
  const weak = sClient(protocol, port, '-tls1_2', '-cipher', 'kRSA:@SECLEVEL=0').status === 0; // a P-256 key makes this false for all
  expect(
    seen.facts.tls?.weakSuites?.some(({ family, version, accepted: yes }) => yes === true && family === 'no-forward-secrecy' && version === 'TLSv1.2'),
  ).toBe(weak);
  expect(seen.facts.verify).toMatchObject({ accepted: true, trusted: true, nameMatches: true, anchor: 'private' });
  const { stdout } = sClient(protocol, port, '-tls1_2');
  const [leaf] = seen.facts.certificate?.chain ?? [];
  const shown = spawnSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], { input: stdout, encoding: 'utf8' }).stdout;
  expect(shown.replace(/.*=|[:\s]/g, '').toLowerCase()).toBe(leaf?.sha256);
  expect(seen.facts.clientAuth?.mode).toBe(/Client Certificate Types|Acceptable client certificate CA names/.test(stdout) ? 'requested' : 'not-requested');
  expect(seen.all.every((one) => checked(one) === one || JSON.stringify(checked(one)) === JSON.stringify(one))).toBe(true);
  // Well below the 100 unfinished logins after which MySQL blocks a host (max_connect_errors); OpenLDAP with GnuTLS answers least clearly, and is asked most.
  expect(seen.connections).toBeLessThan(protocol === 'ldap' ? 60 : 40);
});
test.each(servers)('%s without TLS: one connection learns so', async (protocol, start) => {
  const port = await start('plain');
  const seen = await look(protocol, port);
  expect([seen.facts.tls, seen.connections]).toEqual([{ offered: false }, 1]);
  expect(seen.gaps.filter((gap) => gap.startsWith('tls.offered'))).toEqual([]);
  const [record] = seen.all[0]?.evidence ?? [];
  expect(record?.received).toBeTruthy();
  if (protocol === 'redis') expect(record?.reproduce?.[0]).toBe('redis-cli');
  else {
    expect(record?.reproduce).toEqual(expect.arrayContaining(['-starttls', protocol]));
    expect(sClient(protocol, port).stdout).not.toContain('BEGIN CERTIFICATE');
  }
});
