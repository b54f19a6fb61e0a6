import type { Seen, ServerDialogue, Turn } from '../../src/wire/server-dialogue.ts';

/** All that a dialogue did while some bytes arrived in some pieces; it stops where the dialogue stops reading them. */
export interface Talk {
  readonly sent: string; // latin1
  readonly saw: readonly string[]; // is, name, and ! for a secret
  readonly next: Turn['next'];
  readonly rest: string;
}
const word = ({ is, name, secret }: Seen): string => `${is} ${name}${secret ? '!' : ''}`;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
/** `pieces` after `tls` are what came through it. */
export function talk(dialogue: ServerDialogue, ...pieces: readonly (Uint8Array | string)[]): Talk {
  const turns = [dialogue.start()];
  for (const piece of pieces) turns.push(dialogue.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece));
  const last = turns.at(-1);
  return {
    sent: turns.map(({ send }) => text(send)).join(''),
    saw: turns.flatMap(({ saw }) => saw.map(word)),
    next: last?.next ?? 'read',
    rest: text(last?.rest ?? new Uint8Array(0)),
  };
}
export function cut(bytes: Uint8Array, at: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}
