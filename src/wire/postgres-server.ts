import { concat, dialogue, latin1, peek, saw, send, skip, startTls, take, tlsRecord, type Part, type Script, type ServerDialogue } from './server-dialogue.ts';

/** What becomes of a wish for TLS: it is granted, a plain no ('N'), a yes ('S') and then the end, or an ErrorResponse. */
export type PostgresTls = 'offered' | 'refused' | 'closed' | 'error';

/**
 * The server's side of PostgreSQL's protocol 3 (https://www.postgresql.org/docs/current/protocol-flow.html), as far as a client needs it to feel at home:
 * anybody may log in with any password, and every query is well done and finds nothing. Requests: StartupMessage, PasswordMessage (with `secret`), Query, Parse.
 * The same inside TLS and without it, so that a client shows what it does by itself. Direct TLS (PostgreSQL 17, ALPN `postgresql`) needs no SSLRequest.
 */
export const postgresServer = (tls: PostgresTls): ServerDialogue => dialogue(serve(tls));

function* serve(tls: PostgresTls): Script {
  const startup = yield* untilStartup(tls);
  if (startup === undefined) return;
  yield* saw('request', 'StartupMessage');
  if (startup.minor > 0 || startup.options.length > 0) yield* send(negotiation(startup.options));
  yield* send(message('R', int32(3))); // AuthenticationCleartextPassword
  const password = yield* header();
  if (password?.type !== 'p') {
    if (password?.type !== 'X') yield* malformed('message');
    return;
  }
  yield* skip(password.length); // never looked at
  yield* saw('request', 'PasswordMessage', password.length > 1);
  yield* send(message('R', int32(0)), ...parameters, message('K', int32(1), int32(1)), message('Z', idle));
  yield* queries();
}

interface Startup {
  readonly minor: number;
  /** Names of protocol options, which begin with `_pq_.`. */
  readonly options: readonly Uint8Array[];
}
const sslRequest = 80_877_103;
const gssEncRequest = 80_877_104;
const cancelRequest = 80_877_102;
const maxStartup = 10_000; // MAX_STARTUP_PACKET_LENGTH of PostgreSQL

/** What comes before a session; undefined where none begins. */
function* untilStartup(tls: PostgresTls): Part<Startup | undefined> {
  for (let secure = false; ; ) {
    if (!secure && (yield* peek(1))[0] === tlsRecord) {
      yield* saw('asks-tls', 'ClientHello');
      if (tls !== 'offered') return undefined;
      yield* startTls();
      secure = true;
    }
    const length = uint32(yield* take(4));
    if (length < 8 || length > maxStartup) return yield* malformed('StartupMessage');
    const body = yield* take(length - 4);
    const request = uint32(body);
    if (request === cancelRequest) return undefined;
    if (request === gssEncRequest) yield* send(latin1('N'));
    else if (request === sslRequest && !secure) {
      yield* saw('asks-tls', 'SSLRequest');
      yield* send(tls === 'error' ? failure : latin1(tls === 'refused' ? 'N' : 'S'));
      if (tls === 'closed' || tls === 'error') return undefined;
    } else if (request >>> 16 === 3) return { minor: request & 0xffff, options: optionsOf(body.subarray(4)) };
    else return yield* malformed('StartupMessage');
  }
}
/** Names and values end in NUL; an empty name ends the list. */
function optionsOf(body: Uint8Array): readonly Uint8Array[] {
  const options: Uint8Array[] = [];
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const name = body.subarray(at, body.indexOf(0, at));
    if (String.fromCharCode(...name.subarray(0, 5)) === '_pq_.') options.push(name);
    const value = body.indexOf(0, at) + 1;
    const next = value === 0 ? 0 : body.indexOf(0, value) + 1;
    if (next === 0) break;
    at = next;
  }
  return options;
}

interface Header {
  readonly type: string;
  /** Of what follows. */
  readonly length: number;
}
function* header(): Part<Header | undefined> {
  const head = yield* take(5);
  const length = uint32(head.subarray(1));
  return length < 4 ? undefined : { type: String.fromCharCode(head[0] ?? 0), length: length - 4 };
}
function* malformed(name: string): Part<undefined> {
  yield* saw('malformed', name);
  return undefined;
}

/** Sessions: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function* queries(): Part<undefined> {
  let [status, prepared]: [Uint8Array, Effect] = [idle, nothing];
  for (;;) {
    const head = yield* header();
    const type = head?.type ?? 'X';
    if (!head || !(types.includes(type) || type === 'X')) return yield* malformed('message');
    if (type === 'X') return undefined;
    const opening = yield* take(Math.min(head.length, maxOpening));
    yield* skip(head.length - opening.length);
    if (type === 'Q') {
      yield* saw('request', 'Query');
      const effect = effectOf(opening);
      status = effect.status ?? status;
      yield* send(...(effect.rows ? [noColumns] : []), effect.done, message('Z', status));
    } else if (type === 'P') {
      yield* saw('request', 'Parse');
      prepared = effectOf(opening.subarray(opening.indexOf(0) + 1));
      yield* send(message('1'));
    } else if (type === 'D') {
      // A statement (S) has parameters to tell of, a portal (P) has not
      yield* send(...(opening[0] === 0x53 ? [message('t', Uint8Array.of(0, 0))] : []), prepared.rows ? noColumns : message('n'));
    } else if (type === 'E') {
      status = prepared.status ?? status;
      yield* send(prepared.done);
    } else if (type === 'B' || type === 'C') yield* send(message(type === 'B' ? '2' : '3'));
    else if (type === 'S') yield* send(message('Z', status));
    else if (type === 'F') yield* send(message('V', int32(0xffffffff)), message('Z', status));
  }
}
const types = 'QPDEBCSFHdcf'; // the last four want no answer
const maxOpening = 128; // of a message: enough to know what kind of statement it is

/** What a statement seems to have done. */
interface Effect {
  readonly rows: boolean;
  readonly done: Uint8Array;
  /** Of the transaction, where it changes. */
  readonly status?: Uint8Array;
}
/** By its first word, which is forgotten then. */
function effectOf(text: Uint8Array): Effect {
  const word = /^[\s;(]*([a-z]*)/i.exec(String.fromCharCode(...text))?.[1]?.toUpperCase() ?? '';
  if (word === '' && (text.length === 0 || text[0] === 0)) return nothing;
  if (['SELECT', 'SHOW', 'WITH', 'VALUES', 'TABLE', 'FETCH', 'EXPLAIN'].includes(word)) return { rows: true, done: complete('SELECT 0') };
  const tag = tags.get(word);
  return { rows: false, done: complete(tag?.[0] ?? 'OK'), ...(tag?.[1] && { status: tag[1] }) };
}
const int32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
const uint32 = ([a = 0, b = 0, c = 0, d = 0]: Uint8Array): number => a * 2 ** 24 + ((b << 16) | (c << 8) | d);
function message(type: string, ...body: readonly Uint8Array[]): Uint8Array {
  const bytes = concat(body);
  return concat([latin1(type), int32(bytes.length + 4), bytes]);
}
const parameters = [
  ['application_name', ''],
  ['client_encoding', 'UTF8'],
  ['DateStyle', 'ISO, MDY'],
  ['integer_datetimes', 'on'],
  ['IntervalStyle', 'postgres'],
  ['is_superuser', 'off'],
  ['server_encoding', 'UTF8'],
  ['server_version', '17.0'],
  ['session_authorization', 'encaudit'],
  ['standard_conforming_strings', 'on'],
  ['TimeZone', 'UTC'],
].map(([name, value]) => message('S', latin1(`${name}\0${value}\0`)));
const idle = latin1('I');
const inTransaction = latin1('T');
const noColumns = message('T', Uint8Array.of(0, 0));
const complete = (tag: string): Uint8Array => message('C', latin1(`${tag}\0`));
const nothing: Effect = { rows: false, done: message('I') };
const tags: ReadonlyMap<string, readonly [tag: string, status?: Uint8Array]> = new Map([
  ['BEGIN', ['BEGIN', inTransaction]],
  ['START', ['START TRANSACTION', inTransaction]],
  ['COMMIT', ['COMMIT', idle]],
  ['END', ['COMMIT', idle]],
  ['ROLLBACK', ['ROLLBACK', idle]],
  ['ABORT', ['ROLLBACK', idle]],
  ['SET', ['SET']],
  ['INSERT', ['INSERT 0 0']],
  ['UPDATE', ['UPDATE 0']],
  ['DELETE', ['DELETE 0']],
]);
const failure = message('E', latin1('SFATAL\0VFATAL\0C08P01\0Mthis server cannot begin TLS\0\0'));
/** NegotiateProtocolVersion: 3.0 and none of the options (PostgreSQL 11 and later know it). */
const negotiation = (options: readonly Uint8Array[]): Uint8Array =>
  message('v', int32(0x30000), int32(options.length), ...options.flatMap((name) => [name, Uint8Array.of(0)]));
