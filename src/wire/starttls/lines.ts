import { bytesOf, textOf } from '../login/text.ts';
import { maxDialogue, more, tooLarge, type Dialogue, type Step } from './dialogue.ts';

/** A dialogue in lines. `onLine` says nothing (undefined) of a line that is not the last of an answer. */
export function inLines(bye: Uint8Array, onLine: (line: string) => Exclude<Step, { readonly is: 'more' }> | undefined): Dialogue {
  let text = ''; // what no line feed has ended yet
  let length = 0;
  return {
    first: new Uint8Array(),
    push(chunk) {
      length += chunk.length;
      if (length > maxDialogue) return tooLarge(bye);
      let from = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
        const line = (text + textOf(chunk.subarray(from, end))).replace(/\r$/, '');
        text = '';
        from = end + 1;
        const step = onLine(line);
        if (step === undefined) continue;
        const behind = Uint8Array.from(chunk.subarray(from));
        if (step.is === 'tls') return { ...step, behind };
        // Whoever answers what was not asked yet would have its next answer taken for another's.
        if (step.is === 'say' && behind.length > 0) return outOfTurn(bye);
        return step;
      }
      text += textOf(chunk.subarray(from));
      return more;
    },
  };
}
const outOfTurn = (bye: Uint8Array): Step => ({ is: 'refused', refusal: 'malformed', why: 'speaks before it was asked', bye });
export const say = (line: string): { readonly is: 'say'; readonly bytes: Uint8Array } => ({ is: 'say', bytes: bytesOf(`${line}\r\n`) });
/** `behind` is filled in by inLines. */
export const startTls: Extract<Step, { readonly is: 'tls' }> = { is: 'tls', behind: new Uint8Array() };
