import { cursor, extensionsOf, list } from './flight.ts';

/** What a client offers. Values that only keep servers tolerant (GREASE, RFC 8701) are left out. */
export interface ClientHello {
  /** Registry numbers: those of supported_versions (RFC 8446 4.2.1), or the one version that a hello without it names, which is the highest. */
  readonly versions: readonly number[];
  readonly suites: readonly number[];
  /** Named groups (RFC 8446 4.2.7); empty where the extension is absent. */
  readonly groups: readonly number[];
  /** server_name (RFC 6066 3); absent where none is sent: for an IP address none may be. */
  readonly servername?: string;
  /** Protocols of ALPN (RFC 7301). */
  readonly alpn: readonly string[];
}
/** What the first bytes of a connection are. `incomplete`: come again with `wanted` bytes, or more. */
export type HelloRead =
  | { readonly is: 'hello'; readonly hello: ClientHello }
  | { readonly is: 'incomplete'; readonly wanted: number }
  | { readonly is: 'malformed' | 'other-protocol' };

const maxMessage = 2 ** 16;

/** Reads the ClientHello at the start of a connection, from as many handshake records as it takes (RFC 8446 5.1). Never throws. */
export function readClientHello(bytes: Uint8Array): HelloRead {
  const all = Buffer.from(bytes);
  let message = Buffer.alloc(0);
  for (let at = 0; ; ) {
    if (all.length > at && all[at] !== 22) return { is: at === 0 ? 'other-protocol' : 'malformed' };
    if (all.length < at + 5) return { is: 'incomplete', wanted: at + 5 };
    const length = all.readUInt16BE(at + 3);
    if (all[at + 1] !== 3) return { is: at === 0 ? 'other-protocol' : 'malformed' };
    if (length === 0) return { is: 'malformed' };
    if (all.length < at + 5 + length) return { is: 'incomplete', wanted: at + 5 + length };
    message = Buffer.concat([message, all.subarray(at + 5, at + 5 + length)]);
    at += 5 + length;
    if (message.length < 4) continue;
    const whole = 4 + message.readUIntBE(1, 3);
    if (message[0] !== 1 || whole > maxMessage) return { is: 'malformed' };
    if (message.length < whole) continue;
    const hello = parseClientHello(message.subarray(4, whole));
    return hello ? { is: 'hello', hello } : { is: 'malformed' };
  }
}

/** RFC 8446 4.1.2, RFC 5246 7.4.1.2, without the message header. Undefined: lengths that do not add up. */
function parseClientHello(body: Uint8Array): ClientHello | undefined {
  const read = cursor(body);
  const [legacy, random, session, suites, compression] = [read.number(2), read.bytes(32), read.vector(1), read.vector(2), read.vector(1)];
  if (legacy === undefined || !random || !session || !suites || suites.length % 2 !== 0 || !compression) return undefined;
  const extensions = read.atEnd() ? new Map<number, Uint8Array>() : extensionsOf(read.vector(2));
  if (!extensions || !read.atEnd()) return undefined;
  const supported = extensions.get(43);
  const servername = nameOf(extensions.get(0));
  return {
    versions: supported ? numbers(cursor(supported).vector(1)) : [legacy],
    suites: numbers(suites),
    groups: numbers(vectorOf(extensions.get(10))),
    ...(servername !== undefined && { servername }),
    alpn: (list(vectorOf(extensions.get(16)), 1) ?? []).map((name) => Buffer.from(name).toString('latin1')),
  };
}
const vectorOf = (extension: Uint8Array | undefined): Uint8Array | undefined => extension && cursor(extension).vector(2);
const numbers = (bytes: Uint8Array | undefined): readonly number[] =>
  Array.from({ length: (bytes?.length ?? 0) >> 1 }, (_, i) => ((bytes?.[2 * i] ?? 0) << 8) | (bytes?.[2 * i + 1] ?? 0)).filter(
    (id) => (id & 0x0f0f) !== 0x0a0a,
  );
/** The first host_name. */
function nameOf(extension: Uint8Array | undefined): string | undefined {
  const entries = vectorOf(extension);
  if (!entries) return undefined;
  const read = cursor(entries);
  const [type, name] = [read.number(1), read.vector(2)];
  return type === 0 && name ? Buffer.from(name).toString('latin1') : undefined;
}

/** Groups that are post-quantum and classical at once (RFC 9794, draft-ietf-tls-ecdhe-mlkem): the final ones. */
export const hybridGroups: ReadonlySet<number> = new Set([0x11eb, 0x11ec, 0x11ed, 0x11ee]);
