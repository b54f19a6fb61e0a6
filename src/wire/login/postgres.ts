import { bytesOf, joined, untilZero } from './text.ts';

/**
 * The first words of a PostgreSQL server: https://www.postgresql.org/docs/current/protocol-message-formats.html. `auth` is an Authentication
 * message with its kind (0 OK, 3 cleartext password, 5 MD5, 10 SASL with its mechanisms); `error` an ErrorResponse.
 */
export type PostgresReply =
  | { readonly is: 'auth'; readonly kind: number; readonly mechanisms: readonly string[] }
  | { readonly is: 'error'; readonly code: string; readonly message: string; readonly routine: string }
  | { readonly is: 'incomplete' | 'malformed' };

const maxMessage = 16_384;
const maxMessages = 16;

const int32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
/** StartupMessage of protocol 3.0 with a user and a database, and nothing else. */
export function startupMessage(user: string, database: string): Uint8Array {
  const body = bytesOf(`user\0${user}\0database\0${database}\0\0`);
  return joined(int32(8 + body.length), int32(196_608), body);
}
/** Asks for TLS; the answer is one byte: S, N, or E of a server that does not know the question. */
export const sslRequest: Uint8Array = joined(int32(8), int32(80_877_103));
/** The way out that the protocol wants: Terminate. */
export const terminate: Uint8Array = joined(bytesOf('X'), int32(4));

/** Reads what has arrived so far; notices and protocol negotiation before the answer are passed over. */
export function readPostgres(bytes: Uint8Array): PostgresReply {
  let from = 0;
  for (let n = 0; n < maxMessages; n++) {
    const type = bytes[from];
    if (type === undefined) return { is: 'incomplete' };
    if (!known.has(type)) return { is: 'malformed' };
    if (bytes.length < from + 5) return { is: 'incomplete' };
    const length = uint32(bytes, from + 1);
    if (length < 4 || length > maxMessage) return { is: 'malformed' };
    if (bytes.length < from + 1 + length) return { is: 'incomplete' };
    const body = bytes.subarray(from + 5, from + 1 + length);
    if (type === 0x52) return authOf(body);
    if (type === 0x45) return errorOf(body);
    from += 1 + length;
  }
  return { is: 'malformed' };
}
/** R, E, N (notice), v (NegotiateProtocolVersion): all that may come before a login. */
const known: ReadonlySet<number> = new Set([0x52, 0x45, 0x4e, 0x76]);
const uint32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 0x1000000 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));

function authOf(body: Uint8Array): PostgresReply {
  if (body.length < 4) return { is: 'malformed' };
  const kind = uint32(body, 0);
  const mechanisms: string[] = [];
  if (kind === 10)
    for (let at = 4; at < body.length && body[at] !== 0; ) {
      const name = untilZero(body, at);
      if (name === undefined) return { is: 'malformed' };
      mechanisms.push(name.text);
      at = name.next;
    }
  return kind === 10 && mechanisms.length === 0 ? { is: 'malformed' } : { is: 'auth', kind, mechanisms };
}
/** Fields are a letter and a text each, closed by a zero. C is the SQLSTATE, M the message in the server's language, R the routine in its source. */
function errorOf(body: Uint8Array): PostgresReply {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const field = untilZero(body, at + 1);
    if (field === undefined) return { is: 'malformed' };
    fields.set(String.fromCharCode(body[at] ?? 0), field.text);
    at = field.next;
  }
  const code = fields.get('C') ?? '';
  return /^[0-9A-Z]{5}$/.test(code) ? { is: 'error', code, message: fields.get('M') ?? '', routine: fields.get('R') ?? '' } : { is: 'malformed' };
}
