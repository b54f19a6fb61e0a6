import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mysqlServer, type MysqlServerOptions } from '../../src/wire/mysql-server.ts';
import type { ServerDialogue } from '../../src/wire/server-dialogue.ts';
import { cut, talk } from './talk.ts';

type Tls = MysqlServerOptions['tls'];
const server = (tls: Tls): ServerDialogue => mysqlServer({ tls, challenge: Buffer.from('abcdefghijklmnopqrst') });
const packet = (sequence: number, body: string): string => String.fromCharCode(body.length & 255, body.length >> 8, 0, sequence) + body;
const int32 = (value: number): string => String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
const [ssl, modern, withDb, secure, plugin, attributes, lengthEncoded] = [0x800, 0x200, 8, 0x8000, 0x80000, 0x100000, 0x200000];
const opening = (capabilities: number): string => int32(capabilities) + int32(0x1000000) + '\x2d' + '\0'.repeat(23);
const sslRequest = packet(1, opening(ssl | modern | secure));
const short = (text: string): string => String.fromCharCode(text.length) + text;
const login = (sequence: number, proof: string, method = 'mysql_native_password'): string =>
  packet(sequence, `${opening(modern | secure | withDb | plugin | attributes)}planted-user\0${short(proof)}planted-db\0${method}\0${short('\x01a\x01b')}`);
const proof = 'planted'.repeat(3).slice(0, 20);
const ok = '\0\0\0\x02\0\0\0';
const hello = '\x16\x03\x01';
const greeted = (tls: Tls): string => talk(server(tls)).sent;
const after = (tls: Tls, ...pieces: readonly string[]): ReturnType<typeof talk> => {
  const all = talk(server(tls), ...pieces);
  return { ...all, sent: all.sent.slice(greeted(tls).length) };
};

test('the greeting says TLS where there is TLS, and nowhere else', () => {
  const bytes = Buffer.from(greeted('offered'), 'latin1');
  expect(bytes.readUIntLE(0, 3)).toBe(bytes.length - 4);
  expect([bytes[3], bytes[4]]).toEqual([0, 10]);
  const at = bytes.indexOf(0, 5) + 1;
  expect(bytes.subarray(at + 4, at + 12).toString()).toBe('abcdefgh');
  const capabilities = bytes.readUInt16LE(at + 13) | (bytes.readUInt16LE(at + 18) << 16);
  expect(capabilities & (ssl | modern | secure | plugin | lengthEncoded)).toBe(ssl | modern | secure | plugin | lengthEncoded);
  expect(capabilities & 0x20).toBe(0); // compression
  expect(bytes[at + 20]).toBe(21);
  expect(bytes.subarray(at + 31).toString('latin1')).toBe('ijklmnopqrst\0mysql_native_password\0');
  const without = Buffer.from(greeted('refused'), 'latin1');
  expect(without.readUInt16LE(at + 13)).toBe(bytes.readUInt16LE(at + 13) & ~ssl);
});
test('a login without TLS and what comes after', () => {
  const { sent, saw, next } = after('refused', login(1, proof), packet(0, '\x03select 1'), packet(0, '\x0e'), packet(0, '\x01'));
  expect(sent).toBe(packet(2, ok) + packet(1, ok) + packet(1, ok));
  expect(saw).toEqual(['request HandshakeResponse!', 'request COM_QUERY', 'request COM_PING', 'request COM_QUIT']);
  expect(next).toBe('close');
});
test('SSLRequest: the handshake gets every byte that came, and the login goes on inside', () => {
  const before = after('offered', sslRequest + hello);
  expect(before).toEqual({ sent: '', saw: ['asks-tls SSLRequest'], next: 'tls', rest: hello });
  expect(after('offered', sslRequest, hello)).toEqual(before);
  expect(after('offered', sslRequest, hello, login(2, proof))).toEqual({
    sent: packet(3, ok),
    saw: ['asks-tls SSLRequest', 'request HandshakeResponse!'],
    next: 'read',
    rest: '',
  });
});
test('TLS that is promised and then broken off, or asked for though it was not promised', () => {
  for (const tls of ['closed', 'refused'] as const)
    expect(after(tls, sslRequest, hello)).toEqual({ sent: '', saw: ['asks-tls SSLRequest'], next: 'close', rest: '' });
  expect(after('closed', login(1, proof)).saw).toEqual(['request HandshakeResponse!']);
});
test('a client that asks for TLS and does not begin it', () => {
  expect(after('offered', sslRequest, login(2, proof))).toMatchObject({ saw: ['asks-tls SSLRequest', 'malformed ClientHello'], next: 'close' });
});
test('caching_sha2_password hears that its fast way was enough, unless there is no password', () => {
  expect(after('refused', login(1, proof, 'caching_sha2_password')).sent).toBe(packet(2, '\x01\x03') + packet(3, ok));
  expect(after('refused', login(1, '', 'caching_sha2_password')).sent).toBe(packet(2, ok));
  expect(after('refused', login(1, '\0', 'caching_sha2_password'))).toMatchObject({ sent: packet(2, ok), saw: ['request HandshakeResponse'] });
});
test.each<[string, string, string]>([
  ['a length in three bytes', packet(1, `${opening(modern | lengthEncoded | plugin)}u\0\xfc\x2c\x01${'p'.repeat(300)}caching_sha2_password\0`), '\x01\x03'],
  ['a response that ends in NUL', packet(1, `${opening(modern | plugin)}u\0ppp\0caching_sha2_password\0`), '\x01\x03'],
  ['an old client', packet(1, `${String.fromCharCode(0, 0)}\0\0\xffuser\0secret\0`), ok],
  ['an old client whose password ends with the packet', packet(1, `${String.fromCharCode(0, 0)}\0\0\xffuser\0secret`), ok],
])('%s', (_name, bytes, first) => {
  const { sent, saw } = after('refused', bytes);
  expect(sent.startsWith(packet(2, first))).toBe(true);
  expect(saw).toEqual(['request HandshakeResponse!']);
});
test('commands with answers of their own, or none', () => {
  const start = after('refused', login(1, proof)).sent.length;
  const answers = (...pieces: readonly string[]): string => after('refused', login(1, proof), ...pieces).sent.slice(start);
  expect(answers(packet(0, '\x16select ?'))).toBe(packet(1, '\0\x01\0\0\0\0\0\0\0\0\0\0'));
  expect(answers(packet(0, '\x18x'), packet(0, '\x19x'))).toBe('');
  expect(answers(packet(0, '\x04t\0'))).toBe(packet(1, '\xfe\0\0\x02\0'));
  expect(answers(packet(0, ''))).toBe(packet(1, ok));
  expect(after('refused', login(1, proof), packet(0, '\x11u\0')).saw.at(-1)).toBe('request COM_CHANGE_USER!');
});
test('a command of more than 16 MB is read to its end and answered once', () => {
  const head = Buffer.from([0xff, 0xff, 0xff, 0]);
  const start = after('refused', login(1, proof)).sent.length;
  const dialogue = server('refused');
  const { sent } = talk(dialogue, login(1, proof), head, '\x03', new Uint8Array(0xfffffe), packet(1, 'end'));
  expect(sent.slice(greeted('refused').length + start)).toBe(packet(2, ok));
});
test.each([packet(1, 'abc'), Buffer.from([0, 0, 2, 1])])('a login that is too short or too long ends the connection', (bytes) => {
  expect(talk(server('refused'), bytes)).toMatchObject({ saw: ['malformed HandshakeResponse'], next: 'close' });
});

const part = fc.oneof(
  fc.constantFrom(
    sslRequest,
    login(1, proof),
    login(1, proof, 'caching_sha2_password'),
    packet(0, '\x03planted'),
    packet(0, '\x16planted'),
    packet(0, '\x19planted'),
  ),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => packet(1, Buffer.from(bytes).toString('latin1'))),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
test('whatever comes: in any pieces the same, no byte of it comes back, and the end is the end', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Tls>('offered', 'refused', 'closed'),
      fc.array(part, { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      (tls, parts, places) => {
        const bytes = Buffer.from(parts.join(''), 'latin1');
        const whole = talk(server(tls), bytes);
        if (whole.next === 'tls') return; // other bytes come through another socket
        expect(talk(server(tls), ...cut(bytes, places))).toEqual(whole);
        expect(whole.sent + whole.saw.join()).not.toMatch(/planted/);
        if (whole.next === 'close') expect(talk(server(tls), bytes, login(1, proof))).toEqual(whole);
      },
    ),
  );
});
