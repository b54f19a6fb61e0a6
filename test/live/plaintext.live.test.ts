import { expect, test } from 'vitest';
import type { Plaintext } from '../../src/facts/plaintext.ts';
import type { Observation } from '../../src/model/observation.ts';
import { checked } from '../../src/observe/checked.ts';
import { probes } from '../../src/observe/endpoint/index.ts';
import { observeAddress } from '../../src/observe/endpoint/schedule.ts';
import type { EndpointContext } from '../../src/observe/endpoint/context.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { dovecot, mariadb, postfix, postgres, redis, slapd } from './plaintext-servers.ts';

/** The whole schedule as in a scan of which only rules over `plaintext` were chosen. */
async function look(
  protocol: EndpointContext['protocol'],
  port: number,
  address = '127.0.0.1',
): Promise<{ readonly plaintext: Plaintext; readonly gaps: readonly string[]; readonly seen: Observation }> {
  const target = { name: 'localhost', address, port, servername: 'localhost' };
  const context = endpointContext({ protocol, timeoutMs: 3000, signal: AbortSignal.timeout(50_000) });
  const all = await observeAddress(target, context, probes, new Set(['plaintext.sessions', 'plaintext.login']));
  const seen = all.find(({ by }) => by === 'plaintext');
  if (seen?.kind !== 'endpoint') throw new Error('the probe did not run');
  expect(checked(seen)).toEqual(seen);
  const { plaintext = {} } = seen.facts;
  return { plaintext: structuredClone(plaintext) as Plaintext, gaps: seen.gaps.map(({ path, code }) => `${path} ${code}`), seen };
}
const nothing = { methods: [], clearPassword: false };
const unproven = ['plaintext.sessions unprovable', 'plaintext.methods unprovable', 'plaintext.clearPassword unprovable'];

test.each<[string, boolean, readonly string[], Plaintext]>([
  ['plain, scram', false, ['host all all all scram-sha-256'], { sessions: 'accepted-preauth', methods: ['scram-sha-256'], clearPassword: false }],
  ['offered, scram', true, ['host all all all scram-sha-256'], { sessions: 'accepted-preauth', methods: ['scram-sha-256'], clearPassword: false }],
  ['offered, password', true, ['host all all all password'], { sessions: 'accepted-preauth', methods: ['cleartext-password'], clearPassword: true }],
  ['plain, trust', false, ['host all all all trust'], { sessions: 'accepted-anonymous', methods: ['trust'], clearPassword: false }],
  ['offered, ident', true, ['host all all all ident'], { sessions: 'accepted-preauth', methods: ['ident'], clearPassword: false }],
  ['required', true, ['hostssl all all all scram-sha-256'], { sessions: 'refused', ...nothing }],
  ['required by reject', true, ['hostnossl all all all reject', 'host all all all scram-sha-256'], { sessions: 'refused', ...nothing }],
  ['required, with trust', true, ['hostssl all all all trust'], { sessions: 'refused', ...nothing }],
  ['required, with certificates', true, ['hostssl all all all scram-sha-256 clientcert=verify-full'], { sessions: 'refused', ...nothing }],
])('PostgreSQL: %s', async (_name, tls, hba, facts) => {
  const { plaintext, gaps } = await look('postgres', await postgres(tls, ...hba));
  expect([plaintext, gaps]).toEqual([facts, []]);
});
test.each<[string, boolean, readonly string[]]>([
  ['for other users only, with TLS', true, ['hostssl all app all scram-sha-256']],
  ['for other users only, without', true, ['host all app all scram-sha-256']],
  ['for nobody', true, ['host all all all reject']],
  ['for other users only, no TLS', false, ['host all app all scram-sha-256']],
])('PostgreSQL: %s, proves nothing', async (_name, tls, hba) => {
  const { plaintext, gaps } = await look('postgres', await postgres(tls, ...hba));
  expect([plaintext, gaps]).toEqual([{}, unproven]);
});

test('MariaDB without TLS goes on with the login', async () => {
  const { plaintext, gaps } = await look('mysql', await mariadb('plain'));
  expect([plaintext, gaps]).toEqual([{ sessions: 'accepted-preauth', methods: ['mysql_native_password'], clearPassword: false }, []]);
});
test.each(['offered', 'required'] as const)('MariaDB of this version, TLS %s: a refused login tells nothing', async (setting) => {
  const { plaintext, gaps } = await look('mysql', await mariadb(setting));
  expect([plaintext, gaps]).toEqual([{ methods: ['mysql_native_password'], clearPassword: false }, ['plaintext.sessions unprovable']]);
});
test.each(['offered', 'required'] as const)('MariaDB with an account for anybody, TLS %s', async (setting) => {
  const { plaintext, gaps } = await look('mysql', await mariadb(setting, "CREATE OR REPLACE USER ''@'%'"));
  const facts = { methods: ['mysql_native_password'], clearPassword: false };
  expect([plaintext, gaps]).toEqual(setting === 'offered' ? [{ sessions: 'accepted-anonymous', ...facts }, []] : [facts, ['plaintext.sessions unprovable']]);
});

test.each<['plain' | 'offered' | 'required', readonly string[], Plaintext]>([
  ['plain', [], { sessions: 'accepted-anonymous', ...nothing }],
  ['plain', ['--requirepass', 'x'], { sessions: 'accepted-preauth', methods: ['redis-auth'], clearPassword: true }],
  ['plain', ['--user', 'default', 'on', 'nopass', '-ping'], { sessions: 'accepted-preauth', methods: ['redis-auth'], clearPassword: true }],
  ['offered', ['--requirepass', 'x'], { sessions: 'accepted-preauth', methods: ['redis-auth'], clearPassword: true }],
  ['required', [], { sessions: 'refused', ...nothing }],
  ['required', ['--requirepass', 'x', '--tls-auth-clients', 'no'], { sessions: 'refused', ...nothing }],
])('Redis, TLS %s, %j', async (setting, options, facts) => {
  const { plaintext, gaps } = await look('redis', await redis(setting, ...options));
  expect([plaintext, gaps]).toEqual([facts, []]);
});

const takes = (...methods: NonNullable<Plaintext['methods']>): Plaintext => ({ login: 'accepted', methods, clearPassword: true });
const refuses: Plaintext = { login: 'refused', ...nothing };
test.each([
  ['plain', takes('ldap-simple')],
  ['offered', takes('ldap-simple')],
  ['required', refuses],
] as const)('OpenLDAP, TLS %s', async (setting, facts) => {
  const { plaintext, gaps } = await look('ldap', await slapd(setting));
  expect([plaintext, gaps]).toEqual([facts, []]);
});
test.each([
  ['plain', takes('imap-login', 'sasl-plain', 'sasl-login'), takes('pop3-user', 'sasl-plain', 'sasl-login')],
  ['offered', takes('imap-login', 'sasl-plain', 'sasl-login'), takes('pop3-user', 'sasl-plain', 'sasl-login')],
  ['required', refuses, refuses],
] as const)('Dovecot, TLS %s', async (setting, imap, pop3) => {
  const ports = await dovecot(setting);
  const seen = [await look('imap', ports.imap, '127.0.0.2'), await look('pop3', ports.pop3, '127.0.0.2')];
  expect(seen.map(({ plaintext, gaps }) => [plaintext, gaps])).toEqual([
    [imap, []],
    [pop3, []],
  ]);
});
test.each([
  ['plain', takes('sasl-plain', 'sasl-login')],
  ['offered', takes('sasl-plain', 'sasl-login')],
  ['required', refuses],
] as const)('Postfix with logins, TLS %s', async (setting, facts) => {
  const { auth } = await dovecot('plain');
  const { plaintext, gaps } = await look('smtp', await postfix(setting, auth));
  expect([plaintext, gaps]).toEqual([facts, []]);
});
test.each(['plain', 'offered'] as const)('Postfix without logins, TLS %s', async (setting) => {
  const { plaintext, gaps } = await look('smtp', await postfix(setting));
  expect([plaintext, gaps]).toEqual([refuses, []]);
});
