import type { LoginMethod, Plaintext } from '../../facts/plaintext.ts';
import type { Endpoint } from '../../model/source.ts';
import { readPostgres, sslRequest, startupMessage, terminate, type PostgresReply } from '../../wire/login/postgres.ts';
import type { Move, Talk } from './converse.ts';
import {
  asking,
  hold,
  isTurnedAway,
  nobody,
  nothingAsked,
  outcome,
  recorded,
  whyNot,
  type Ask,
  type Held,
  type Outcome,
  type Recorded,
  type Why,
} from './plaintext-outcome.ts';

const database = 'postgres';
const startup = startupMessage(nobody, database);
const all = ['sessions', 'methods', 'clearPassword'] as const;

/**
 * The first message of a session, in clear. A login request in answer says that it goes on. A refusal may be about TLS, or about us: the same
 * message inside TLS tells them apart, because nothing else differs.
 */
export const askPostgres: Ask = async (target, context) => {
  const clear = await hold(target, inClear, context);
  const first = recordOf(target, clear, 'disable');
  const answer = readPostgres(clear.received);
  if (answer.is === 'auth') return outcome(accepted(answer), [first], unread(answer), { code: 'unsupported', detail: `authentication request ${answer.kind}` });
  if (answer.is === 'error' && isLoginFailure(answer)) return outcome({ sessions: 'accepted-preauth', ...asking(['ident'], false) }, [first]);
  if (!(answer.is === 'error' && isRefusal(answer)) && !isTurnedAway(clear)) return outcome({}, [first], all, why(clear, answer));
  const over = await hold(target, insideTls, context);
  return compare(answer, over, [first, recordOf(target, over, 'require')]);
};
const leave: Move = { is: 'leave', bytes: terminate };
const inClear = (): Talk => ({ opening: startup, next: (heard) => (readPostgres(heard).is === 'incomplete' ? { is: 'listen' } : leave) });
function insideTls(): Talk {
  let begun = false;
  const next = (heard: Buffer): Move => {
    if (begun) return readPostgres(heard).is === 'incomplete' ? { is: 'listen' } : leave;
    begun = true;
    return heard[0] === 0x53 ? { is: 'start-tls', bytes: startup } : { is: 'leave' };
  };
  return { opening: sslRequest, next };
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: class 28, invalid authorization; class 08, which poolers use for "TLS is required". */
const isRefusal = ({ code }: PostgresReply & { is: 'error' }): boolean => /^(28|08)/.test(code);
/** The file is named in every language when no line of it lets us in, or one of them turns us away. */
const isAboutUs = ({ message }: PostgresReply & { is: 'error' }): boolean => message.includes('pg_hba.conf');
/** A method that asks us nothing (ident) was tried in clear, and failed. */
const isLoginFailure = (answer: PostgresReply & { is: 'error' }): boolean => answer.routine === 'auth_failed' && !isAboutUs(answer);

function compare(answer: PostgresReply, over: Held, records: readonly Recorded[]): Outcome {
  const reply = over.encrypted ? readPostgres(over.received.subarray(1)) : undefined;
  const goesOn = reply?.is === 'auth' || (reply?.is === 'error' && isRefusal(reply) && !isAboutUs(reply) && answer.is === 'error' && isAboutUs(answer));
  if (goesOn) return outcome({ sessions: 'refused', ...nothingAsked }, records);
  return outcome({}, records, all, unproven(over, reply));
}
const elsewhere = `pg_hba.conf decides by user, database and address: try psql with sslmode=disable as one that is let in over TLS`;
function unproven(over: Held, reply: PostgresReply | undefined): Why {
  if (reply?.is === 'error' && isRefusal(reply))
    return { code: 'unprovable', detail: `refuses user ${nobody} in database ${database} with TLS too; ${elsewhere}` };
  if (reply === undefined && over.failure === undefined)
    return { code: 'unprovable', detail: `refuses user ${nobody} in database ${database}, and has no TLS; ${elsewhere}` };
  const { code, detail } = why(over, reply ?? { is: 'incomplete' });
  return { code, detail: `refused without TLS; the same inside TLS: ${detail}` };
}
const why = (held: Held, answer: PostgresReply): Why =>
  answer.is === 'error'
    ? { code: answer.code === '53300' ? 'throttled' : 'unexpected', detail: `SQLSTATE ${answer.code}` }
    : answer.is === 'malformed'
      ? { code: 'malformed', detail: 'not an answer of PostgreSQL' }
      : whyNot(held);

/** Kinds of Authentication messages: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const kinds: ReadonlyMap<number, LoginMethod> = new Map([
  [0, 'trust'],
  [2, 'kerberos'],
  [3, 'cleartext-password'],
  [5, 'md5-password'],
  [7, 'gssapi'],
  [9, 'sspi'],
]);
function methodsOf({ kind, mechanisms }: PostgresReply & { is: 'auth' }): readonly LoginMethod[] {
  if (kind !== 10) return [kinds.get(kind) ?? 'other'];
  return mechanisms.map((name) => (/^SCRAM-SHA-256(-PLUS)?$/.test(name) ? 'scram-sha-256' : name === 'OAUTHBEARER' ? 'oauth-bearer' : 'other'));
}
const readable: ReadonlySet<LoginMethod> = new Set(['cleartext-password', 'oauth-bearer']);
/** `trust` lets in whoever names a user that exists; that ours does not exist is said only after it. */
function accepted(answer: PostgresReply & { is: 'auth' }): Plaintext {
  const methods = methodsOf(answer);
  const clear = methods.some((method) => readable.has(method)) || (methods.includes('other') ? undefined : false);
  return { sessions: answer.kind === 0 ? 'accepted-anonymous' : 'accepted-preauth', ...asking(methods, clear) };
}
const unread = (answer: PostgresReply & { is: 'auth' }): readonly 'clearPassword'[] => (accepted(answer).clearPassword === undefined ? ['clearPassword'] : []);

const recordOf = ({ address, port }: Endpoint, held: Held, sslmode: 'disable' | 'require'): Recorded =>
  recorded(held, {
    as: 'bytes',
    reproduce: ['psql', '-w', '-c', '\\q', `host=${address} port=${port} user=${nobody} dbname=${database} sslmode=${sslmode} gssencmode=disable`],
  });
