import { bytesOf } from '../login/text.ts';
import type { Dialogue, Refusal, Step } from './dialogue.ts';
import { inLines, say, startTls } from './lines.ts';

const quit = bytesOf('QUIT\r\n');

/** RFC 2595 4, RFC 2449: greeting, CAPA with STLS in its list, STLS, +OK. A server that does not know CAPA is asked for STLS all the same. */
export function pop3(): Dialogue {
  let stage: 'greeting' | 'capa' | 'list' | 'stls' = 'greeting';
  let [offered, listed] = [false, false];
  return inLines(quit, (line) => {
    if (stage === 'list') {
      if (/^STLS\s*$/i.test(line)) offered = true;
      if (line !== '.') return undefined;
      if (!offered) return { is: 'not-offered', why: 'no STLS among its capabilities', bye: quit };
      stage = 'stls';
      return say('STLS');
    }
    const [, sign, text = ''] = /^(\+OK|-ERR)(?: (.*))?$/is.exec(line) ?? [];
    if (sign === undefined) return refused('malformed', 'not an answer of POP3');
    const ok = sign.startsWith('+');
    switch (stage) {
      case 'greeting':
        if (!ok) return refused(busy.test(text) ? 'busy' : 'denied', 'greets with -ERR');
        stage = 'capa';
        return say('CAPA');
      case 'capa':
        listed = ok;
        stage = ok ? 'list' : 'stls';
        return ok ? undefined : say('STLS');
      default:
        if (ok) return startTls;
        return listed ? refused('unavailable', 'answers STLS with -ERR') : { is: 'not-offered', why: 'knows neither CAPA nor STLS', bye: quit };
    }
  });
}
/** RFC 2449 8.1, RFC 3206: response codes for what may pass. */
const busy = /^\[(?:IN-USE|LOGIN-DELAY|SYS\/TEMP)\]/i;
const refused = (refusal: Refusal, why: string): Extract<Step, { readonly is: 'refused' }> => ({ is: 'refused', refusal, why, bye: quit });
