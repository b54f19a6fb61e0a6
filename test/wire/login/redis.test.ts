import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ping, readRedis, redisQuit } from '../../../src/wire/login/redis.ts';

const read = (text: string): unknown => readRedis(Buffer.from(text, 'latin1'));
test.each([
  ['+PONG\r\n', { is: 'pong' }],
  ['-NOAUTH Authentication required.\r\n', { is: 'error', code: 'NOAUTH' }],
  ['-DENIED Redis is running in protected mode…\r\n', { is: 'error', code: 'DENIED' }],
  ["-NOPERM this user has no permissions to run the 'ping' command\r\n", { is: 'error', code: 'NOPERM' }],
  ['-ERR max number of clients reached\r\n', { is: 'error', code: 'ERR' }],
  ['', { is: 'incomplete' }],
  ['-NOAU', { is: 'incomplete' }],
  ['+PONG\r', { is: 'incomplete' }],
  ['+PONG\n+PONG\r\n', { is: 'malformed' }],
  ['+OK\r\n', { is: 'malformed' }],
  ['+OK POP3 ready\r\n', { is: 'malformed' }],
  ['-err\r\n', { is: 'malformed' }],
  ['\x15\x03\x01\0\x02\x02\x46', { is: 'malformed' }],
  ['HTTP/1.1 400 Bad Request\r\n', { is: 'malformed' }],
  [`-${'A'.repeat(5000)}`, { is: 'malformed' }],
])('%j', (text, reply) => {
  expect(read(text)).toEqual(reply);
});
test('asks and leaves in the protocol of its own', () => {
  expect([ping, redisQuit].map((one) => Buffer.from(one).toString())).toEqual(['*1\r\n$4\r\nPING\r\n', '*1\r\n$4\r\nQUIT\r\n']);
});
test('whatever comes, reading ends and never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.constantFrom('', '+', '-', '-NOAUTH '), (noise, start) => {
      expect(['pong', 'error', 'incomplete', 'malformed']).toContain(readRedis(Buffer.from(start + noise)).is);
    }),
  );
});
