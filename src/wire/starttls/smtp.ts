import { bytesOf } from '../login/text.ts';
import type { Dialogue, Refusal, Step } from './dialogue.ts';
import { inLines, say, startTls } from './lines.ts';

const quit = bytesOf('QUIT\r\n');
/** What this client calls itself: a name that can belong to nobody (RFC 6761 6.4). */
const helo = 'encaudit.invalid';

/** RFC 3207, RFC 5321: 220 greeting, EHLO, 250 with STARTTLS among its keywords, STARTTLS, 220. */
export function smtp(): Dialogue {
  let stage: 'greeting' | 'ehlo' | 'starttls' = 'greeting';
  let offered = false;
  let lines = 0;
  let code: string | undefined; // of the answer that is being read
  return inLines(quit, (line) => {
    const [, digits, mark = ' ', text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line) ?? [];
    if (digits === undefined || (code !== undefined && digits !== code)) return refused('malformed', 'not an answer of SMTP');
    code = digits;
    if (stage === 'ehlo' && lines++ > 0 && /^STARTTLS\s*$/i.test(text)) offered = true;
    if (mark === '-') return undefined;
    [code, lines] = [undefined, 0];
    switch (stage) {
      case 'greeting':
        if (digits !== '220') return refused(refusalOf(digits), `greets with ${digits}`);
        stage = 'ehlo';
        return say(`EHLO ${helo}`);
      case 'ehlo':
        if (/^50[02]$/.test(digits)) return { is: 'not-offered', why: `does not know EHLO (${digits})`, bye: quit };
        if (digits !== '250') return refused(refusalOf(digits), `answers EHLO with ${digits}`);
        if (!offered) return { is: 'not-offered', why: 'no STARTTLS in the answer to EHLO', bye: quit };
        stage = 'starttls';
        return say('STARTTLS');
      default:
        return digits === '220' ? startTls : refused(digits === '421' ? 'busy' : 'unavailable', `answers STARTTLS with ${digits}`);
    }
  });
}
const refused = (refusal: Refusal, why: string): Extract<Step, { readonly is: 'refused' }> => ({ is: 'refused', refusal, why, bye: quit });
/** RFC 5321 4.2: 4 may pass, and 421 says that the service is closing; 5 does not pass. */
const refusalOf = (code: string): Refusal => (code === '421' ? 'busy' : code.startsWith('5') ? 'denied' : 'unavailable');
