/**
 * The server's side of a protocol as a script that reads and writes in turn, apart from any socket.
 * What a client sent is looked at and forgotten: what a dialogue saw holds no byte of it.
 */

/** What the client did. `name` is the protocol's own word for it, never the client's. */
export interface Seen {
  readonly is: 'asks-tls' | 'request' | 'malformed';
  readonly name: string;
  /** A password, or a proof of one, was in it. */
  readonly secret: boolean;
}
export interface Turn {
  /** To be written first, whatever comes then. */
  readonly send: Uint8Array;
  readonly next: 'read' | 'tls' | 'close';
  /** With `tls`: bytes that came already, and belong to the handshake. The first is that of a ClientHello. Else empty. */
  readonly rest: Uint8Array;
  readonly saw: readonly Seen[];
}
export interface ServerDialogue {
  /** What the server says unasked. */
  readonly start: () => Turn;
  /** More bytes from the client; after `tls` those that came through it. After `close` nothing is read any more. */
  readonly push: (chunk: Uint8Array) => Turn;
}

type Step =
  | { readonly want: 'peek' | 'take' | 'skip'; readonly bytes: number }
  | { readonly want: 'line'; readonly bytes: number }
  | { readonly want: 'tls' }
  | { readonly send: Uint8Array }
  | { readonly saw: Seen };
/** A script ends where the server closes. */
export type Script = Generator<Step, void, Uint8Array>;
/** A piece of a script, called with `yield*`. */
export type Part<T> = Generator<Step, T, Uint8Array>;

/** The next bytes, left where they are. */
export function* peek(bytes: number): Part<Uint8Array> {
  return yield { want: 'peek', bytes };
}
/** The next bytes. `bytes` must be bounded by the script: they are held until all have come. */
export function* take(bytes: number): Part<Uint8Array> {
  return yield { want: 'take', bytes };
}
/** Passes over bytes as they come, and holds none of them. */
export function* skip(bytes: number): Part<void> {
  yield { want: 'skip', bytes };
}
/** The next line without its LF or CR LF; undefined if it is longer than `bytes`, LF included. */
export function* line(bytes: number): Part<Uint8Array | undefined> {
  const whole = yield { want: 'line', bytes };
  if (whole.at(-1) !== 10) return undefined;
  return whole.subarray(0, whole.at(-2) === 13 ? -2 : -1);
}
export function* send(...pieces: readonly Uint8Array[]): Part<void> {
  yield { send: concat(pieces) };
}
export function* saw(is: Seen['is'], name: string, secret = false): Part<void> {
  yield { saw: { is, name, secret } };
}
/** Goes on inside TLS. What lies unread belongs to the handshake. */
export function* startTls(): Part<void> {
  yield { want: 'tls' };
}
/** The first byte of a TLS record that carries a handshake (RFC 8446 5.1). */
export const tlsRecord = 22;

/** Runs a script over bytes in whatever pieces they come. */
export function dialogue(script: Script): ServerDialogue {
  const nothing: Uint8Array = new Uint8Array(0);
  let [held, skipped, started] = [nothing, 0, false];
  let step: IteratorResult<Step, void> | undefined;
  const closed = (): boolean => step?.done === true;

  /** The bytes that answer what the script wants; undefined while they have not come. */
  function answer(want: Extract<Step, { readonly want: string }>): Uint8Array | undefined {
    if (want.want === 'tls') return undefined;
    if (want.want === 'skip') {
      const part = Math.min(want.bytes - skipped, held.length);
      held = held.subarray(part);
      skipped += part;
      if (skipped < want.bytes) return undefined;
      skipped = 0;
      return nothing;
    }
    const end = want.want === 'line' ? lineEnd(held, want.bytes) : want.bytes;
    if (end === undefined || held.length < end) return undefined;
    const bytes = held.slice(0, end);
    if (want.want !== 'peek') held = held.subarray(end);
    return bytes;
  }
  function run(): Turn {
    const [out, seen]: [Uint8Array[], Seen[]] = [[], []];
    const turn = (next: Turn['next'], rest = nothing): Turn => ({ send: concat(out), next, rest, saw: seen });
    for (step ??= script.next(nothing); !step.done; ) {
      const { value } = step;
      if ('send' in value) out.push(value.send);
      else if ('saw' in value) seen.push(value.saw);
      else {
        if (value.want === 'tls') {
          const rest = held;
          held = nothing;
          step = script.next(nothing);
          return turn('tls', rest);
        }
        const bytes = answer(value);
        if (bytes === undefined) return turn('read');
        step = script.next(bytes);
        continue;
      }
      step = script.next(nothing);
    }
    held = nothing;
    return turn('close');
  }
  return {
    start() {
      started = true;
      return run();
    },
    push(chunk) {
      if (!started) throw new TypeError('a dialogue starts before it reads');
      if (!closed()) held = held.length === 0 ? chunk : concat([held, chunk]);
      return run();
    },
  };
}
function lineEnd(bytes: Uint8Array, most: number): number | undefined {
  const at = bytes.subarray(0, most).indexOf(10);
  if (at >= 0) return at + 1;
  return bytes.length >= most ? most : undefined;
}
export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
