import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Endpoint } from '../../model/source.ts';
import type { Exchange, Wire } from './exchange.ts';

/**
 * What to do now that so much has been heard since our last word: go on listening, speak, begin TLS (and then speak), or take leave with these
 * last words.
 */
export type Move =
  | { readonly is: 'listen' }
  | { readonly is: 'say'; readonly bytes: Uint8Array }
  | { readonly is: 'start-tls'; readonly bytes: Uint8Array }
  | { readonly is: 'leave'; readonly bytes?: Uint8Array };
/** `opening` is said first, where the client speaks first; `next` gets all bytes since our last word, each time that more come. */
export interface Talk {
  readonly opening?: Uint8Array;
  readonly next: (heard: Buffer) => Move;
}
/** All that was said in clear and inside TLS, in order; `failure` where the talk did not come to its end. */
export interface Talked extends Exchange {
  readonly sent: Buffer;
  /** TLS was begun and completed. */
  readonly encrypted: boolean;
}
const maxBytes = 65_536;
const graceMs = 250; // for the other side to see our farewell before the socket goes

/** A dialogue over one connection, with one deadline for all of it. TLS in it is unverified: nothing secret is ever sent. */
export const converse = (endpoint: Endpoint, talk: Talk, { gate, signal, timeoutMs }: Wire): Promise<Talked> =>
  gate(() => hold(endpoint, talk, signal, timeoutMs));

function hold({ address, port }: Endpoint, { opening, next }: Talk, signal: AbortSignal, timeoutMs: number): Promise<Talked> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve({ sent: Buffer.alloc(0), received: Buffer.alloc(0), encrypted: false, failure: stopped('AbortError') });
      return;
    }
    const tcp = connect({ host: address, port });
    const sent: Buffer[] = [];
    const received: Buffer[] = [];
    let [channel, heard, length, encrypted, over]: [Socket, Buffer, number, boolean, boolean] = [tcp, Buffer.alloc(0), 0, false, false];
    const say = (bytes: Uint8Array): void => {
      heard = Buffer.alloc(0);
      sent.push(Buffer.from(bytes));
      channel.write(bytes);
    };
    const settle = (failure?: Talked['failure']): void => {
      if (over) return;
      over = true;
      clearTimeout(deadline);
      signal.removeEventListener('abort', abort);
      const result = { sent: Buffer.concat(sent), received: Buffer.concat(received), encrypted, ...(failure && { failure }) };
      const gone = setTimeout(done, failure ? 0 : Math.min(graceMs, timeoutMs));
      function done(): void {
        clearTimeout(gone);
        channel.destroy();
        tcp.destroy();
        resolve(result);
      }
      tcp.once('close', done);
    };
    const abort = (): void => settle(stopped('AbortError'));
    const deadline = setTimeout(() => settle(stopped('TimeoutError')), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    const listen = (chunk: Buffer): void => {
      if (over) return;
      received.push(chunk);
      length += chunk.length;
      heard = Buffer.concat([heard, chunk]);
      const move = moveOn();
      if (move.is === 'say') say(move.bytes);
      else if (move.is === 'start-tls') secure(move.bytes);
      else if (move.is === 'leave') {
        if (move.bytes) sent.push(Buffer.from(move.bytes));
        channel.end(move.bytes ?? Buffer.alloc(0));
        settle();
      } else if (length > maxBytes) settle('too-large');
    };
    /** What throws in there is a bug of ours, and must reach whoever asked instead of ending the process. */
    const moveOn = (): Move => {
      try {
        return next(heard);
      } catch (error) {
        settle('closed');
        reject(error);
        return { is: 'listen' };
      }
    };
    const attach = (socket: Socket): void => {
      channel = socket;
      socket.on('data', listen);
      socket.on('error', settle);
      socket.once('close', () => settle('closed'));
    };
    /** From here on the socket is OpenSSL's. What came behind the go-ahead would have been read as if it were protected (CVE-2021-23222). */
    const secure = (first: Uint8Array): void => {
      if (heard.length !== 1 || encrypted) return settle('closed');
      tcp.removeAllListeners('data').removeAllListeners('close');
      const tls = connectTls({ socket: tcp, rejectUnauthorized: false, checkServerIdentity: () => undefined, minVersion: 'TLSv1' });
      tls.once('secureConnect', () => {
        encrypted = true;
        say(first);
      });
      attach(tls);
    };
    attach(tcp);
    tcp.once('connect', () => {
      if (opening) say(opening);
    });
  });
}
const stopped = (name: 'AbortError' | 'TimeoutError'): Error => Object.assign(new Error(name), { name });
