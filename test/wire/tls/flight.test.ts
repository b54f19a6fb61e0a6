import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseReply, replyReader, type Reply } from '../../../src/wire/tls/reply.ts';

const u = (width: number, value: number): Buffer => {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
};
const vector = (width: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u(width, body.length), body]);
};
const message = (type: number, ...parts: readonly Buffer[]): Buffer => Buffer.concat([u(1, type), vector(3, ...parts)]);
const serverHello = (version: number, suite: number, extensions: Buffer = Buffer.alloc(0), random = Buffer.alloc(32, 7)): Buffer =>
  message(2, u(2, version), random, vector(1, Buffer.alloc(32)), u(2, suite), u(1, 0), vector(2, extensions));
const extension = (id: number, body: Buffer): Buffer => Buffer.concat([u(2, id), vector(2, body)]);
const [leaf, root, ca, ocsp] = [Buffer.alloc(900, 1), Buffer.alloc(700, 2), Buffer.from('3000', 'hex'), Buffer.alloc(40, 3)];
const certificate = message(11, vector(3, vector(3, leaf), vector(3, root)));
const status = message(22, u(1, 1), vector(3, ocsp));
const ecdhe = message(12, u(1, 3), u(2, 0x17), vector(1, Buffer.alloc(65)), u(2, 0x0804), vector(2, Buffer.alloc(256)));
const dhe = (prime: Buffer): Buffer => message(12, vector(2, prime), vector(2, u(1, 2)), vector(2, prime), u(2, 0x0804), vector(2, Buffer.alloc(256)));
const request = message(13, vector(1, u(1, 1)), vector(2, u(2, 0x0403)), vector(2, vector(2, ca), vector(2, ca)));
const done = message(14);
const whole = Buffer.concat([serverHello(0x0303, 0xc02f), certificate, status, ecdhe, request, done]);

/** Cuts messages into records of the given sizes, over and over. */
function records(bytes: Buffer, sizes: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    parts.push(Buffer.from([22, 3, 3]), vector(2, bytes.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat(parts);
}
const flightOf = (reply: Reply): unknown => (reply.is === 'hello' ? reply.flight : reply);
const expected = {
  version: 0x0303,
  suite: 0xc02f,
  agreement: { is: 'named', id: 0x17 },
  certificates: [new Uint8Array(leaf), new Uint8Array(root)],
  stapled: new Uint8Array(ocsp),
  request: { caNames: [new Uint8Array(ca), new Uint8Array(ca)] },
  complete: true,
};

test('a whole flight of TLS 1.2', () => {
  expect(parseReply(records(whole, [16_384]))).toMatchObject({ is: 'hello', version: 0x0303, done: true, flight: expected });
});
test('records and chunks of any size say the same', () => {
  const once = flightOf(parseReply(records(whole, [16_384])));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 700 }), (sizes, chunk) => {
      const bytes = records(whole, sizes);
      const reader = replyReader();
      let reply: Reply = { is: 'incomplete' };
      for (let at = 0; at < bytes.length; at += chunk) reply = reader.push(bytes.subarray(at, at + chunk));
      expect(flightOf(reply)).toEqual(once);
    }),
    { numRuns: 50 },
  );
});
test('no prefix is done, and none says more than the whole', () => {
  const bytes = records(whole, [300]);
  for (let end = 0; end < bytes.length; end++) {
    const reply = parseReply(bytes.subarray(0, end));
    expect(['incomplete', 'hello']).toContain(reply.is);
    if (reply.is === 'hello') {
      expect(reply.done).toBe(false);
      for (const [key, value] of Object.entries(reply.flight)) if (key in expected && key !== 'complete') expect(expected).toHaveProperty(key, value);
    }
  }
});
test('whatever one byte is changed to, nothing throws, and a flight is complete only with its end', () => {
  const bytes = records(whole, [500]);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = value;
      const reply = parseReply(changed);
      if (reply.is === 'hello' && reply.flight.complete && reply.flight.version < 0x0304) expect(reply.done).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
test.each([
  ['a certificate that is longer than its list', message(11, vector(3, u(3, 999), leaf))],
  ['bytes after the list', message(11, vector(3, vector(3, leaf)), u(1, 0))],
  ['a request without names', message(13, vector(1, u(1, 1)), vector(2, u(2, 0x0403)))],
  ['a message of megabytes', Buffer.concat([u(1, 11), u(3, 0xfffff0)])],
])('%s ends the flight, and nothing is concluded from what is missing', (_name, bad) => {
  const reply = parseReply(records(Buffer.concat([serverHello(0x0303, 0xc02f), bad, done]), [9000]));
  expect(reply).toMatchObject({ is: 'hello', version: 0x0303, done: true, flight: { complete: false } });
  expect(reply.is === 'hello' && [reply.flight.certificates, reply.flight.request]).toEqual([undefined, undefined]);
});
test('an alert after the hello leaves the hello', () => {
  const bytes = Buffer.concat([records(serverHello(0x0303, 0xc02f), [500]), Buffer.from([21, 3, 3, 0, 2, 2, 40])]);
  expect(parseReply(bytes)).toMatchObject({ is: 'hello', done: true, flight: { suite: 0xc02f, complete: false } });
});
test('a prime is measured by its highest bit', () => {
  for (const [prime, bits] of [
    [Buffer.alloc(256, 0xff), 2048],
    [Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(64)]), 513],
    [Buffer.alloc(4), undefined],
  ] as const) {
    const reply = parseReply(records(Buffer.concat([serverHello(0x0301, 0x0033), certificate, dhe(prime), done]), [4000]));
    expect(reply.is === 'hello' && reply.flight.agreement).toEqual(bits === undefined ? undefined : { is: 'prime', bits });
  }
});
test('before TLS 1.2 a request has no signature algorithms', () => {
  const old = message(13, vector(1, u(1, 1)), vector(2, vector(2, ca)));
  const reply = parseReply(records(Buffer.concat([serverHello(0x0301, 0x002f), certificate, old, done]), [4000]));
  expect(reply).toMatchObject({ flight: { request: { caNames: [new Uint8Array(ca)] }, complete: true } });
});
test.each([
  ['ServerHello', Buffer.alloc(32, 7), Buffer.concat([u(2, 0x1d), vector(2, Buffer.alloc(32))]), false],
  ['HelloRetryRequest', Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'), u(2, 0x11ec), true],
])('TLS 1.3: %s', (_name, random, share, retry) => {
  const extensions = Buffer.concat([extension(43, u(2, 0x0304)), extension(51, share)]);
  const group = share.readUInt16BE();
  expect(parseReply(records(serverHello(0x0303, 0x1301, extensions, random), [4000]))).toMatchObject({
    is: 'hello',
    version: 0x0304,
    done: true,
    flight: { suite: 0x1301, retry, agreement: { is: 'named', id: group }, complete: true },
  });
});
test('SSL 2: the list of the server, its certificate, and its errors', () => {
  const specs = Buffer.from('0700c0020080', 'hex');
  const body = Buffer.concat([Buffer.from([4, 0, 1, 0, 2]), u(2, leaf.length), u(2, specs.length), u(2, 16), leaf, specs, Buffer.alloc(16)]);
  const bytes = Buffer.concat([u(2, 0x8000 | body.length), body]);
  expect(parseReply(bytes)).toMatchObject({ is: 'hello', version: 2, flight: { ssl2Suites: [0x0700c0, 0x020080], certificates: [new Uint8Array(leaf)] } });
  for (let end = 0; end < bytes.length; end++) expect(parseReply(bytes.subarray(0, end))).toEqual({ is: 'incomplete' });
  expect(parseReply(Buffer.from('8003000001', 'hex'))).toEqual({ is: 'ssl2-error', code: 1 });
});
test('endless warnings and empty handshakes come to nothing', () => {
  const reader = replyReader();
  for (let i = 0; i < 2000; i++) expect(reader.push(Buffer.from([21, 3, 3, 0, 2, 1, 112]))).toEqual({ is: 'incomplete' });
  expect(parseReply(Buffer.from([22, 3, 3, 0, 0]))).toEqual({ is: 'malformed' });
});
