import { dialogue, latin1, line, peek, saw, send, skip, startTls, take, tlsRecord, type Part, type Script, type ServerDialogue } from './server-dialogue.ts';

/**
 * The server's side of Redis (RESP 2 and 3, https://redis.io/docs/latest/develop/reference/protocol-spec/), as far as a client needs it to feel at home:
 * anybody may log in, and every command is well done. Requests: AUTH and HELLO with AUTH (`secret`), HELLO, PING, other commands.
 * Redis has no STARTTLS: a connection that begins with a ClientHello is TLS, and any other is plain. With `refused` a ClientHello is an error.
 */
export const redisServer = (tls: 'offered' | 'refused' | 'closed'): ServerDialogue => dialogue(serve(tls));

function* serve(tls: 'offered' | 'refused' | 'closed'): Script {
  if ((yield* peek(1))[0] === tlsRecord) {
    yield* saw('asks-tls', 'ClientHello');
    if (tls === 'refused') yield* send(latin1('-ERR Protocol error: this server does not speak TLS\r\n'));
    if (tls !== 'offered') return;
    yield* startTls();
  }
  for (;;) {
    const words = yield* command();
    if (words === undefined) {
      yield* saw('malformed', 'command');
      yield* send(latin1('-ERR Protocol error\r\n'));
      return;
    }
    const [name] = words;
    if (name === undefined) continue; // an empty line
    yield* saw('request', name === '' ? 'command' : name, name === 'AUTH' || (name === 'HELLO' && words[words[2] === 'SETNAME' ? 4 : 2] === 'AUTH'));
    yield* send(answer(words));
    if (name === 'QUIT') return;
  }
}

/** The words that we know. Any other is held as an empty one: what a client says is nobody's business. */
const known = ['AUTH', 'CLIENT', 'COMMAND', 'HELLO', 'ID', 'INFO', 'PING', 'QUIT', 'SETINFO', 'SETNAME', '2', '3'] as const;
type Word = (typeof known)[number] | '';
const wordOf = (bytes: Uint8Array): Word => {
  const text = bytes.length > longest ? '' : String.fromCharCode(...bytes).toUpperCase();
  return known.find((word) => word === text) ?? '';
};
const longest = Math.max(...known.map(({ length }) => length));
const maxLine = 65_536; // PROTO_INLINE_MAX_SIZE of Redis
const maxArguments = 1_048_576;
const seen = 8; // HELLO 3 SETNAME x AUTH x x

/** The first words of a command; none for an empty line, undefined where it breaks the protocol. */
function* command(): Part<readonly Word[] | undefined> {
  const first = yield* line(maxLine);
  if (first === undefined) return undefined;
  if (first[0] !== 0x2a) return inline(first);
  const count = numberIn(first, maxArguments);
  if (count === undefined) return undefined;
  const words: Word[] = [];
  for (let at = 0; at < count; at++) {
    const head = yield* line(maxLine);
    const length = head?.[0] === 0x24 ? numberIn(head, 512 * 1024 * 1024) : undefined;
    if (length === undefined) return undefined;
    const short = at < seen && length <= longest;
    const word = short ? wordOf(yield* take(length)) : '';
    if (!short) yield* skip(length);
    if (at < seen) words.push(word);
    yield* skip(2);
  }
  return words;
}
/** Words between spaces; quotes do not matter for the words that we know. */
function inline(bytes: Uint8Array): readonly Word[] {
  const words: Word[] = [];
  for (let at = 0; at < bytes.length && words.length < seen; ) {
    const space = bytes.indexOf(32, at);
    const end = space < 0 ? bytes.length : space;
    if (end > at) words.push(wordOf(bytes.subarray(at, end)));
    at = end + 1;
  }
  return words;
}
/** What stands behind the first character; a count below zero is none. */
function numberIn(bytes: Uint8Array, most: number): number | undefined {
  const text = bytes.length > 12 ? '' : String.fromCharCode(...bytes.subarray(1));
  if (!/^-?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value > most ? undefined : Math.max(0, value);
}

function answer([name, sub]: readonly Word[]): Uint8Array {
  if (name === 'PING') return latin1('+PONG\r\n');
  if (name === 'HELLO') return sub === '3' ? hello('%7', 3) : hello('*14', 2);
  if (name === 'INFO') return bulk('# Server\r\nredis_version:7.4.0\r\nredis_mode:standalone\r\nloading:0\r\n');
  if (name === 'COMMAND') return latin1('*0\r\n');
  if (name === 'CLIENT' && sub === 'ID') return latin1(':1\r\n');
  return latin1('+OK\r\n');
}
const bulk = (text: string): Uint8Array => latin1(`$${text.length}\r\n${text}\r\n`);
function hello(head: string, version: number): Uint8Array {
  const texts = ([key, value]: readonly string[]): string => `$${key?.length}\r\n${key}\r\n$${value?.length}\r\n${value}\r\n`;
  return latin1(
    `${head}\r\n${texts(['server', 'redis'])}${texts(['version', '7.4.0'])}$5\r\nproto\r\n:${version}\r\n$2\r\nid\r\n:1\r\n${texts(['mode', 'standalone'])}${texts(['role', 'master'])}$7\r\nmodules\r\n*0\r\n`,
  );
}
