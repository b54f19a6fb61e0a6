import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import type { Plaintext } from '../../src/facts/plaintext.ts';
import type { DeepPartial, Observation } from '../../src/model/observation.ts';
import { checked } from '../../src/observe/checked.ts';
import type { EndpointContext } from '../../src/observe/endpoint/context.ts';
import { converse } from '../../src/observe/endpoint/converse.ts';
import { plaintext } from '../../src/observe/endpoint/plaintext.ts';
import { observeAddress } from '../../src/observe/endpoint/schedule.ts';
import { selfSigned } from '../support/certificate.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { listen } from '../support/listen.ts';

/** A server that follows a script, and all that it heard. Real servers show the rest: test/live. */
async function scripted(script: (socket: Socket, connection: number) => void): Promise<{ readonly port: number; readonly heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    const own = heard.push(Buffer.alloc(0)) - 1;
    socket.on('error', () => {}).on('data', (chunk: Buffer) => (heard[own] = Buffer.concat([heard[own] ?? Buffer.alloc(0), chunk])));
    script(socket, own);
  });
  return { port: await listen(server), heard };
}
interface Seen {
  readonly facts: DeepPartial<Plaintext>;
  readonly gaps: readonly string[];
  readonly seen: Observation<'endpoint'>;
  readonly connections: number;
}
async function ask(protocol: EndpointContext['protocol'], port: number, some: Partial<EndpointContext> = {}): Promise<Seen> {
  const context = endpointContext({ protocol, timeoutMs: 400, ...some });
  const seen = await plaintext.run({ name: 'localhost', address: '127.0.0.1', port }, context);
  expect(checked(seen)).toEqual(seen); // the schema takes all of it
  return {
    facts: seen.facts.plaintext ?? {},
    gaps: seen.gaps.map(({ path, code, tries }) => `${path} ${code} ${tries}`),
    seen,
    connections: context.started(),
  };
}
const none = (code: string, tries = 1, first: 'sessions' | 'login' = 'sessions'): readonly string[] =>
  [first, 'methods', 'clearPassword'].map((field) => `plaintext.${field} ${code} ${tries}`);
const onData =
  (...answers: readonly (Buffer | string)[]) =>
  (socket: Socket): void => {
    let n = 0;
    socket.on('data', () => socket.write(answers[n++] ?? ''));
  };

const message = (type: string, body: string): Buffer => {
  const head = Buffer.from(`${type}....`);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
};
const sqlstate = (code: string, text = 'x', routine = 'r'): Buffer => message('E', `C${code}\0M${text}\0R${routine}\0\0`);
const noEntry = sqlstate('28000', 'no pg_hba.conf entry for host', 'ClientAuthentication');
const askPassword = message('R', '\0\0\0\x03');
const packet = (sequence: number, body: string): Buffer =>
  Buffer.from(`${String.fromCharCode(body.length & 255, body.length >> 8, 0, sequence)}${body}`, 'latin1');
/** Protocol::HandshakeV10 of the documentation; with CLIENT_SSL (0x0800) or without. */
const greeting = (version: string, plugin: string, tls = true): Buffer =>
  packet(0, `\x0a${version}\0${'t'.repeat(13)}\xff${tls ? '\xff' : '\xf7'}\x21\x02\0\xff\xdf\x15${'\0'.repeat(10)}${'s'.repeat(12)}\0${plugin}\0`);
/** ERR_Packet of the documentation. */
const err = (code: number, sequence = 2): Buffer => packet(sequence, `\xff${String.fromCharCode(code & 255, code >> 8)}#HY000text`);
/** A MySQL server: the greeting at once, then an answer to each packet. */
const mysql =
  (first: Buffer, ...answers: readonly (Buffer | string)[]) =>
  (socket: Socket): void => {
    socket.write(first);
    onData(...answers)(socket);
  };

const services = ['postgres', 'mysql', 'redis', 'smtp', 'imap', 'pop3', 'ldap'] as const;
const logins: ReadonlySet<string> = new Set(services.slice(3));
const noneOf = (protocol: string, code: string, tries = 1): readonly string[] => none(code, tries, logins.has(protocol) ? 'login' : 'sessions');
const starts: Readonly<Record<(typeof services)[number], Buffer>> = {
  postgres: noEntry,
  mysql: greeting('8.4.3', 'p'),
  redis: Buffer.from('+PONG'),
  smtp: Buffer.from('220 mail ESMTP ready'),
  imap: Buffer.from('* OK IMAP4rev1 ready'),
  pop3: Buffer.from('+OK ready and waiting'),
  ldap: Buffer.from('3082010002', 'hex'),
};
test.each(services)('%s: silence is asked three times and stays a gap', async (protocol) => {
  const { port } = await scripted(() => {});
  expect(await ask(protocol, port, { timeoutMs: 150 })).toMatchObject({ facts: {}, gaps: noneOf(protocol, 'timeout', 3), connections: 3 });
});
test.each(services)('%s: a byte now and then wins no time, and is not asked again', async (protocol) => {
  const { port } = await scripted((socket) => {
    const rest = [...starts[protocol]];
    const drip = (): unknown => socket.write(Buffer.from([rest.shift() ?? 0]));
    drip();
    const timer = setInterval(drip, 100);
    socket.once('close', () => clearInterval(timer));
  });
  expect(await ask(protocol, port)).toMatchObject({ facts: {}, gaps: noneOf(protocol, 'timeout'), connections: 1 });
});
test.each(services)('%s: garbage is nobody’s answer', async (protocol) => {
  const { port } = await scripted((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(await ask(protocol, port)).toMatchObject({ facts: {}, gaps: noneOf(protocol, logins.has(protocol) ? 'unexpected' : 'malformed') });
});
test.each(services)('%s: an endless greeting ends', async (protocol) => {
  const block: Readonly<Record<string, Buffer>> = {
    postgres: Buffer.concat(Array.from({ length: 400 }, () => message('N', 'MWait\0\0'))),
    mysql: Buffer.alloc(4096, 0xff),
    redis: Buffer.alloc(4096, '+'),
    smtp: Buffer.from('220-wait\r\n'.repeat(400)),
    imap: Buffer.alloc(4096, '* OK '),
    pop3: Buffer.alloc(4096, '+OK '),
    ldap: Buffer.concat(Array.from({ length: 400 }, () => Buffer.from('300c02010173070405', 'hex'))),
  };
  const { port } = await scripted((socket) => {
    const pour = (): void => {
      while (socket.writable && socket.write(block[protocol] ?? ''));
    };
    socket.on('drain', pour);
    pour();
  });
  const { facts, gaps } = await ask(protocol, port, { timeoutMs: 5000 });
  expect(facts).toEqual({});
  expect([noneOf(protocol, 'malformed'), noneOf(protocol, 'too-large'), noneOf(protocol, 'unexpected')]).toContainEqual(gaps);
});
test.each(services)('%s: a closed port is a gap', async (protocol) => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  expect(await ask(protocol, port)).toMatchObject({ facts: {}, gaps: noneOf(protocol, 'refused') });
});
test.each(services)('%s: nothing is begun once the scan has been stopped', async (protocol) => {
  const { port, heard } = await scripted(() => {});
  expect(await ask(protocol, port, { signal: AbortSignal.abort() })).toMatchObject({ facts: {}, gaps: noneOf(protocol, 'cancelled') });
  expect(heard).toEqual([]);
});
test.each(['https', 'tls'] as const)('%s is asked nothing, and lacks nothing', async (protocol) => {
  expect(await ask(protocol, 1)).toMatchObject({ facts: {}, gaps: [], connections: 0 });
});
test('it is asked where no TLS was found, too, and where nothing but it is read', async () => {
  const { port } = await scripted((socket) => socket.on('data', (chunk: Buffer) => socket.write(/PING/.test(String(chunk)) ? '+PONG\r\n' : '-ERR what\r\n')));
  const context = endpointContext({ protocol: 'redis', timeoutMs: 400 });
  const seen = await observeAddress({ name: 'localhost', address: '127.0.0.1', port }, context, [plaintext], new Set(['plaintext.sessions']));
  expect(seen.map(({ by, facts }) => [by, 'plaintext' in facts ? facts.plaintext : undefined])).toContainEqual([
    'plaintext',
    { sessions: 'accepted-anonymous', methods: [], clearPassword: false },
  ]);
});

test('PostgreSQL hears a bogus user, no secret, and a farewell', async () => {
  const { port, heard } = await scripted(onData(askPassword));
  const { facts, seen, connections } = await ask('postgres', port);
  expect([facts, connections]).toEqual([{ sessions: 'accepted-preauth', methods: ['cleartext-password'], clearPassword: true }, 1]);
  expect(heard.map(String)).toEqual(['\0\0\0/\0\x03\0\0user\0encaudit_probe\0database\0postgres\0\0X\0\0\0\x04']);
  expect(seen.evidence).toMatchObject([
    {
      sent: `without TLS: ${heard[0]?.toString('hex')}`,
      received: askPassword.toString('hex'),
      reproduce: ['psql', '-w', '-c', '\\q', `host=127.0.0.1 port=${port} user=encaudit_probe dbname=postgres sslmode=disable gssencmode=disable`],
    },
  ]);
});
test.each([
  [7, 'gssapi', false],
  [9, 'sspi', false],
])('PostgreSQL, authentication request %i is %s', async (kind, method, clearPassword) => {
  const { port } = await scripted(onData(message('R', `\0\0\0${String.fromCharCode(kind)}`)));
  expect((await ask('postgres', port)).facts).toEqual({ sessions: 'accepted-preauth', methods: [method], clearPassword });
});
test('PostgreSQL, a token is as good as a password', async () => {
  const { port } = await scripted(onData(message('R', '\0\0\0\x0aSCRAM-SHA-256\0OAUTHBEARER\0\0')));
  expect((await ask('postgres', port)).facts).toEqual({ sessions: 'accepted-preauth', methods: ['scram-sha-256', 'oauth-bearer'], clearPassword: true });
});
test('PostgreSQL, a kind that nobody here knows: whether it can be read stays open', async () => {
  const { port } = await scripted(onData(message('R', '\0\0\0\x63')));
  expect(await ask('postgres', port)).toMatchObject({
    facts: { sessions: 'accepted-preauth', methods: ['other'] },
    gaps: ['plaintext.clearPassword unsupported 1'],
  });
});
test.each([
  ['53300', 'throttled'],
  ['57P03', 'unexpected'],
])('PostgreSQL, SQLSTATE %s is no refusal', async (code, gap) => {
  const { port } = await scripted(onData(sqlstate(code)));
  expect(await ask('postgres', port)).toMatchObject({ facts: {}, gaps: none(gap), connections: 1 });
});

const context = createSecureContext(selfSigned());
/** Answers SSLRequest, and inside TLS a startup message. */
const upgraded =
  (inside: Buffer, alongside = '') =>
  (socket: Socket): void => {
    socket.removeAllListeners('data');
    socket.write(`S${alongside}`);
    const tls = new TLSSocket(socket, { isServer: true, secureContext: context });
    tls.on('error', () => {}).on('data', () => tls.write(inside));
  };
const first = (clear: (socket: Socket) => void, second: (socket: Socket) => void) => (socket: Socket, connection: number) =>
  socket.once('data', () => (connection === 0 ? clear(socket) : second(socket)));
test.each<[string, (socket: Socket) => void]>([
  ['no line of pg_hba.conf', (socket) => socket.write(noEntry)],
  ['a pooler (08P01)', (socket) => socket.write(sqlstate('08P01', 'SSL required'))],
  ['a proxy (28000)', (socket) => socket.write(sqlstate('28000', 'SSL connection is required'))],
  ['a TLS alert', (socket) => socket.end(Buffer.from('15030300020246', 'hex'))],
])('PostgreSQL: %s in clear and a login inside TLS is a refusal', async (_name, clear) => {
  const { port } = await scripted(first(clear, upgraded(askPassword)));
  const { facts, gaps, seen, connections } = await ask('postgres', port, { timeoutMs: 2000 });
  expect([facts, gaps, connections]).toEqual([{ sessions: 'refused', methods: [], clearPassword: false }, [], 2]);
  expect(seen.evidence.map(({ sent = '' }) => sent.slice(0, 29))).toEqual(['without TLS: 0000002f00030000', 'inside TLS: 0000000804d2162f0']);
});
test('PostgreSQL: a close in clear, three times, and a login inside TLS is a refusal', async () => {
  const { port } = await scripted((socket, connection) => {
    socket.once('data', () => (connection < 3 ? socket.end() : upgraded(askPassword)(socket)));
  });
  expect(await ask('postgres', port, { timeoutMs: 2000 })).toMatchObject({ facts: { sessions: 'refused' }, gaps: [], connections: 4 });
});
test.each<[string, (socket: Socket) => void, string]>([
  ['the same inside TLS', upgraded(noEntry), 'unprovable'],
  ['no TLS', (socket) => socket.write('N'), 'unprovable'],
  ['too many connections inside TLS', upgraded(sqlstate('53300')), 'throttled'],
  ['starting up inside TLS', upgraded(sqlstate('57P03')), 'unexpected'],
  ['garbage inside TLS', upgraded(Buffer.from('HTTP/1.1')), 'malformed'],
  ['a login slipped in behind the go-ahead', upgraded(Buffer.alloc(0), askPassword.toString('latin1')), 'closed'],
  ['no handshake', (socket) => socket.removeAllListeners('data').end('S'), 'reset'],
])('PostgreSQL: no line in clear, and %s proves nothing', async (_name, second, code) => {
  const { port } = await scripted(first((socket) => socket.write(noEntry), second));
  const { facts, gaps } = await ask('postgres', port, { timeoutMs: 1000 });
  expect([facts, gaps.map((gap) => gap.split(' ')[1])]).toEqual([{}, Array.from({ length: 3 }, () => code)]);
});

test('MySQL 8 and MariaDB 11.2.2 that refuse before the login (3159)', async () => {
  const { port, heard } = await scripted(mysql(greeting('11.4.5-MariaDB', 'mysql_native_password'), err(3159)));
  expect(await ask('mysql', port)).toMatchObject({ facts: { sessions: 'refused', methods: [], clearPassword: false }, gaps: [], connections: 1 });
  expect(String(heard[0]).slice(36)).toBe('encaudit_probe\0\0mysql_native_password\0');
});
test.each([
  ['11.4.5-MariaDB', true, 'accepted-preauth'],
  ['8.4.3', false, 'accepted-preauth'],
  ['8.4.3', true, undefined],
  ['5.5.5-10.11.19-MariaDB', true, undefined],
])('MySQL, %s, which offers TLS: %s, refuses the login: %s', async (version, tls, sessions) => {
  const { port } = await scripted(mysql(greeting(version, 'caching_sha2_password', tls), err(1045)));
  const { facts, gaps } = await ask('mysql', port);
  expect(facts).toEqual({ ...(sessions && { sessions }), methods: ['caching_sha2_password'], clearPassword: false });
  expect(gaps).toEqual(sessions ? [] : ['plaintext.sessions unprovable 1']);
});
test('MySQL that asks for a readable password gets an empty one, so that no broken dialogue counts against us', async () => {
  const { port, heard } = await scripted(mysql(greeting('8.4.3', 'caching_sha2_password'), packet(2, '\xfemysql_clear_password\0'), err(1045, 4)));
  expect(await ask('mysql', port)).toMatchObject({
    facts: { methods: ['mysql_clear_password'], clearPassword: true },
    gaps: ['plaintext.sessions unprovable 1'],
  });
  expect(heard[0]?.subarray(-5)).toEqual(Buffer.from([1, 0, 0, 3, 0]));
});
test('MySQL that asks for a plugin of which nothing is known', async () => {
  const { port } = await scripted(mysql(greeting('8.4.3', 'caching_sha2_password'), packet(2, '\xfeown_plugin\0'), err(1045, 4)));
  expect(await ask('mysql', port)).toMatchObject({
    facts: { methods: ['other'] },
    gaps: ['plaintext.sessions unprovable 1', 'plaintext.clearPassword unsupported 1'],
  });
});
test('MySQL that wants ever another plugin is left', async () => {
  const { port, heard } = await scripted((socket) => mysql(greeting('8.4.3', 'p'), ...Array.from({ length: 9 }, () => packet(2, '\xfedialog\0')))(socket));
  expect((await ask('mysql', port)).facts).toEqual({ methods: ['dialog'], clearPassword: true });
  expect(heard[0]?.length).toBeLessThan(70);
});
test('MySQL that lets nobody in particular in hears COM_QUIT and no query', async () => {
  const { port, heard } = await scripted(mysql(greeting('8.4.3', 'mysql_native_password'), packet(2, '\0\0\0\x02\0\0\0')));
  expect(await ask('mysql', port)).toMatchObject({ facts: { sessions: 'accepted-anonymous' }, gaps: [], connections: 1 });
  expect(heard[0]?.subarray(-5)).toEqual(Buffer.from([1, 0, 0, 0, 1]));
});
test.each([
  [1129, 'access-denied'],
  [1130, 'access-denied'],
  [1040, 'throttled'],
  [1043, 'unexpected'],
])('MySQL, error %i in place of the greeting is no refusal', async (code, gap) => {
  const { port } = await scripted((socket) => socket.end(packet(0, `\xff${String.fromCharCode(code & 255, code >> 8)}Host is blocked`)));
  expect(await ask('mysql', port)).toMatchObject({ facts: {}, gaps: none(gap), connections: 1 });
});

test('Redis in protected mode speaks of where we come from', async () => {
  const { port } = await scripted((socket) => socket.end('-DENIED Redis is running in protected mode because\r\n'));
  const { facts, gaps, seen } = await ask('redis', port);
  expect([facts, gaps]).toEqual([{}, none('unprovable')]);
  expect(seen.evidence).toMatchObject([{ received: '-DENIED Redis is running in protected mode because' }]);
});
test.each(['-LOADING Redis is loading the dataset in memory', '-ERR max number of clients reached'])('Redis, %s', async (line) => {
  const { port } = await scripted(onData(`${line}\r\n`));
  expect(await ask('redis', port)).toMatchObject({ facts: {}, gaps: none('unexpected'), connections: 1 });
});
test('Redis hears PING and QUIT, and not a word more', async () => {
  const { port, heard } = await scripted(onData('-NOAUTH Authentication required.\r\n'));
  expect(await ask('redis', port)).toMatchObject({
    facts: { sessions: 'accepted-preauth', methods: ['redis-auth'], clearPassword: true },
    gaps: [],
    connections: 1,
  });
  expect(heard.map(String)).toEqual(['*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n']);
});
test.each([
  ['a close', ''],
  ['an alert', '15030300020246'],
])('Redis: %s where no TLS was seen is no refusal', async (_name, bytes) => {
  const { port } = await scripted((socket) => socket.on('data', () => socket.end(Buffer.from(bytes, 'hex'))));
  const { facts, gaps } = await ask('redis', port);
  expect([facts, gaps.map((gap) => gap.split(' ')[1])]).toEqual([{}, ['unprovable', 'unprovable', 'unprovable']]);
});

/** Each line of the server comes once the client has spoken; the first at once. */
const inTurn =
  (...lines: readonly string[]) =>
  (socket: Socket): void => {
    let n = 0;
    const next = (): unknown => socket.write(lines[n++] ?? '');
    next();
    socket.on('data', next);
  };
test('SMTP: a login that is taken up is called off, politely and without a name', async () => {
  const { port, heard } = await scripted(inTurn('220 x\r\n', '250-x\r\n250 AUTH PLAIN XOAUTH2 LOGIN\r\n', '334 \r\n', '501 x\r\n'));
  const { facts, gaps, seen } = await ask('smtp', port);
  expect([facts, gaps]).toEqual([{ login: 'accepted', methods: ['sasl-plain', 'sasl-login', 'sasl-oauth'], clearPassword: true }, []]);
  expect(heard.map(String)).toEqual(['EHLO encaudit.invalid\r\nAUTH PLAIN\r\n*\r\nQUIT\r\n']);
  expect(seen.evidence).toMatchObject([
    {
      sent: 'without TLS: EHLO encaudit.invalid ⏎ AUTH PLAIN ⏎ * ⏎ QUIT',
      received: '220 x ⏎ 250-x ⏎ 250 AUTH PLAIN XOAUTH2 LOGIN ⏎ 334  ⏎ 501 x',
      reproduce: ['curl', '-sv', '--user', 'encaudit_probe:encaudit_probe', `smtp://127.0.0.1:${port}/`],
    },
  ]);
});
test('SMTP: a mechanism that nobody here knows may be readable', async () => {
  const { port } = await scripted(inTurn('220 x\r\n', '250-x\r\n250 AUTH OWN\r\n', '334 \r\n', '501 x\r\n'));
  expect(await ask('smtp', port)).toMatchObject({ facts: { login: 'accepted', methods: ['other'] }, gaps: ['plaintext.clearPassword unsupported 1'] });
});
test('SMTP: a server that is busy is a gap that may pass', async () => {
  const { port } = await scripted((socket) => socket.end('421 too many\r\n'));
  expect(await ask('smtp', port)).toMatchObject({ facts: {}, gaps: none('throttled', 1, 'login'), connections: 1 });
});
test('IMAP: one login of nobody where there is nothing but LOGIN', async () => {
  const { port, heard } = await scripted(inTurn('* OK x\r\n', '* CAPABILITY IMAP4rev1\r\na OK\r\n', 'b NO [AUTHENTICATIONFAILED] x\r\n'));
  expect(await ask('imap', port)).toMatchObject({ facts: { login: 'accepted', methods: ['imap-login'], clearPassword: true }, connections: 1 });
  expect(heard.map(String)).toEqual(['a CAPABILITY\r\nb LOGIN encaudit_probe encaudit_probe\r\nz LOGOUT\r\n']);
});
test('a bug of ours in a dialogue is told, and ends nothing else', async () => {
  const { port } = await scripted((socket) => socket.write('x'));
  const context = endpointContext({ timeoutMs: 400 });
  const fault = (): never => {
    throw new RangeError('ours');
  };
  await expect(converse({ name: 'localhost', address: '127.0.0.1', port }, { next: fault }, context)).rejects.toThrow('ours');
});
