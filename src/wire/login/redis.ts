import { bytesOf, textOf } from './text.ts';

/** The answer to PING: a simple string or an error with its first word (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
export type RedisReply = { readonly is: 'pong' | 'incomplete' | 'malformed' } | { readonly is: 'error'; readonly code: string };

export const ping: Uint8Array = bytesOf('*1\r\n$4\r\nPING\r\n');
export const redisQuit: Uint8Array = bytesOf('*1\r\n$4\r\nQUIT\r\n');
const maxLine = 4096; // protected mode explains itself in a thousand characters

export function readRedis(bytes: Uint8Array): RedisReply {
  if (bytes.length === 0) return { is: 'incomplete' };
  const text = textOf(bytes.subarray(0, maxLine));
  if (text[0] !== '+' && text[0] !== '-') return { is: 'malformed' };
  const end = text.indexOf('\r\n');
  if (end < 0) return { is: text.length >= maxLine || /[\r\n]./s.test(text) ? 'malformed' : 'incomplete' };
  if (text[0] === '+') return { is: text.slice(1, end) === 'PONG' ? 'pong' : 'malformed' };
  const code = /^[A-Z][A-Z0-9_]{0,31}(?= |$)/.exec(text.slice(1, end))?.[0];
  return code === undefined ? { is: 'malformed' } : { is: 'error', code };
}
