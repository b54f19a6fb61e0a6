import type { Duplex } from 'node:stream';
import type { Channel } from './conversation.ts';

/** More than this of one connection nobody reads. */
export const maxBytes = 65_536;

/** A stream that can be read by the piece, and given back unread to whoever speaks TLS on it. */
export interface OpenChannel extends Channel {
  /** Stops reading, and leaves what was not taken in the stream. */
  readonly release: () => void;
  /** Bytes that were written. */
  readonly written: () => number;
  /** Bytes that came. */
  readonly received: () => number;
}

/** Waits for as long as the stream is open: whoever owns it destroys it in time. */
export function channelOf(stream: Duplex): OpenChannel {
  let held: Buffer = Buffer.alloc(0);
  let [received, written] = [0, 0];
  let ended = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const all = waiting;
    waiting = [];
    for (const go of all) go();
  };
  const onData = (chunk: Buffer): void => {
    received += chunk.length;
    held = Buffer.concat([held, chunk]);
    if (received > maxBytes) onEnd();
    wake();
  };
  const onEnd = (): void => {
    ended = true;
    stream.off('data', onData);
    wake();
  };
  stream.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd);
  const until = async (bytes: number): Promise<boolean> => {
    const done = (): boolean => held.length >= bytes || ended;
    while (!done()) await new Promise<void>((resolve) => waiting.push(resolve));
    return held.length >= bytes;
  };
  const take = async (bytes: number): Promise<Buffer | undefined> => {
    if (!(await until(bytes))) return undefined;
    const taken = held.subarray(0, bytes);
    held = held.subarray(bytes);
    return taken;
  };
  return {
    peek: async (bytes) => ((await until(bytes)) ? held.subarray(0, bytes) : undefined),
    take,
    some: async () => ((await until(1)) ? take(held.length) : undefined),
    write: (bytes) => {
      if (!stream.writable) return;
      written += bytes.length;
      stream.write(bytes);
    },
    end: () => void stream.end(),
    release: () => {
      stream.pause();
      stream.off('data', onData).off('end', onEnd).off('close', onEnd);
      if (held.length > 0) stream.unshift(held);
      held = Buffer.alloc(0);
    },
    written: () => written,
    received: () => received,
  };
}
