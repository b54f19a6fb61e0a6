import * as fc from 'fast-check';

import { createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { listenOn } from '../../../src/demo/listen.ts';
import { readClientHello } from '../../../src/wire/tls/client-hello.ts';
import { clientHello, randomLength, versionNumber } from '../../../src/wire/tls/hello.ts';

const random = new Uint8Array(randomLength).fill(7);
const tls = Object.values(versionNumber).filter((version) => version !== versionNumber.SSLv2);

test('what our own hellos offer is read back', () => {
  for (const version of tls) {
    const read = readClientHello(clientHello({ version, random, servername: 'a.example', suites: [0x1301, 0xc02f], alpn: ['h2', 'http/1.1'] }));
    if (read.is !== 'hello') throw new Error(read.is);
    const { versions, suites, groups, servername, alpn } = read.hello;
    expect(versions).toEqual([version]);
    expect(suites.filter((id) => id !== 0x00ff)).toEqual([0x1301, 0xc02f]);
    if (version === versionNumber.SSLv3) continue;
    expect([servername, alpn]).toEqual(['a.example', ['h2', 'http/1.1']]);
    expect(groups.includes(0x11ec)).toBe(version === versionNumber['TLSv1.3']);
  }
});
test('the hello of node:tls', async () => {
  const server = createServer();
  const { port } = await listenOn(server, '127.0.0.1');
  const bytes = new Promise<Buffer>((done) => server.once('connection', (socket) => socket.once('data', (chunk: Buffer) => (socket.destroy(), done(chunk)))));
  connectTls({ host: '127.0.0.1', port, servername: 'b.example', minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] }).on('error', () => {});
  const read = readClientHello(await bytes);
  server.close();
  expect(read).toMatchObject({ is: 'hello', hello: { versions: [0x0304, 0x0303], servername: 'b.example', alpn: ['http/1.1'] } });
});
test('in pieces it asks for as much as it needs, and in records of any size it reads the same', () => {
  const whole = Buffer.from(clientHello({ version: versionNumber['TLSv1.3'], random, servername: 'a.example' }));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 1, max: 600 }), (length, size) => {
      const part = readClientHello(whole.subarray(0, length));
      expect(part.is === 'incomplete' && part.wanted > length && part.wanted <= whole.length).toBe(true);
      const body = whole.subarray(5);
      const records = Array.from({ length: Math.ceil(body.length / size) }, (_, i) => {
        const piece = body.subarray(i * size, (i + 1) * size);
        return Buffer.concat([Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece]);
      });
      expect(readClientHello(Buffer.concat(records))).toEqual(readClientHello(whole));
    }),
  );
});
test('whatever comes, it says what it is and throws nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(['hello', 'incomplete', 'malformed', 'other-protocol']).toContain(readClientHello(bytes).is);
    }),
  );
  const hello = Buffer.from(clientHello({ version: versionNumber['TLSv1.2'], random, servername: 'a.example' }));
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, value) => {
      const changed = Buffer.from(hello);
      changed[at] = value;
      expect(['hello', 'incomplete', 'malformed', 'other-protocol']).toContain(readClientHello(changed).is);
    }),
  );
  expect(readClientHello(Buffer.from('GET / HTTP/1.1\r\n')).is).toBe('other-protocol');
  expect(readClientHello(Buffer.from([22, 3, 1, 0, 0])).is).toBe('malformed');
});
