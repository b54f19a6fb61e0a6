import { concat, dialogue, latin1, peek, saw, send, skip, startTls, take, tlsRecord, type Part, type Script, type ServerDialogue } from './server-dialogue.ts';

export interface MysqlServerOptions {
  /** What becomes of TLS: it is granted, it is not in the greeting, or it is promised and then the connection ends. */
  readonly tls: 'offered' | 'refused' | 'closed';
  /** 20 bytes, none of them NUL: what a client mixes with its password. */
  readonly challenge: Uint8Array;
}
/**
 * The server's side of MySQL's protocol (https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html), as far as a client needs it to feel at home:
 * anybody may log in, by whatever method the client likes, and every command is well done and brings nothing.
 * Requests: HandshakeResponse (`secret` where it proves a password), COM_QUERY, COM_CHANGE_USER, other commands.
 * The same inside TLS and without it, so that a client shows what it does by itself.
 */
export const mysqlServer = (options: MysqlServerOptions): ServerDialogue => dialogue(serve(options));

const can = {
  longPassword: 1,
  foundRows: 2,
  longFlag: 4,
  connectWithDb: 8,
  localFiles: 0x80,
  ignoreSpace: 0x100,
  protocol41: 0x200,
  interactive: 0x400,
  ssl: 0x800,
  transactions: 0x2000,
  secureConnection: 0x8000,
  multiStatements: 0x1_0000,
  multiResults: 0x2_0000,
  psMultiResults: 0x4_0000,
  pluginAuth: 0x8_0000,
  connectAttributes: 0x10_0000,
  lengthEncodedAuth: 0x20_0000,
  deprecateEof: 0x100_0000,
} as const;
const everything = Object.values(can).reduce((all, flag) => all | flag, 0);
const maxPacket = 0xff_ffff;
const maxLogin = 0x1_0000;

function* serve({ tls, challenge }: MysqlServerOptions): Script {
  yield* send(packet(0, greeting(tls === 'refused' ? everything & ~can.ssl : everything, challenge)));
  const login = yield* untilLogin(tls);
  if (login === undefined) return;
  yield* saw('request', 'HandshakeResponse', login.secret);
  yield* send(...accepted(login.plugin, login.secret, login.sequence));
  yield* commands();
}

interface Login {
  readonly secret: boolean;
  readonly plugin: string | undefined;
  readonly sequence: number;
}
function* untilLogin(tls: MysqlServerOptions['tls']): Part<Login | undefined> {
  for (let secure = false; ; ) {
    const { length, sequence } = yield* header();
    if (length < 4 || length > maxLogin) return yield* malformed('HandshakeResponse');
    const body = yield* take(length);
    const asked = uint16(body) | (uint16(body.subarray(2)) << 16);
    // An SSLRequest is the beginning of a HandshakeResponse, cut before the user's name
    if (!secure && asked & can.ssl && body.length <= (asked & can.protocol41 ? 32 : 5)) {
      yield* saw('asks-tls', 'SSLRequest');
      if (tls !== 'offered') return undefined;
      if ((yield* peek(1))[0] !== tlsRecord) return yield* malformed('ClientHello');
      yield* startTls();
      secure = true;
    } else return { ...read(body, asked), sequence };
  }
}
function* malformed(name: string): Part<undefined> {
  yield* saw('malformed', name);
  return undefined;
}
/** Whether there is a password in it, and the method, if it is one that wants more than an OK. */
function read(body: Uint8Array, asked: number): Omit<Login, 'sequence'> {
  const modern = (asked & can.protocol41) !== 0;
  let at = textEnd(body, modern ? 32 : 5);
  const [from, length] = authentication(body, at, asked);
  // A response that is cut short holds something all the same
  const secret = length > 1 || (length === 1 && body[from] !== 0);
  at = from + length + (counted(asked) ? 0 : 1);
  if (asked & can.connectWithDb) at = textEnd(body, at);
  const name = asked & can.pluginAuth ? body.subarray(at, textEnd(body, at) - 1) : undefined;
  return { secret, plugin: plugins.find((plugin) => name && same(name, latin1(plugin))) };
}
const plugins = ['caching_sha2_password'] as const;
/** Where a text that ends in NUL, or with the packet, is over. */
function textEnd(body: Uint8Array, at: number): number {
  const end = body.indexOf(0, at);
  return end < 0 ? body.length + 1 : end + 1;
}
function authentication(body: Uint8Array, at: number, asked: number): readonly [from: number, length: number] {
  const first = body[at] ?? 0;
  if (!counted(asked)) return [at, Math.max(0, textEnd(body, at) - 1 - at)];
  if (asked & can.lengthEncodedAuth && first === 0xfc) return [at + 3, uint16(body.subarray(at + 1))];
  return [at + 1, first];
}
/** The response has its length before it, and no NUL behind. */
const counted = (asked: number): boolean => (asked & can.protocol41) !== 0 && (asked & (can.lengthEncodedAuth | can.secureConnection)) !== 0;
const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** caching_sha2_password waits for word that its fast way was enough; with no password it does not. */
const accepted = (plugin: string | undefined, secret: boolean, sequence: number): readonly Uint8Array[] =>
  plugin === 'caching_sha2_password' && secret ? [packet(sequence + 1, Uint8Array.of(1, 3)), packet(sequence + 2, ok)] : [packet(sequence + 1, ok)];

function* commands(): Part<undefined> {
  for (;;) {
    let { length, sequence } = yield* header();
    const command = length > 0 ? (yield* take(1))[0] : undefined;
    yield* skip(Math.max(0, length - 1));
    while (length === maxPacket) {
      ({ length, sequence } = yield* header());
      yield* skip(length);
    }
    yield* saw('request', names.get(command) ?? 'command', command === 0x11);
    if (command === 0x01) return undefined;
    const answer = command !== undefined && answers.has(command) ? answers.get(command) : ok;
    if (answer) yield* send(packet(sequence + 1, answer));
  }
}
const names: ReadonlyMap<number | undefined, string> = new Map([
  [0x01, 'COM_QUIT'],
  [0x02, 'COM_INIT_DB'],
  [0x03, 'COM_QUERY'],
  [0x0e, 'COM_PING'],
  [0x11, 'COM_CHANGE_USER'],
  [0x16, 'COM_STMT_PREPARE'],
]);
const ok = Uint8Array.of(0, 0, 0, 2, 0, 0, 0); // no rows, no id, autocommit, no warnings
const eof = Uint8Array.of(0xfe, 0, 0, 2, 0);
/** What is not answered by an OK. */
const answers: ReadonlyMap<number, Uint8Array | undefined> = new Map([
  [0x04, eof], // COM_FIELD_LIST
  [0x09, latin1('Uptime: 1')], // COM_STATISTICS
  [0x16, Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)], // COM_STMT_PREPARE: statement 1, no columns, no parameters
  [0x18, undefined], // COM_STMT_SEND_LONG_DATA
  [0x19, undefined], // COM_STMT_CLOSE
]);

interface Header {
  readonly length: number;
  readonly sequence: number;
}
function* header(): Part<Header> {
  const [a = 0, b = 0, c = 0, sequence = 0] = yield* take(4);
  return { length: a | (b << 8) | (c << 16), sequence };
}
const uint16 = ([a = 0, b = 0]: Uint8Array): number => a | (b << 8);
const packet = (sequence: number, body: Uint8Array): Uint8Array => concat([Uint8Array.of(body.length & 255, body.length >> 8, 0, sequence & 255), body]);

/** HandshakeV10. It says mysql_native_password, which every client has built in; a client that likes another method names it in its response. */
function greeting(capabilities: number, challenge: Uint8Array): Uint8Array {
  return concat([
    Uint8Array.of(10),
    latin1('8.0.40\0'),
    Uint8Array.of(1, 0, 0, 0), // the connection's number
    challenge.subarray(0, 8),
    Uint8Array.of(0, capabilities & 255, (capabilities >> 8) & 255),
    Uint8Array.of(45, 2, 0), // utf8mb4, autocommit
    Uint8Array.of((capabilities >> 16) & 255, capabilities >>> 24),
    Uint8Array.of(challenge.length + 1),
    new Uint8Array(10),
    challenge.subarray(8),
    latin1('\0mysql_native_password\0'),
  ]);
}
