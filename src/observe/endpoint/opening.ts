import type { Socket } from 'node:net';
import type { Protocol } from '../../facts/service.ts';
import type { Gap, GapCode } from '../../model/observation.ts';
import type { Refusal, Step } from '../../wire/starttls/dialogue.ts';
import { reason } from '../../util/gap.ts';
import { dialogues } from '../../wire/starttls/index.ts';

/** Why TLS was not begun, with all that was said; `offered` is false where the server says that it has none. `busy` may pass. */
export interface Unopened {
  readonly offered?: false;
  readonly code: GapCode;
  readonly detail: string;
  readonly busy: boolean;
  readonly sent: Buffer;
  readonly received: Buffer;
}
/** A dialogue that is under way: `so far` is what has been said. */
export interface Opening {
  readonly soFar: () => { readonly sent: Buffer; readonly received: Buffer };
}
const codes: Readonly<Record<Refusal, GapCode>> = {
  busy: 'throttled',
  denied: 'access-denied',
  unavailable: 'unexpected',
  malformed: 'malformed',
  'too-large': 'too-large',
};
const graceMs = 250; // for the other side to see our farewell before the socket goes

/** Is there something to say in clear before TLS? */
export const hasOpening = (protocol: Protocol): boolean => dialogues.has(protocol);

/**
 * Holds the dialogue of the protocol on a socket that is connecting, and calls back once: with nothing, when the next byte may be TLS's (at once,
 * in the same turn: nothing can come in between), or with why not, its farewell on the way (see closed). A socket that fails is left to the caller.
 */
export function begin(socket: Socket, protocol: Protocol, done: (unopened?: Unopened) => void): Opening {
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  const soFar: Opening['soFar'] = () => ({ sent: Buffer.concat(sent), received: Buffer.concat(received) });
  const dialogue = dialogues.get(protocol)?.();
  if (!dialogue) {
    socket.once('connect', () => done());
    return { soFar };
  }
  const say = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    sent.push(Buffer.from(bytes));
    socket.write(bytes);
  };
  const leave = (unopened: Omit<Unopened, 'sent' | 'received'>, bye: Uint8Array): void => {
    socket.off('data', listen);
    sent.push(Buffer.from(bye));
    socket.resume().end(bye);
    done({ ...unopened, ...soFar() });
  };
  const listen = (chunk: Buffer): void => {
    received.push(chunk);
    const step: Step = dialogue.push(chunk);
    switch (step.is) {
      case 'more':
        return;
      case 'say':
        return say(step.bytes);
      case 'tls':
        if (step.behind.length > 0) return leave({ code: 'malformed', detail: behind(step.behind.length), busy: false }, new Uint8Array());
        socket.off('data', listen);
        say(step.bytes ?? new Uint8Array());
        return done();
      case 'not-offered':
        return leave({ offered: false, code: 'unexpected', detail: step.why, busy: false }, step.bye);
      default:
        return leave({ code: codes[step.refusal], detail: step.why, busy: step.refusal === 'busy' }, step.bye);
    }
  };
  socket.on('data', listen);
  socket.once('connect', () => say(dialogue.first));
  return { soFar };
}
/** Waits until the other side has seen our farewell; the socket is gone then in any case. */
export function closed(socket: Socket, done: () => void): void {
  const gone = (): void => {
    clearTimeout(timer);
    socket.off('close', gone).destroy();
    done();
  };
  const timer = setTimeout(gone, graceMs);
  socket.once('close', gone);
  if (socket.destroyed) gone();
}
/** Why a dialogue came to no end, in the words of a gap. */
export const brokenOff = (failure: Error | 'closed' | 'too-large' | undefined, opening: Opening): Unopened => {
  const { code, detail }: Pick<Gap, 'code' | 'detail'> =
    failure instanceof Error ? reason(failure) : { code: failure ?? 'malformed', detail: `after ${opening.soFar().received.length} bytes` };
  return { code, detail: code === 'timeout' || code === 'closed' || code === 'reset' ? `${detail}, before TLS` : detail, busy: false, ...opening.soFar() };
};
/** Where a client goes on, whoever sits in between has put words of his own into what it takes for protected: so this one does not. */
const behind = (bytes: number): string => `${bytes} ${bytes === 1 ? 'byte' : 'bytes'} in clear behind the answer that begins TLS (CVE-2021-23222): not gone on`;

const shown = 1024;
/** A dialogue as evidence: lines as they were said where it is made of lines, else the bytes. */
export const dialogueText = (bytes: Uint8Array): string => {
  const part = Buffer.from(bytes.subarray(0, shown));
  const text = part.toString('latin1');
  return /^[\t\r\n\u0020-\u007e]*$/.test(text) ? text.trimEnd().replace(/\r?\n/g, ' ⏎ ') : part.toString('hex');
};
