import * as fc from 'fast-check';
import { createServer, type Socket } from 'node:net';
import { get } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { maxHead, parseHead, strictTransport, valuesOf, type HttpReply } from '../../src/wire/http.ts';
import { listen } from '../support/listen.ts';

const read = (text: string): HttpReply => parseHead(Buffer.from(text, 'latin1'));
const head = (status: number, ...fields: readonly (readonly [string, string])[]): unknown => expect.objectContaining({ is: 'head', status, fields });

test('status and fields, in order, each as often as it came', () => {
  const text = 'HTTP/1.1 200 OK\r\nServer: a\r\nset-cookie: b=1\r\nSet-Cookie:  c=2\t\r\nEmpty:\r\n\r\nbody: no\r\n';
  expect(read(text)).toEqual({
    is: 'head',
    status: 200,
    fields: [
      ['server', 'a'],
      ['set-cookie', 'b=1'],
      ['set-cookie', 'c=2'],
      ['empty', ''],
    ],
    length: text.indexOf('body'),
  });
});
test.each<[string, string, unknown]>([
  ['HTTP/1.0', 'HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n', head(302, ['location', '/'])],
  ['no reason', 'HTTP/1.1 204 \r\n\r\n', head(204)],
  ['no reason and no space', 'HTTP/1.1 204\r\n\r\n', head(204)],
  ['a reason in bytes above 127', 'HTTP/1.1 200 \xe4\r\n\r\n', head(200)],
  ['lone LF', 'HTTP/1.1 200 OK\nA: b\n\n', head(200, ['a', 'b'])],
  ['a mix of both', 'HTTP/1.1 200 OK\r\nA: b\n\r\n', head(200, ['a', 'b'])],
  ['a folded value', 'HTTP/1.1 200 OK\r\nA: b\r\n\t c\r\n d\r\nE: f\r\n\r\n', head(200, ['a', 'b c d'], ['e', 'f'])],
  ['interim responses', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\nA: b\r\n\r\n', head(404, ['a', 'b'])],
  ['101 is final', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nx', head(101, ['upgrade', 'x'])],
  ['status 999', 'HTTP/1.1 999 Request denied\r\n\r\n', head(999)],
])('%s', (_name, text, expected) => {
  expect(read(text)).toEqual(expected);
});
test.each([
  ['no field name', 'HTTP/1.1 200 OK\r\n: b\r\n\r\n'],
  ['no colon', 'HTTP/1.1 200 OK\r\nstray\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nStrict-Transport-Security : max-age=1\r\n\r\n'],
  ['a space in the name', 'HTTP/1.1 200 OK\r\nA B: c\r\n\r\n'],
  ['NUL in a value', 'HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n'],
  ['a lone CR in a value', 'HTTP/1.1 200 OK\r\nA: b\rStrict-Transport-Security: max-age=1\r\n\r\n'],
  ['a fold of nothing', 'HTTP/1.1 200 OK\r\n A: b\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['a minor version nobody has seen', 'HTTP/1.7 200 OK\r\n\r\n'],
  ['something else after an interim response', 'HTTP/1.1 100 Continue\r\n\r\nSSH-2.0'],
  ['513 fields', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(513)}\r\n`],
])('%s is malformed', (_name, text) => {
  expect(read(text)).toEqual({ is: 'malformed' });
});
test.each(['220 mail', '\0\0\x12\x04\0\0\0\0\0', '<html>', 'http/1.1 200 OK\r\n\r\n', 'HTTP/2 200\r\n\r\n', ' HTTP/1.1 200 OK'])(
  '%j is no HTTP/1.x',
  (text) => {
    expect(read(text)).toEqual({ is: 'other-protocol' });
  },
);
test('a head without end is too large, and not for ever incomplete', () => {
  const endless = `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(20_000)}`;
  expect(read(endless.slice(0, maxHead - 1))).toEqual({ is: 'incomplete' });
  expect(read(endless.slice(0, maxHead))).toEqual({ is: 'too-large' });
  expect(read('HTTP/1.1 100 Continue\r\n\r\n'.repeat(5000))).toEqual({ is: 'too-large' });
});

const name = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
const value = fc.stringMatching(/^(?:[!-~]|[!-~][ !-~]{0,30}[!-~])?$/);
test('what was written is read, whatever lies behind it, and every prefix is incomplete', () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 999 }), fc.array(fc.tuple(name, value), { maxLength: 8 }), fc.constantFrom('\r\n', '\n'), (status, fields, end) => {
      const lines = [`HTTP/1.1 ${status} OK`, ...fields.map(([key, text]) => `${key}: ${text}`), '', ''].join(end);
      const expected = { is: 'head', status, fields: fields.map(([key, text]) => [key.toLowerCase(), text]), length: lines.length };
      expect(read(`${lines}HTTP/1.1 500 No\r\n\r\n`)).toEqual(expected);
      for (let cut = 0; cut < lines.length; cut++) expect(read(lines.slice(0, cut))).toEqual({ is: 'incomplete' });
    }),
    { numRuns: 50 },
  );
});
test('no bytes make it throw, and more bytes never change an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 20 }), fc.boolean(), (noise, more, http) => {
      const bytes = Uint8Array.from([...Buffer.from(http ? 'HTTP/1.1 200 OK\r\n' : ''), ...noise]);
      const first = parseHead(bytes);
      if (first.is !== 'incomplete') expect(parseHead(Uint8Array.from([...bytes, ...more]))).toEqual(first);
    }),
  );
});
test.each([
  'HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\nB:\r\nStrict-Transport-Security: max-age=1; preload\r\nA: 2\r\n\r\n',
  'HTTP/1.1 301 \r\nLocation: https://a/\r\n\r\n',
  'HTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 0\n\n',
])('Node reads %j like us', async (text) => {
  const port = await listen(
    createServer((socket: Socket) => {
      socket.on('error', () => {}).once('data', () => socket.end(text));
    }),
  );
  const [response] = await once(get({ port, host: '127.0.0.1', insecureHTTPParser: true }), 'response');
  response.resume();
  const ours = read(text);
  const raw = response.rawHeaders.map((item: string, i: number) => (i % 2 === 0 ? item.toLowerCase() : item.replace(/\s+/g, ' ')));
  expect(ours).toMatchObject({ status: response.statusCode });
  expect(ours.is === 'head' && ours.fields.flat()).toEqual(raw);
});

const policy = (maxAge: number, includeSubDomains = false, preload = false): unknown => ({ maxAge, includeSubDomains, preload });
test.each<[string, unknown]>([
  ['max-age=31536000', policy(31_536_000)],
  ['max-age="31536000"', policy(31_536_000)],
  ['MAX-AGE=1;includesubdomains', policy(1, true)],
  ['max-age=15768000 ; includeSubDomains', policy(15_768_000, true)],
  ['includeSubDomains; preload;max-age = 63072000', policy(63_072_000, true, true)],
  ['max-age=0', policy(0)],
  [';; max-age=5 ;;', policy(5)],
  ['max-age=5; later="a;\\"b\\" max-age=7"; other=token', policy(5)],
  ['max-age=5; preload=yes', policy(5)],
  ['max-age=99999999999999999999999', policy(Number.MAX_SAFE_INTEGER)],
  ['max-age="1\\0"', policy(10)],
])('%s', (text, expected) => {
  expect(strictTransport([text])).toEqual(expected);
});
test.each([
  '',
  'includeSubDomains',
  'max-age',
  'max-age=',
  'max-age=""',
  'max-age=-1',
  'max-age=1.5',
  'max-age=1e9',
  'max-age=one',
  'max-age=1; max-age=1',
  'max-age=1; Max-Age=2',
  'max-age=1; includeSubDomains; includeSubDomains',
  'max-age=1; x; x',
  'max-age=1; includeSubDomains=true',
  'max-age=1, includeSubDomains',
  'max-age=1 includeSubDomains',
  'max-age="1',
  'max-age=1"',
  '"max-age"=1',
  'max-age=1; =2',
  'max-age:1',
  "max-age='1'",
])('%j is as good as none', (text) => {
  expect(strictTransport([text])).toBeUndefined();
});
test('of several fields the first alone counts', () => {
  expect(strictTransport(['max-age=1', 'max-age=2'])).toEqual(policy(1));
  expect(strictTransport(['nonsense!=', 'max-age=2'])).toBeUndefined();
  expect(strictTransport([])).toBeUndefined();
  const reply = read('HTTP/1.1 200 OK\r\nA: 1\r\nstrict-transport-security: max-age=3\r\nSTRICT-TRANSPORT-SECURITY: max-age=4\r\n\r\n');
  expect(reply.is === 'head' && strictTransport(valuesOf(reply, 'strict-transport-security'))).toEqual(policy(3));
});
test('directives in any order and case give one policy', () => {
  fc.assert(
    fc.property(
      fc.nat(1e9),
      fc.boolean(),
      fc.shuffledSubarray(['a', 'max', 'sub', 'pre'], { minLength: 4 }),
      fc.constantFrom(';', ' ; ', ';;\t'),
      (age, up, order, glue) => {
        const parts: Readonly<Record<string, string>> = { a: 'x="y;z"', max: `max-age=${age}`, sub: 'includeSubDomains', pre: 'preload' };
        const text = order.map((key) => parts[key]).join(glue);
        expect(strictTransport([up ? text.toUpperCase() : text])).toEqual(policy(age, true, true));
      },
    ),
  );
});
test('no text makes it throw or run long', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      strictTransport([text, `max-age=1; ${text}`]);
    }),
  );
  strictTransport([`max-age=1; x="${'\\"'.repeat(30_000)}`]);
  strictTransport([`max-age=1${' '.repeat(60_000)}x`]);
});
