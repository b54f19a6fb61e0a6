import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  emptyPassword,
  handshakeResponse,
  packetsOf,
  quit,
  readAuth,
  readGreeting,
  refusesBeforeLogin,
  type MysqlGreeting,
} from '../../../src/wire/login/mysql.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
/** MariaDB 10.11.19 of Debian without TLS, recorded on 2026-11-25. */
const mariadb = bytes(
  '640000000a352e352e352d31302e31312e31392d4d6172696144422d302b646562313275310003000000675f253a35385b4100fef7080200ff81150000000000001d00000073412845613a3d635b7e2a53006d7973716c5f6e61746976655f70617373776f726400',
);
const packet = (sequence: number, payload: Buffer): Buffer => Buffer.concat([Buffer.from([payload.length & 255, payload.length >> 8, 0, sequence]), payload]);
const greeting = (version: string, low: number, plugin = 'caching_sha2_password'): Buffer =>
  packet(
    0,
    Buffer.concat([
      Buffer.from(`\x0a${version}\0`),
      Buffer.alloc(13, 1),
      Buffer.from([low & 255, low >> 8, 255, 2, 0, 0xff, 0xdf, 21]),
      Buffer.alloc(23),
      Buffer.from(`${plugin}\0`),
    ]),
  );

test('the greeting of a real MariaDB', () => {
  expect(readGreeting(mariadb)).toEqual({
    is: 'greeting',
    version: '5.5.5-10.11.19-MariaDB-0+deb12u1',
    tls: false,
    mariadb: true,
    plugin: 'mysql_native_password',
  });
});
test('the greeting of MySQL 8, as its documentation has it', () => {
  expect(readGreeting(greeting('8.4.3', 0xffff))).toEqual({ is: 'greeting', version: '8.4.3', tls: true, mariadb: false, plugin: 'caching_sha2_password' });
  expect(readGreeting(greeting('8.4.3', 0xf7ff))).toMatchObject({ tls: false });
});
test('an error in place of the greeting has no SQLSTATE', () => {
  expect(readGreeting(packet(0, Buffer.from('\xff\x6a\x04Host', 'latin1')))).toEqual({ is: 'error', code: 1130, state: '' });
});
test('a response without CLIENT_SSL, with an empty password', () => {
  const sent = Buffer.from(handshakeResponse('encaudit_probe', 'p'));
  expect(packetsOf(sent)).toHaveLength(1);
  expect(sent.readUInt32LE(4) & 0x800).toBe(0);
  expect(sent.subarray(36).toString('latin1')).toBe('encaudit_probe\0\0p\0');
  expect([emptyPassword('mysql_native_password'), emptyPassword('caching_sha2_password'), quit].map((one) => Buffer.from(one).toString('hex'))).toEqual([
    '00000003',
    '0100000300',
    '0100000001',
  ]);
});
test.each([
  ['ff570c234859303030', { is: 'error', code: 3159, state: 'HY000' }],
  ['ff15042332383030304163', { is: 'error', code: 1045, state: '28000' }],
  ['fe', { is: 'switch', plugin: 'mysql_old_password' }],
  ['fe6d7973716c5f636c6561725f70617373776f726400', { is: 'switch', plugin: 'mysql_clear_password' }],
  ['fe61', { is: 'malformed' }],
  ['0104', { is: 'more' }],
  ['00000002000000', { is: 'ok' }],
  ['00', { is: 'malformed' }],
  ['ff15', { is: 'malformed' }],
  ['0a', { is: 'malformed' }],
])('after the response: %s', (payload, read) => {
  expect(readAuth(packet(2, bytes(payload)))).toEqual(read);
});
test('only MariaDB from 11.2.2 on decides before the login', () => {
  const decides = (version: string): boolean =>
    refusesBeforeLogin({ is: 'greeting', version, tls: true, mariadb: /mariadb/i.test(version), plugin: '' } satisfies MysqlGreeting);
  expect(['5.5.5-11.2.2-MariaDB', '11.4.5-MariaDB-ubu2404', '12.0.1-MariaDB-log'].map(decides)).toEqual([true, true, true]);
  expect(['5.5.5-10.11.19-MariaDB-0+deb12u1', '11.2.1-MariaDB', '8.4.3', '11.8.0', '5.5.5-MariaDB', '99999.9.9-MariaDB', ''].map(decides)).toEqual(
    Array.from({ length: 7 }, () => false),
  );
});
test('a truncated greeting waits for more; whatever comes, reading ends and never throws', () => {
  for (let end = 0; end < mariadb.length; end++) expect(readGreeting(mariadb.subarray(0, end))).toEqual({ is: 'incomplete' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, framed) => {
      const sent = framed && noise.length > 0 ? packet(0, Buffer.from(noise)) : noise;
      for (const read of [readGreeting(sent), readAuth(sent)])
        expect(['greeting', 'error', 'switch', 'more', 'ok', 'incomplete', 'malformed']).toContain(read.is);
    }),
  );
});
test('a packet longer than any that belongs here is not waited for', () => {
  expect(readGreeting(bytes('160301'))).toEqual({ is: 'incomplete' });
  expect(readGreeting(bytes('15030300'))).toEqual({ is: 'malformed' });
  expect(readGreeting(bytes('00000000'))).toEqual({ is: 'malformed' });
});
