import type { Endpoint } from '../../model/source.ts';
import { ping, readRedis, redisQuit, type RedisReply } from '../../wire/login/redis.ts';
import { clientHandshake } from './client-handshake.ts';
import type { EndpointContext } from './context.ts';
import type { Talk } from './converse.ts';
import { asking, hold, isTurnedAway, nothingAsked, outcome, recorded, whyNot, type Ask, type Held, type Recorded, type Why } from './plaintext-outcome.ts';

const all = ['sessions', 'methods', 'clearPassword'] as const;

/** PING in clear: whoever answers it, or asks for AUTH, takes sessions without TLS. AUTH sends the password itself. */
export const askRedis: Ask = async (target, context) => {
  const held = await hold(target, inClear, context);
  const answer = readRedis(held.received);
  const first = recordOf(target, held);
  if (answer.is === 'pong') return outcome({ sessions: 'accepted-anonymous', ...nothingAsked }, [first]);
  if (answer.is === 'error' && asksLogin.has(answer.code)) return outcome({ sessions: 'accepted-preauth', ...asking(['redis-auth'], true) }, [first]);
  if (!isTurnedAway(held)) return outcome({}, [first], all, why(held, answer));
  const again = await hold(target, inClear, context);
  const records = [first, recordOf(target, again)];
  if (isTurnedAway(again) && (await speaksTls(target, context))) return outcome({ sessions: 'refused', ...nothingAsked }, records);
  return outcome({}, records, all, { code: 'unprovable', detail: 'ends a connection without TLS, but TLS was not seen to work there either' });
};
const inClear = (): Talk => ({ opening: ping, next: (heard) => (readRedis(heard).is === 'incomplete' ? { is: 'listen' } : { is: 'leave', bytes: redisQuit }) });
/** NOAUTH: AUTH is wanted first. NOPERM: the session was taken, and the default user may not say PING (ACL). */
const asksLogin: ReadonlySet<string> = new Set(['NOAUTH', 'NOPERM', 'WRONGPASS']);
/** Still, after the refusals: else it was our number of connections that was refused. Without a certificate of ours the flight is enough. */
async function speaksTls(target: Endpoint, context: EndpointContext): Promise<boolean> {
  if (context.learnt.flights.size === 0) return false;
  const { flight, finished } = await clientHandshake(target, { minVersion: 'TLSv1', maxVersion: 'TLSv1.3' }, context);
  return flight || finished;
}
const why = (held: Held, answer: RedisReply): Why => {
  if (answer.is === 'error' && answer.code === 'DENIED') return protectedMode;
  if (answer.is === 'error') return { code: 'unexpected', detail: `error ${answer.code}` };
  return answer.is === 'malformed' ? { code: 'malformed', detail: 'not an answer of Redis' } : whyNot(held);
};
/** It is about where we come from: over TLS it says the same, and a local client is let in without either. */
const protectedMode: Why = {
  code: 'unprovable',
  detail: 'protected mode turns away whoever is not local, with TLS or without it: ask again once a password or a user is set',
};
const recordOf = ({ address, port }: Endpoint, held: Held): Recorded =>
  recorded(held, { as: 'text', reproduce: ['redis-cli', '-h', address, '-p', String(port), 'PING'] });
