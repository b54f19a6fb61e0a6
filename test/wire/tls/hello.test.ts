import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientHello, offeredSuites, randomLength, roomForSuites, versionNumber } from '../../../src/wire/tls/hello.ts';

const random = new Uint8Array(randomLength);
const tls = Object.values(versionNumber).filter((version) => version !== versionNumber.SSLv2);

test('no hello has a length of 256 to 511 bytes, where F5 devices hang, and its lengths add up', () => {
  fc.assert(
    fc.property(fc.constantFrom(...tls), fc.nat(127), fc.nat(200), fc.constantFrom('full' as const, 'small' as const), (version, suites, name, size) => {
      if (version === versionNumber.SSLv3 && suites > 100) return; // it has no extension to pad with; the probe offers no more
      const hello = Buffer.from(
        clientHello({ version, random, size, servername: 'a'.repeat(name + 1), suites: Array.from({ length: suites }, (_, i) => i + 1) }),
      );
      expect(hello.length < 256 || hello.length >= 512).toBe(true);
      expect([hello.readUInt16BE(3) + 5, hello.readUIntBE(6, 3) + 9]).toEqual([hello.length, hello.length]);
    }),
  );
});
test('what fits a small hello keeps it small', () => {
  for (const version of tls) {
    const options = { version, random, size: 'small' as const, servername: 'www.example.com' };
    const suites = Array.from({ length: roomForSuites(options) }, (_, i) => i + 1);
    expect(clientHello({ ...options, suites }).length).toBeLessThan(256);
    expect(clientHello({ ...options, suites: [...suites, 9999] }).length).toBeGreaterThan(254);
  }
});
test('the suites of a hello are those on the wire, without the signalling value', () => {
  for (const version of tls) {
    const hello = Buffer.from(clientHello({ version, random }));
    const at = 44 + (hello[43] ?? 0);
    const wire = Array.from({ length: hello.readUInt16BE(at) / 2 }, (_, i) => hello.readUInt16BE(at + 2 + 2 * i));
    expect(wire.filter((id) => id !== 0x00ff)).toEqual([...offeredSuites({ version })]);
    expect(wire.includes(0x00ff)).toBe(version !== versionNumber['TLSv1.3']);
  }
});
test('SSL 2 has a hello of its own', () => {
  const hello = Buffer.from(clientHello({ version: versionNumber.SSLv2, random }));
  expect(hello.toString('hex')).toMatch(/^802e0100020015000000100100800200800300800400800500800600400700c0/);
  expect(offeredSuites({ version: versionNumber.SSLv2 }).size).toBe(7);
});
