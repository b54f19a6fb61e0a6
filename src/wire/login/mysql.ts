import { bytesOf, joined, textOf, untilZero } from './text.ts';

/** What a MySQL or MariaDB server says first: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html */
export interface MysqlGreeting {
  readonly is: 'greeting';
  readonly version: string;
  /** It can begin TLS (CLIENT_SSL). */
  readonly tls: boolean;
  /** It is MariaDB's own, which says so in the version. */
  readonly mariadb: boolean;
  readonly plugin: string;
}
export type MysqlReply =
  | MysqlGreeting
  | { readonly is: 'error'; readonly code: number; readonly state: string }
  | { readonly is: 'switch'; readonly plugin: string }
  | { readonly is: 'more' | 'ok' | 'incomplete' | 'malformed' };

const clientLongPassword = 0x1;
const clientProtocol41 = 0x200;
const clientSsl = 0x800;
const clientSecureConnection = 0x8000;
const clientPluginAuth = 0x80000;
const maxPacket = 8192; // an answer before the login is never longer
const nativePlugin = 'mysql_native_password';

/** One packet: three bytes of length, little end first, its number, and the payload. */
const packet = (sequence: number, payload: Uint8Array): Uint8Array =>
  joined(Uint8Array.of(payload.length & 0xff, (payload.length >> 8) & 0xff, payload.length >> 16, sequence & 0xff), payload);
/** HandshakeResponse41 without CLIENT_SSL: a user, an empty answer to the challenge, no database. Answers the greeting. */
export function handshakeResponse(user: string, plugin: string): Uint8Array {
  return packet(1, joined(responseHead(0), bytesOf(`${user}\0\0${plugin}\0`)));
}
function responseHead(more: number): Uint8Array {
  const capabilities = clientLongPassword | clientProtocol41 | clientSecureConnection | clientPluginAuth | more;
  const head = new Uint8Array(32);
  head.set([capabilities & 0xff, (capabilities >> 8) & 0xff, (capabilities >> 16) & 0xff, 0, 0, 0, 0, 1, 33]); // packets of 16 MiB at most, utf8
  return head;
}
/** SSLRequest: the first 32 bytes of the response, with CLIENT_SSL. TLS follows it, and then the response itself. */
export const tlsRequest: Uint8Array = packet(1, responseHead(clientSsl));
/** An empty password, in whatever way the server has just asked for it. Packet 3: after greeting, response and request. */
export const emptyPassword = (plugin: string): Uint8Array => packet(3, plugin === nativePlugin ? new Uint8Array() : Uint8Array.of(0));
/** COM_QUIT; a command begins a new count. */
export const quit: Uint8Array = packet(0, Uint8Array.of(1));

/** Splits off the packets that are there in full; a longer one than any that belongs here makes it `malformed`. */
export function packetsOf(bytes: Uint8Array): readonly Uint8Array[] | 'malformed' {
  const packets: Uint8Array[] = [];
  for (let at = 0; bytes.length >= at + 4; ) {
    const length = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    if (length === 0 || length > maxPacket) return 'malformed';
    if (bytes.length < at + 4 + length) break;
    packets.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return packets;
}
/** The first packet that a server sends: a greeting, or an error in its place (too many connections, a host that is blocked). */
export function readGreeting(bytes: Uint8Array): MysqlReply {
  const payload = first(bytes);
  if (!(payload instanceof Uint8Array)) return payload;
  if (payload[0] === 0xff) return errorOf(payload);
  const version = payload[0] === 10 ? untilZero(payload, 1) : undefined;
  if (version === undefined || payload.length < version.next + 15) return { is: 'malformed' };
  const at = version.next + 4 + 8 + 1; // thread, first part of the challenge, filler
  const low = (payload[at] ?? 0) | ((payload[at + 1] ?? 0) << 8);
  const high = (payload[at + 5] ?? 0) | ((payload[at + 6] ?? 0) << 8);
  const rest = Math.max(13, (payload[at + 7] ?? 0) - 8);
  const plugin = (high << 16) & clientPluginAuth ? textOf(payload.subarray(at + 18 + rest)).replace(/\0.*$/s, '') : '';
  return {
    is: 'greeting',
    version: version.text,
    tls: (low & clientSsl) !== 0,
    mariadb: /mariadb/i.test(version.text),
    plugin: plugin === '' ? nativePlugin : plugin,
  };
}
/** What comes after our response: OK, an error, the wish for another plugin, or more of this one's dialogue. */
export function readAuth(bytes: Uint8Array): MysqlReply {
  const payload = first(bytes);
  if (!(payload instanceof Uint8Array)) return payload;
  switch (payload[0]) {
    case 0x00:
      return payload.length < 3 ? { is: 'malformed' } : { is: 'ok' };
    case 0x01:
      return { is: 'more' };
    case 0xfe:
      return payload.length === 1 ? { is: 'switch', plugin: 'mysql_old_password' } : switchTo(payload);
    case 0xff:
      return errorOf(payload);
    default:
      return { is: 'malformed' };
  }
}
function switchTo(payload: Uint8Array): MysqlReply {
  const name = untilZero(payload, 1);
  return name && name.text !== '' ? { is: 'switch', plugin: name.text } : { is: 'malformed' };
}
function first(bytes: Uint8Array): Uint8Array | { readonly is: 'incomplete' | 'malformed' } {
  const packets = packetsOf(bytes);
  if (packets === 'malformed') return { is: 'malformed' };
  return packets[0] ?? { is: 'incomplete' };
}
/** ERR_Packet: the SQLSTATE stands behind a #, and is missing where the server does not yet know what the client can read. */
function errorOf(payload: Uint8Array): MysqlReply {
  if (payload.length < 3) return { is: 'malformed' };
  const code = (payload[1] ?? 0) | ((payload[2] ?? 0) << 8);
  return { is: 'error', code, state: payload[3] === 0x23 ? textOf(payload.subarray(4, 9)) : '' };
}

/**
 * From this release on MariaDB looks at require_secure_transport before it looks at the user (MDEV-32123, 11.2.2). MySQL, and MariaDB before
 * it, look only once the password was right: of them a refused login tells nothing about it.
 */
export function refusesBeforeLogin({ mariadb, version }: MysqlGreeting): boolean {
  const [, major, minor, patch] = /^(?:5\.5\.5-)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})-/.exec(version) ?? [];
  if (!mariadb || major === undefined) return false;
  return Number(major) * 1e6 + Number(minor) * 1e3 + Number(patch) >= 11_002_002;
}
