import { suites } from './suites.ts';

/** How keys were agreed on: a registry number of a named group, or the size of a Diffie-Hellman prime in bits. */
export type KeyAgreement = { readonly is: 'named'; readonly id: number } | { readonly is: 'prime'; readonly bits: number };

/**
 * The plaintext first flight of a server: of TLS ≤ 1.2 all up to ServerHelloDone (RFC 5246 7.3), of TLS 1.3 the ServerHello or
 * HelloRetryRequest alone (RFC 8446 4.1.3, 4.1.4), of SSL 2 the SERVER-HELLO. What did not come is absent.
 */
export interface Flight {
  /** The version that the server chose. */
  readonly version: number;
  /** Registry number; in SSL 2, where the client chooses, the first that the server lists, or -1 where it lists none. */
  readonly suite: number;
  readonly compression: number;
  /** Of the ServerHello: number → body. */
  readonly extensions: ReadonlyMap<number, Uint8Array>;
  readonly retry: boolean;
  readonly agreement?: KeyAgreement;
  /** DER as sent, leaf first; absent where no Certificate message came (anonymous suites, TLS 1.3, an end before it). */
  readonly certificates?: readonly Uint8Array[];
  /** The OCSP response of a CertificateStatus message, DER. */
  readonly stapled?: Uint8Array;
  /** Names of certificate authorities in a CertificateRequest, DER; absent where none came. */
  readonly request?: { readonly caNames: readonly Uint8Array[] };
  /** SSL 2: every suite that the server lists. */
  readonly ssl2Suites?: readonly number[];
  /** Nothing more comes before the client speaks: ServerHelloDone, or TLS 1.3. Only then does a missing message mean that it was not sent. */
  readonly complete: boolean;
}
/** SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3). */
const retryRandom = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

/** Bounded reading of one message: whoever asks for more than there is gets undefined, and a message with a rest is not well-formed either. */
interface Cursor {
  readonly number: (width: number) => number | undefined;
  readonly bytes: (length: number | undefined) => Uint8Array | undefined;
  /** A length of `width` bytes, then as many bytes. */
  readonly vector: (width: number) => Uint8Array | undefined;
  readonly atEnd: () => boolean;
}
export function cursor(from: Uint8Array): Cursor {
  let at = 0;
  const bytes = (length: number | undefined): Uint8Array | undefined => {
    if (length === undefined || at + length > from.length) return undefined;
    at += length;
    return from.subarray(at - length, at);
  };
  const number = (width: number): number | undefined => bytes(width)?.reduce((sum, byte) => sum * 256 + byte, 0);
  return { number, bytes, vector: (width) => bytes(number(width)), atEnd: () => at === from.length };
}
/** A list of vectors that fills its bytes exactly. */
export function list(from: Uint8Array | undefined, width: number): readonly Uint8Array[] | undefined {
  if (!from) return undefined;
  const read = cursor(from);
  const found: Uint8Array[] = [];
  while (!read.atEnd()) {
    const one = read.vector(width);
    if (!one) return undefined;
    found.push(one);
  }
  return found;
}

/** Reads a ServerHello or HelloRetryRequest, without the message header. Undefined: lengths that do not add up. */
export function parseServerHello(body: Uint8Array): Flight | undefined {
  const read = cursor(body);
  const [legacy, random, session, suite, compression] = [read.number(2), read.bytes(32), read.vector(1), read.number(2), read.number(1)];
  if (legacy === undefined || !random || !session || session.length > 32 || suite === undefined || compression === undefined) return undefined;
  const extensions = read.atEnd() ? new Map<number, Uint8Array>() : extensionsOf(read.vector(2));
  if (!extensions || !read.atEnd()) return undefined;
  const selected = extensions.get(43); // RFC 8446 4.2.1
  const version = selected?.length === 2 ? Buffer.from(selected).readUInt16BE() : legacy;
  const share = version >= 0x0304 ? extensions.get(51) : undefined; // a group and a key; in a HelloRetryRequest the group alone
  const id = share && cursor(share).number(2);
  return {
    version,
    suite,
    compression,
    extensions,
    retry: Buffer.from(random).toString('hex') === retryRandom,
    ...(id !== undefined && { agreement: { is: 'named', id } }),
    complete: version >= 0x0304,
  };
}
export function extensionsOf(from: Uint8Array | undefined): ReadonlyMap<number, Uint8Array> | undefined {
  if (!from) return undefined;
  const read = cursor(from);
  const found = new Map<number, Uint8Array>();
  while (!read.atEnd()) {
    const [id, body] = [read.number(2), read.vector(2)];
    if (id === undefined || !body) return undefined;
    found.set(id, body);
  }
  return found;
}

/** Adds one handshake message of TLS ≤ 1.2 to what came before it. Undefined: its lengths do not add up. Types that do not belong here are passed over. */
export function addMessage(flight: Flight, type: number, body: Uint8Array): Flight | undefined {
  switch (type) {
    case 11:
      return flightWith(flight, 'certificates', certificatesOf(body));
    case 22:
      return flightWith(flight, 'stapled', stapledOf(body));
    case 12:
      return withAgreement(flight, body);
    case 13:
      return flightWith(flight, 'request', requestOf(body, flight.version));
    case 14:
      return body.length === 0 ? { ...flight, complete: true } : undefined;
    default:
      return flight;
  }
}
const flightWith = <K extends 'certificates' | 'stapled' | 'request'>(flight: Flight, key: K, value: Flight[K]): Flight | undefined =>
  value === undefined ? undefined : { ...flight, [key]: value };
/** RFC 5246 7.4.2. */
function certificatesOf(body: Uint8Array): readonly Uint8Array[] | undefined {
  const read = cursor(body);
  const certificates = list(read.vector(3), 3);
  return read.atEnd() ? certificates : undefined;
}
/** RFC 6066 8: type 1, a response; an empty one says nothing and counts as malformed. */
function stapledOf(body: Uint8Array): Uint8Array | undefined {
  const read = cursor(body);
  const [type, response] = [read.number(1), read.vector(3)];
  return type === 1 && response && response.length > 0 && read.atEnd() ? response : undefined;
}
/** RFC 5246 7.4.4; before TLS 1.2 there are no signature algorithms in between (RFC 4346 7.4.4). */
function requestOf(body: Uint8Array, version: number): Flight['request'] {
  const read = cursor(body);
  if (!read.vector(1) || (version >= 0x0303 && !read.vector(2))) return undefined;
  const caNames = list(read.vector(2), 2);
  return caNames && read.atEnd() ? { caNames } : undefined;
}
/** RFC 8422 5.4, RFC 5246 7.4.3, RFC 5489 2 (a hint for the shared key comes first). What cannot be read hides nothing else. */
function withAgreement(flight: Flight, body: Uint8Array): Flight {
  const suite = suites.get(flight.suite);
  const read = cursor(body);
  if (suite?.auth === 'psk') read.vector(2);
  if (suite?.kx === 'ecdhe' || suite?.kx === 'ecdhe-psk') {
    const [type, id] = [read.number(1), read.number(2)];
    return type === 3 && id !== undefined ? { ...flight, agreement: { is: 'named', id } } : flight;
  }
  if (suite?.kx === 'dhe' || suite?.kx === 'dhe-psk' || (suite?.kx === 'export' && /_(DHE|DH_anon)_/.test(suite.name))) {
    const prime = read.vector(2);
    const first = prime?.findIndex((byte) => byte !== 0) ?? -1;
    if (!prime || first < 0) return flight;
    return { ...flight, agreement: { is: 'prime', bits: (prime.length - first - 1) * 8 + (32 - Math.clz32(prime[first] ?? 0)) } };
  }
  return flight;
}

/** SERVER-HELLO of SSL 2 (draft-hickman-netscape-ssl-00 C.3), without the record header. Undefined: not one. */
export function parseSsl2Hello(body: Uint8Array): Flight | undefined {
  const read = cursor(body);
  const [type, hit, , version] = [read.number(1), read.number(1), read.number(1), read.number(2)];
  const [certificateLength, specsLength, idLength] = [read.number(2), read.number(2), read.number(2)];
  const [certificate, specs, id] = [read.bytes(certificateLength), read.bytes(specsLength), read.bytes(idLength)];
  if (type !== 4 || hit === undefined || version === undefined || !certificate || !specs || !id || specs.length % 3 !== 0) return undefined;
  const ssl2Suites = Array.from({ length: specs.length / 3 }, (_, i) => cursor(specs.subarray(i * 3)).number(3) ?? 0);
  return {
    version,
    suite: ssl2Suites[0] ?? -1,
    compression: 0,
    extensions: new Map(),
    retry: false,
    ...(certificate.length > 0 && { certificates: [certificate] }),
    ssl2Suites,
    complete: true,
  };
}
