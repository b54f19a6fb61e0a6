import { bytesOf } from '../login/text.ts';
import type { Dialogue, Refusal, Step } from './dialogue.ts';
import { inLines, say, startTls } from './lines.ts';

const logout = bytesOf('z LOGOUT\r\n');

/**
 * RFC 9051 6.2.1, 6.1.1: greeting, CAPABILITY with STARTTLS in its untagged answer, STARTTLS, OK. The capabilities of a greeting are not relied on.
 * After PREAUTH there is no STARTTLS any more (7.1.4): such a session is authenticated, and never encrypted.
 */
export function imap(): Dialogue {
  let stage: 'greeting' | 'a' | 'b' = 'greeting';
  let capabilities: readonly string[] | undefined;
  return inLines(logout, (line) => {
    const [, tag = '', word = '', text = ''] = /^(\S+) ([A-Za-z]+)(?: (.*))?$/s.exec(line) ?? [];
    const status = word.toUpperCase();
    if (tag === '' || /\{\d+\+?\}$/.test(line)) return refused('malformed', 'not an answer of IMAP');
    if (tag === '*' && status === 'BYE') return refused(busy.test(text) ? 'busy' : 'denied', 'says BYE');
    if (stage === 'greeting') {
      if (tag === '*' && status === 'PREAUTH') return { is: 'not-offered', why: 'greets with PREAUTH, after which TLS cannot be started', bye: logout };
      if (tag !== '*' || status !== 'OK') return refused('malformed', 'not a greeting of IMAP');
      stage = 'a';
      return say('a CAPABILITY');
    }
    if (tag === '*') {
      if (status === 'CAPABILITY') capabilities = [...(capabilities ?? []), ...text.toUpperCase().split(/\s+/)];
      return undefined;
    }
    if (tag !== stage) return refused('malformed', 'answers what was not asked');
    if (stage === 'b') return status === 'OK' ? startTls : refused('unavailable', `answers STARTTLS with ${answerOf(status)}`);
    if (status !== 'OK') return refused('unavailable', `answers CAPABILITY with ${answerOf(status)}`);
    if (capabilities === undefined) return refused('malformed', 'answers CAPABILITY with none');
    if (!capabilities.includes('STARTTLS')) return { is: 'not-offered', why: 'no STARTTLS among its capabilities', bye: logout };
    stage = 'b';
    return say('b STARTTLS');
  });
}
/** RFC 5530: response codes for what may pass. */
const busy = /^\[(?:UNAVAILABLE|INUSE|LIMIT)\]/i;
const answerOf = (status: string): string => (status === 'NO' || status === 'BAD' ? status : 'something else than OK');
const refused = (refusal: Refusal, why: string): Extract<Step, { readonly is: 'refused' }> => ({ is: 'refused', refusal, why, bye: logout });
