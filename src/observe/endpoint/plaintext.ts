import type { EndpointContext, EndpointProbe } from './context.ts';
import { observed } from './observed.ts';
import { askImap, askLdap, askPop3, askSmtp } from './plaintext-login.ts';
import { askMysql } from './plaintext-mysql.ts';
import { id, type Ask } from './plaintext-outcome.ts';
import { askPostgres } from './plaintext-postgres.ts';
import { askRedis } from './plaintext-redis.ts';

const asks: ReadonlyMap<EndpointContext['protocol'], Ask> = new Map<EndpointContext['protocol'], Ask>([
  ['postgres', askPostgres],
  ['mysql', askMysql],
  ['redis', askRedis],
  ['smtp', askSmtp],
  ['imap', askImap],
  ['pop3', askPop3],
  ['ldap', askLdap],
]);

/** Does it still take a session, or a login, without TLS? Asked as nobody, once, in the service's own protocol. */
export const plaintext: EndpointProbe = {
  id,
  fills: ['plaintext.sessions', 'plaintext.login', 'plaintext.methods', 'plaintext.clearPassword'],
  withoutTls: true,
  async run(target, context) {
    const ask = asks.get(context.protocol);
    const { facts, gaps, evidence } = ask ? await ask(target, context) : { facts: {}, gaps: [], evidence: [] };
    return observed(target, id, { facts: ask ? { plaintext: facts } : {}, gaps, evidence });
  },
};
