import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { redisServer } from '../../src/wire/redis-server.ts';
import { cut, talk } from './talk.ts';

const resp = (...words: readonly string[]): string => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const plain = (...pieces: readonly string[]): ReturnType<typeof talk> => talk(redisServer('refused'), ...pieces);

test('anybody may log in, and everything is well done', () => {
  expect(plain(resp('AUTH', 'planted-user', 'planted-password'), resp('PING'), resp('SET', 'planted-key', 'x'.repeat(70_000)), resp('QUIT'))).toEqual({
    sent: '+OK\r\n+PONG\r\n+OK\r\n+OK\r\n',
    saw: ['request AUTH!', 'request PING', 'request command', 'request QUIT'],
    next: 'close',
    rest: '',
  });
});
test.each<[string, string, string]>([
  ['hello with a password', resp('hello', '3', 'auth', 'default', 'planted'), 'request HELLO!'],
  ['hello with a name and a password', resp('HELLO', '3', 'SETNAME', 'x', 'AUTH', 'default', 'planted'), 'request HELLO!'],
  ['hello', resp('HELLO', '3'), 'request HELLO'],
  ['a name that looks like a password', resp('HELLO', '3', 'SETNAME', 'AUTH'), 'request HELLO'],
  ['an inline password', 'auth planted\r\n', 'request AUTH!'],
  ['an inline command with a lone LF', 'PING\n', 'request PING'],
  ['HTTP', 'GET / HTTP/1.1\r\n', 'request command'],
  ['a null argument', '*2\r\n$4\r\nPING\r\n$-1\r\n\r\n', 'request PING'],
])('%s', (_name, bytes, saw) => {
  expect(plain(bytes).saw).toEqual([saw]);
});
test('HELLO answers in the version that it is asked for', () => {
  expect(plain(resp('HELLO', '3')).sent).toMatch(/^%7\r\n(\$\d+\r\n\w+\r\n(\$\d+\r\n[\w.]+|:\d|\*0)\r\n){7}$/);
  expect(plain(resp('HELLO')).sent).toMatch(/^\*14\r\n/);
});
test('an empty line is nothing', () => {
  expect(plain('\r\n', '*0\r\n', '  \r\n')).toEqual({ sent: '', saw: [], next: 'read', rest: '' });
});
test.each(['*x\r\n', '*1\r\nPING\r\n', '*1\r\n$\r\n', `*1\r\n$999999999999\r\n`, '*1048577\r\n', 'x'.repeat(65_536)])('%.20j breaks the protocol', (bytes) => {
  expect(plain(bytes)).toMatchObject({ sent: '-ERR Protocol error\r\n', saw: ['malformed command'], next: 'close' });
});
test('a ClientHello is TLS or an error, and a plain command after it is read as one', () => {
  const hello = '\x16\x03\x01';
  expect(talk(redisServer('offered'), hello)).toEqual({ sent: '', saw: ['asks-tls ClientHello'], next: 'tls', rest: hello });
  expect(talk(redisServer('offered'), hello, resp('PING')).saw).toEqual(['asks-tls ClientHello', 'request PING']);
  expect(talk(redisServer('closed'), hello)).toMatchObject({ sent: '', next: 'close' });
  expect(talk(redisServer('refused'), hello)).toMatchObject({ sent: expect.stringMatching(/^-ERR /), next: 'close' });
  expect(talk(redisServer('offered'), resp('PING')).saw).toEqual(['request PING']);
});

const part = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom('AUTH', 'HELLO', '3', 'CLIENT', 'ID', 'INFO', 'COMMAND'), fc.constant('planted')), { minLength: 1, maxLength: 10 })
    .map((words) => resp(...words)),
  fc.constantFrom('ping\r\n', '\r\n', '*', '$'),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
test('whatever comes: in any pieces the same, no byte of it comes back, and the end is the end', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (parts, places) => {
      const bytes = Buffer.from(parts.join(''), 'latin1');
      const whole = talk(redisServer('refused'), bytes);
      expect(talk(redisServer('refused'), ...cut(bytes, places))).toEqual(whole);
      expect(whole.sent + whole.saw.join()).not.toMatch(/planted/);
      if (whole.next === 'close') expect(talk(redisServer('refused'), bytes, 'PING\r\n')).toEqual(whole);
    }),
  );
});
