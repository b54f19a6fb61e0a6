import type { ClientProtocol } from '../../facts/client.ts';
import type { CaseSpec } from './case.ts';

/** Bytes in one direction and the other, bounded: a client that sends more than 64 KiB is heard no further. */
export interface Channel {
  /** The first bytes, left where they are; undefined where the stream ended before so many had come. */
  readonly peek: (bytes: number) => Promise<Buffer | undefined>;
  /** The next bytes; undefined where the stream ended before so many had come. */
  readonly take: (bytes: number) => Promise<Buffer | undefined>;
  /** Whatever comes next, one byte at least; undefined at the end. */
  readonly some: () => Promise<Buffer | undefined>;
  readonly write: (bytes: Uint8Array | string) => void;
  /** Says goodbye once all that was written has left. */
  readonly end: () => void;
}

/** One connection of a client, as a protocol conducts it. Nothing of it has been read yet. */
export interface Connection {
  readonly case: CaseSpec;
  /** The client asked for TLS in the words of its protocol, and may not get it. `secure()` says it too. */
  readonly asksTls: () => void;
  /** Before TLS. After `secure()` it may not be used any more. */
  readonly plain: Channel;
  /**
   * Speaks TLS from the next byte on, with the certificate of the case, and keeps the ClientHello. Undefined where it came to nothing: how
   * (the client's alert, a close) is recorded by the frame, and there is nothing left to do but return.
   */
  readonly secure: () => Promise<Channel | undefined>;
  /** Reads the ClientHello and goes: TLS that breaks off. Nothing is left to do but return. */
  readonly breakOff: () => Promise<void>;
  /**
   * Says what arrived that only a client sends which took this server for good: a startup message, a login, a query, an HTTP request.
   * `what` is in our own words and never holds anything of what was sent (`StartupMessage`, `login`, `GET /`). Inside TLS or in clear: the frame knows.
   */
  readonly request: (what: string) => void;
  /** A secret was in it: `name` is where (`password`, `Authorization`); its value is never stored, hashed or shown. Counts as a request too. */
  readonly secret: (name: string) => void;
  /** Of an HTTPS case that redirects: where the listener without TLS waits. */
  readonly elsewhere?: { readonly port: number };
}

/**
 * How the server of one protocol talks. `serve` returns when the conversation is over, and the frame closes what is open; it may stop at any
 * `undefined`. It lets a login succeed: a stub that refuses makes clients try again in other ways (clients.md §0.6). It never throws for what a client sends.
 */
export interface Conversation {
  readonly protocol: ClientProtocol;
  /** What `{dsn}` stands for: bogus user, password and database, and no word about TLS. `{url}` is https alone. */
  readonly dsn?: (host: string, port: number) => string;
  /** Its name in TLS (ALPN), for clients that insist on it. */
  readonly alpn?: string;
  readonly serve: (connection: Connection) => Promise<void>;
}
