import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { postgresServer, type PostgresTls } from '../../src/wire/postgres-server.ts';
import { cut, talk } from './talk.ts';

const int32 = (value: number): string => String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
const untyped = (code: number, body = ''): string => int32(8 + body.length) + int32(code) + body;
const message = (type: string, body = ''): string => type + int32(4 + body.length) + body;
const sslRequest = untyped(80_877_103);
const startup = untyped(0x30000, 'user\0planted-user\0database\0planted-database\0\0');
const password = message('p', 'planted-password\0');
const hello = '\x16\x03\x01';

const askPassword = message('R', int32(3));
const authenticated = message('R', int32(0));
const ready = message('Z', 'I');
const inTransaction = message('Z', 'T');
const noColumns = message('T', '\0\0');

test('a login without TLS: a password is asked for, any is good, and queries find nothing', () => {
  const { sent, saw, next } = talk(postgresServer('refused'), sslRequest, startup, password, message('Q', 'select 1\0'), message('X'));
  expect(sent.startsWith(`N${askPassword}${authenticated}S`)).toBe(true);
  expect(sent).toContain(message('S', 'server_encoding\0UTF8\0'));
  expect(sent).toContain(message('K', int32(1) + int32(1)));
  expect(sent.endsWith(ready + noColumns + message('C', 'SELECT 0\0') + ready)).toBe(true);
  expect(saw).toEqual(['asks-tls SSLRequest', 'request StartupMessage', 'request PasswordMessage!', 'request Query']);
  expect(next).toBe('close');
});
test('TLS after S: the handshake gets every byte that came, and the login goes on inside', () => {
  const before = talk(postgresServer('offered'), sslRequest, hello);
  expect(before).toEqual({ sent: 'S', saw: ['asks-tls SSLRequest', 'asks-tls ClientHello'], next: 'tls', rest: hello });
  expect(talk(postgresServer('offered'), sslRequest + hello)).toEqual(before);
  const { sent, saw } = talk(postgresServer('offered'), sslRequest, hello, startup, password);
  expect(sent.startsWith(`S${askPassword}${authenticated}`)).toBe(true);
  expect(saw.slice(2)).toEqual(['request StartupMessage', 'request PasswordMessage!']);
});
test('direct TLS begins without an SSLRequest, and only where TLS is offered', () => {
  expect(talk(postgresServer('offered'), hello)).toEqual({ sent: '', saw: ['asks-tls ClientHello'], next: 'tls', rest: hello });
  for (const tls of ['refused', 'closed', 'error'] as const)
    expect(talk(postgresServer(tls), hello)).toEqual({ sent: '', saw: ['asks-tls ClientHello'], next: 'close', rest: '' });
});
test('a client that asks for TLS, is granted it and logs in plainly, logs in plainly', () => {
  expect(talk(postgresServer('offered'), sslRequest, startup)).toMatchObject({ sent: `S${askPassword}`, next: 'read' });
});
test.each<[PostgresTls, string]>([
  ['closed', 'S'],
  ['error', message('E', 'SFATAL\0VFATAL\0C08P01\0Mthis server cannot begin TLS\0\0')],
])('TLS that breaks: %s', (tls, sent) => {
  expect(talk(postgresServer(tls), sslRequest, startup)).toEqual({ sent, saw: ['asks-tls SSLRequest'], next: 'close', rest: '' });
  expect(talk(postgresServer(tls), startup).saw).toEqual(['request StartupMessage']);
});
test('Kerberos is declined before anything else', () => {
  expect(talk(postgresServer('offered'), untyped(80_877_104), sslRequest, hello)).toMatchObject({ sent: 'NS', next: 'tls' });
});
test('inside TLS a second SSLRequest is no login', () => {
  expect(talk(postgresServer('offered'), sslRequest, hello, sslRequest).saw.at(-1)).toBe('malformed StartupMessage');
});
test('a newer minor version and unknown options are negotiated down', () => {
  const negotiated = message('v', `${int32(0x30000)}${int32(1)}_pq_.a\0`);
  expect(talk(postgresServer('refused'), untyped(0x30002, 'user\0a\0_pq_.a\0_pq_.b\0\0')).sent).toBe(negotiated + askPassword);
  expect(talk(postgresServer('refused'), untyped(0x30002, 'user\0a\0\0')).sent).toBe(message('v', int32(0x30000) + int32(0)) + askPassword);
});
test('an empty password is no secret', () => {
  expect(talk(postgresServer('refused'), startup, message('p', '\0')).saw.at(-1)).toBe('request PasswordMessage');
});
test.each<[string, string]>([
  ['', message('I') + ready],
  ['  select 1', noColumns + message('C', 'SELECT 0\0') + ready],
  ['(VALUES (1))', noColumns + message('C', 'SELECT 0\0') + ready],
  ['BEGIN; select 1', message('C', 'BEGIN\0') + inTransaction],
  ['insert into planted values (1)', message('C', 'INSERT 0 0\0') + ready],
  ['planted', message('C', 'OK\0') + ready],
  [`select '${'planted'.repeat(1000)}'`, noColumns + message('C', 'SELECT 0\0') + ready],
])('%.20j', (query, answer) => {
  const start = talk(postgresServer('refused'), startup, password).sent.length;
  expect(talk(postgresServer('refused'), startup, password, message('Q', `${query}\0`)).sent.slice(start)).toBe(answer);
});
test('a transaction lasts until it ends', () => {
  const { sent } = talk(postgresServer('refused'), startup, password, message('Q', 'begin\0'), message('S'), message('Q', 'COMMIT\0'), message('S'));
  expect(sent.endsWith(message('C', 'BEGIN\0') + inTransaction + inTransaction + message('C', 'COMMIT\0') + ready + ready)).toBe(true);
});
test('the extended query protocol', () => {
  const into = [startup, password] as const;
  const start = talk(postgresServer('refused'), ...into).sent.length;
  const answers = (...pieces: readonly string[]): string => talk(postgresServer('refused'), ...into, ...pieces).sent.slice(start);
  const parsed = message('P', 'a\0select $1\0\0\0');
  expect(answers(parsed, message('D', 'Sa\0'), message('B', '\0a\0'), message('D', 'P\0'), message('E', '\0'), message('S'), message('H'))).toBe(
    [message('1'), message('t', '\0\0'), noColumns, message('2'), noColumns, message('C', 'SELECT 0\0'), ready].join(''),
  );
  expect(answers(message('P', '\0begin\0\0\0'), message('D', 'P\0'), message('E', '\0'), message('S'), message('C', 'S\0'))).toBe(
    [message('1'), message('n'), message('C', 'BEGIN\0'), inTransaction, message('3')].join(''),
  );
  expect(answers(message('F', 'x'))).toBe(message('V', int32(0xffffffff)) + ready);
});
test.each<[string, string, string[]]>([
  ['cancel', untyped(80_877_102, int32(1) + int32(1)), []],
  ['goodbye instead of a password', startup + message('X'), ['request StartupMessage']],
  ['protocol 2', untyped(0x20000, 'user\0a\0\0'), ['malformed StartupMessage']],
  ['HTTP', 'GET / HTTP/1.1\r\n\r\n', ['malformed StartupMessage']],
  ['a length that is too short', int32(7) + int32(0x30000), ['malformed StartupMessage']],
  ['a length of two gigabytes', `\x7f\xff\xff\xff${int32(0x30000)}`, ['malformed StartupMessage']],
  ['a message shorter than its length', startup + password + 'Q' + int32(3), ['request StartupMessage', 'request PasswordMessage!', 'malformed message']],
  ['a message that nobody knows', startup + password + message('?'), ['request StartupMessage', 'request PasswordMessage!', 'malformed message']],
])('%s ends the connection', (_name, bytes, saw) => {
  expect(talk(postgresServer('refused'), bytes)).toMatchObject({ saw, next: 'close' });
});

const tls = fc.constantFrom<PostgresTls>('offered', 'refused', 'closed', 'error');
const part = fc.oneof(
  fc.constantFrom(sslRequest, startup, password, message('Q', 'select 1\0'), message('D', 'S\0'), message('S'), untyped(80_877_104)),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
test('whatever comes: in any pieces the same, no byte of it comes back, and the end is the end', () => {
  fc.assert(
    fc.property(tls, fc.array(part, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (answer, parts, places) => {
      const bytes = Buffer.from(parts.join(''), 'latin1');
      const pieces = cut(bytes, places);
      const whole = talk(postgresServer(answer), bytes);
      // after `tls` other bytes come through another socket
      if (whole.next === 'tls') return;
      expect(talk(postgresServer(answer), ...pieces)).toEqual(whole);
      expect(whole.sent).not.toMatch(/planted/);
      expect(whole.saw.join()).not.toMatch(/planted/);
      if (whole.next === 'close') expect(talk(postgresServer(answer), bytes, startup)).toEqual(whole);
    }),
  );
});
