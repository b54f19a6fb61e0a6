import { execFileSync } from 'node:child_process';
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { json } from '../../src/report/json.ts';
import { readResult, ResultFile } from '../../src/saved/result.ts';
import { FileError } from '../../src/util/file-error.ts';
import { fullResult } from '../support/full-result.ts';

const dir = mkdtempSync(join(tmpdir(), 'encaudit-saved-'));
const text = (result: unknown = fullResult()): string =>
  typeof result === 'string' ? result : [...json.render(fullResult(), { color: false, width: 80 })].join('');
function file(content: string | Uint8Array, name = 'r.json'): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}
function complaint(path: string): string {
  try {
    readResult(path);
  } catch (error) {
    if (error instanceof FileError) return error.message.replaceAll(dir, '');
    throw error;
  }
  return '';
}
const changed = (changes: Readonly<Record<string, unknown>>): string => JSON.stringify({ ...JSON.parse(text()), ...changes });

test('what is written is read, and says the same', () => {
  const read = readResult(file(text()));
  expect([...json.render(read, { color: false, width: 80 })].join('')).toBe(text());
  expect(read.findings).toHaveLength(fullResult().findings.length);
});
test('an interrupted result too', () => {
  expect(readResult(file(changed({ interrupted: 'SIGINT' }))).interrupted).toBe('SIGINT');
});
test.each<[string, string | Uint8Array, string]>([
  ['empty', '', '/r.json: empty'],
  ['binary', new Uint8Array([0x7b, 0, 1, 2]), '/r.json: a binary file, not JSON'],
  ['not UTF-8', new Uint8Array([0x7b, 0xff, 0xfe]), '/r.json: a binary file, not JSON'],
  ['text', 'hello', '/r.json: not JSON'],
  ['cut off', text().slice(0, 5000), '/r.json: not JSON; it seems to be cut off'],
  ['a list', '[]', '/r.json: not a result of encaudit'],
  ['something else', '{"a":1}', '/r.json: not a result of encaudit; results are written by -f json=FILE'],
  ['a SARIF file', '{"version":"2.1.0","runs":[]}', '/r.json: a SARIF file, not a result; results are written by -f json=FILE'],
  ['another version', changed({ schemaVersion: 2 }), '/r.json: a result of another version (schemaVersion 2); this encaudit reads version 1'],
  ['a wrong type', changed({ judgedAt: 5 }), '/r.json: judgedAt: missing, or of another type'],
  ['a wrong word', changed({ policySource: 'secret' }), '/r.json: policySource: a value that the schema does not know'],
  ['a stranger', changed({ secret: 1 }), '/r.json: the result: has fields that the schema does not know'],
])('%s', (_name, content, message) => {
  expect(complaint(file(content))).toBe(message);
});
test('what a prototype could carry is refused', () => {
  expect(complaint(file(text().replace('{', '{"__proto__":{"gate":1},')))).toBe('/r.json: the result: has fields that the schema does not know');
});
test('missing, a folder, a pipe, far too large', () => {
  expect(complaint(join(dir, 'none.json'))).toBe('/none.json: no such file');
  expect(complaint(dir)).toBe(': not a file');
  const large = file('{', 'large.json');
  truncateSync(large, 256 * 1024 * 1024 + 1);
  expect(complaint(large)).toBe('/large.json: larger than 256 MB');
});
test('a named pipe does not make us wait', () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(complaint(pipe)).toBe('/pipe: not a file');
});
test('many flaws are cut off with a count, and none quotes the file', () => {
  const findings = Array.from({ length: 50 }, () => 'hidden text');
  const lines = complaint(file(changed({ findings }))).split('\n');
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toBe('/r.json: and 40 more');
  expect(lines.join('')).not.toContain('hidden');
});

const schema = z.toJSONSchema(ResultFile, { io: 'input' });
test('the published schema is the one of the reader', async () => {
  await expect(`${JSON.stringify(schema, null, 1)}\n`).toMatchFileSnapshot('../../schema/result.schema.json');
});
test('a validator that is not ours takes the golden result, and refuses a changed one', () => {
  const ajv = new Ajv.default({ strict: false });
  formats.default(ajv);
  const valid = ajv.compile(schema);
  expect([valid(JSON.parse(text())), valid.errors]).toEqual([true, null]);
  expect(valid(JSON.parse(changed({ schemaVersion: 2 })))).toBe(false);
});
