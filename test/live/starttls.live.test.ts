import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Protocol } from '../../src/facts/service.ts';
import type { Observation } from '../../src/model/observation.ts';
import { probes } from '../../src/observe/endpoint/index.ts';
import { observeAddress } from '../../src/observe/endpoint/schedule.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { dovecot, postfix, slapd } from './mail-servers.ts';
import { authority, mariadb, postgres, redis } from './plaintext-servers.ts';

interface Seen {
  readonly facts: Observation<'endpoint'>['facts'];
  readonly gaps: readonly string[];
  readonly all: readonly Observation[];
  readonly connections: number;
}
const reads = new Set(['tls.versions', 'tls.weakSuites', 'certificate.chain', 'verify.accepted', 'clientAuth.mode', 'http.hsts']);
async function look(protocol: Protocol, port: number): Promise<Seen> {
  const target = { name: 'localhost', address: '127.0.0.1', port, servername: 'localhost' };
  const roots = { mozilla: [], added: [authority], sources: [] };
  const context = endpointContext({ protocol, roots, now: () => new Date(), timeoutMs: 5000, signal: AbortSignal.timeout(55_000) }, 4);
  const all = await observeAddress(target, context, probes, reads);
  const facts = Object.assign({}, ...all.map((one) => one.facts)) as Seen['facts'];
  const tls = Object.assign({}, ...all.map((one) => (one.kind === 'endpoint' ? one.facts.tls : {}))) as NonNullable<Seen['facts']['tls']>;
  return {
    facts: { ...facts, tls },
    gaps: all.flatMap(({ gaps }) => gaps.map(({ path, code, detail }) => `${path} ${code} ${detail}`)),
    all,
    connections: context.started(),
  };
}
const flags = { TLSv1: '-tls1', 'TLSv1.1': '-tls1_1', 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' };
/** What OpenSSL's own client says to the same question. */
const sClient = (protocol: Protocol, port: number, ...options: readonly string[]): { readonly status: number | null; readonly stdout: string } => {
  const start = protocol === 'redis' ? [] : ['-starttls', protocol];
  return spawnSync('openssl', ['s_client', ...start, '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', ...options], {
    input: '',
    encoding: 'utf8',
    timeout: 10_000,
  });
};
const start: Readonly<Record<string, (tls: boolean) => Promise<number>>> = {
  smtp: (tls) => postfix(tls),
  imap: async (tls) => (await dovecot(tls)).imap,
  pop3: async (tls) => (await dovecot(tls)).pop3,
  ldap: slapd,
  postgres: (tls) => postgres(tls, 'host all all all scram-sha-256'),
  mysql: (tls) => mariadb(tls ? 'offered' : 'plain'),
  redis: (tls) => redis(tls ? 'required' : 'plain', '--tls-auth-clients', 'no'),
};
const protocols = ['smtp', 'imap', 'pop3', 'ldap', 'postgres', 'mysql', 'redis'] as const;

test.each(protocols)('%s with TLS: versions and certificate as OpenSSL sees them', async (protocol) => {
  const port = await start[protocol]?.(true);
  if (port === undefined) throw new Error('no server');
  const seen = await look(protocol, port);
  console.log(
    protocol,
    seen.connections,
    JSON.stringify(seen.facts.tls?.versions),
    JSON.stringify(seen.facts.verify),
    JSON.stringify(seen.facts.clientAuth),
    seen.gaps,
  );
  const accepted = Object.entries(flags).filter(([, flag]) => sClient(protocol, port, flag, '-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0').status === 0);
  expect(seen.facts.tls?.versions?.filter((one) => one.accepted).map(({ name }) => name)).toEqual(accepted.map(([name]) => name));
  expect(accepted.length).toBeGreaterThan(0);
  expect(seen.facts.verify?.accepted).toBe(true);
});
test.each(protocols)('%s without TLS', async (protocol) => {
  const port = await start[protocol]?.(false);
  if (port === undefined) throw new Error('no server');
  const seen = await look(protocol, port);
  console.log(protocol, seen.connections, JSON.stringify(seen.facts.tls), seen.gaps, JSON.stringify(seen.all[0]?.evidence, undefined, 1));
  expect(sClient(protocol, port).stdout).not.toContain('BEGIN CERTIFICATE');
});
