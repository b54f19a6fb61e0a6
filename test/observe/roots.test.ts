import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { loadRoots } from '../../src/observe/endpoint/roots.ts';
import { FileError } from '../../src/util/file-error.ts';
import { issue } from '../../src/x509/issue.ts';

const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-04-01T00:00:00Z') };
const [one, two] = [issue({ ...dates, subject: 'One', ca: true }), issue({ ...dates, subject: 'Two', ca: true })];
function file(content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'encaudit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ca.pem');
  writeFileSync(path, content);
  return path;
}

test('alone, the roots of Node', () => {
  const { mozilla, added, sources } = loadRoots({ ca: [], system: false });
  expect(mozilla).toBe(rootCertificates);
  expect(added).toEqual([]);
  expect(sources).toEqual([
    { source: 'node', version: process.version, count: new Set(rootCertificates).size, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
});
test('files and the bundle of the system, each once, each a source; the order in a file does not matter', () => {
  const a = file(`# a comment\n${one.certPem}-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n${two.certPem}`);
  const b = file(two.certPem.replaceAll('\n', '\r\n') + one.certPem + one.certPem);
  const { added, sources } = loadRoots({ ca: [a, a], system: true }, b);
  expect([...added].sort()).toEqual([one.certPem, two.certPem].sort());
  expect(sources.map(({ source, count }) => [source, count])).toEqual([
    ['node', expect.any(Number)],
    [a, 2],
    [b, 2],
  ]);
  expect(sources[1]?.sha256).toBe(sources[2]?.sha256);
});
test.each<[string, string | Buffer, string]>([
  ['no certificate', 'hello', 'holds no certificate in PEM form'],
  ['a binary file', Buffer.alloc(1000, 255), 'holds no certificate in PEM form'],
  ['a huge file', Buffer.alloc(4 * 1024 * 1024 + 1), 'larger than 4 MiB'],
  ['a broken certificate', `${one.certPem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, 'certificate 2 of 2 cannot be read'],
])('%s: an error that names the file', (_name, content, what) => {
  const path = file(content);
  expect(() => loadRoots({ ca: [path], system: false })).toThrow(new FileError(`${path}: ${what}`));
});
test('what is not there, what is no file, and a system without a bundle', () => {
  expect(() => loadRoots({ ca: ['/nowhere/ca.pem'], system: false })).toThrow('/nowhere/ca.pem: cannot be read (ENOENT)');
  expect(() => loadRoots({ ca: ['/dev/zero'], system: false })).toThrow('/dev/zero: not a file');
  expect(() => loadRoots({ ca: [], system: true }, '')).toThrow(': cannot be read');
});
