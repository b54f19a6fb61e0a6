import { more, say, unclear, wholeLines, type LoginDialogue, type LoginOutcome, type LoginStep } from './dialogue.ts';
import { bytesOf } from './text.ts';

const quit = bytesOf('QUIT\r\n');
const end = (outcome: LoginOutcome): LoginStep => ({ is: 'end', bye: quit, outcome });
/** It wants encryption first (RFC 4954 6), */
const wantsTls: ReadonlySet<string> = new Set(['530', '538']);
/** or does not know or have AUTH. */
const hasNone: ReadonlySet<string> = new Set(['500', '502', '503', '504']);

/** RFC 4954: EHLO, and one AUTH without its first answer, which is called off (`*`) when the server asks for it: no secret and no name is sent. */
export function smtpLogin(): LoginDialogue {
  let stage: 'greeting' | 'ehlo' | 'auth' | 'cancel' = 'greeting';
  let listed: readonly string[] = [];
  const next = (code: string, lines: readonly string[]): LoginStep => {
    switch (stage) {
      case 'greeting':
        if (code !== '220') return end(unclear(`greets with ${code}`, code.startsWith('4')));
        stage = 'ehlo';
        return say('EHLO encaudit.invalid');
      case 'ehlo':
        if (code === '500' || code === '502') return end({ is: 'refused' }); // without EHLO there is no AUTH
        if (code !== '250') return end(unclear(`answers EHLO with ${code}`, code.startsWith('4')));
        listed = mechanismsOf(lines);
        stage = 'auth';
        return say(`AUTH ${['PLAIN', 'LOGIN'].find((one) => listed.includes(one)) ?? listed[0] ?? 'PLAIN'}`);
      case 'auth':
        if (code === '334') {
          stage = 'cancel';
          return say('*');
        }
        if (wantsTls.has(code) || (listed.length === 0 && hasNone.has(code))) return end({ is: 'refused' });
        return end(unclear(`answers AUTH with ${code}${listed.length > 0 ? ', and lists it' : ''}`, code.startsWith('4')));
      default:
        return end({ is: 'accepted', mechanisms: listed.length > 0 ? listed : ['PLAIN'] });
    }
  };
  return {
    first: new Uint8Array(),
    heard: (bytes) => {
      const reply = readReply(bytes);
      return reply === 'incomplete' ? more : reply === 'malformed' ? end(unclear('not an answer of SMTP')) : next(reply.code, reply.lines);
    },
  };
}
/** One whole answer (RFC 5321 4.2.1): lines with one code, a hyphen behind it in all but the last. */
export function readReply(bytes: Uint8Array): { readonly code: string; readonly lines: readonly string[] } | 'incomplete' | 'malformed' {
  const lines = wholeLines(bytes);
  const parts = (lines ?? []).map((line) => /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line));
  const code = parts[0]?.[1];
  if (lines === undefined) return bytes.length > 0 && !digitsFirst(bytes) ? 'malformed' : 'incomplete';
  const last = parts.findIndex((part) => part?.[2] !== '-');
  if (code === undefined || parts.some((part) => part?.[1] !== code)) return 'malformed';
  if (last < 0) return 'incomplete';
  return last < parts.length - 1 ? 'malformed' : { code, lines: parts.map((part) => part?.[3] ?? '') };
}
const digitsFirst = (bytes: Uint8Array): boolean => bytes.subarray(0, 3).every((byte) => byte >= 0x30 && byte <= 0x39);
/** Of the keyword AUTH, also in the old form of `AUTH=`; the first line names the host. */
const mechanismsOf = (lines: readonly string[]): readonly string[] => [
  ...new Set(
    lines
      .slice(1)
      .flatMap((line) => /^AUTH[ =](.*)$/i.exec(line)?.[1]?.toUpperCase().split(' ') ?? [])
      .filter((name) => /^[A-Z0-9_-]{1,20}$/.test(name)),
  ),
];
