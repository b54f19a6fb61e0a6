import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Baseline } from '../../src/model/gate.ts';
import { baselineText, readBaseline } from '../../src/saved/baseline.ts';

const entry = {
  fingerprint: 'a'.repeat(32),
  rule: 'tls/legacy',
  subject: 'endpoint://a:443',
  verdict: 'fail',
  severity: 'high',
  items: ['TLSv1'],
  firstSeen: '2026-11-25T12:00:00.000Z',
} as const;
const baseline: Baseline = { version: 1, scope: 's', ruleset: 'r', entries: [entry, { ...entry, fingerprint: 'b'.repeat(32) }] };
async function file(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baseline-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'b.json'), text);
  return join(folder, 'b.json');
}

test('what was written is read back; one entry a line', async () => {
  const text = baselineText(baseline);
  expect(readBaseline(await file(text))).toEqual(baseline);
  expect(text.split('\n').filter((line) => line.includes('fingerprint'))).toHaveLength(2);
  expect(readBaseline(await file(baselineText({ ...baseline, entries: [] })))).toEqual({ ...baseline, entries: [] });
});
test.each<[string, string, RegExp]>([
  ['no JSON', '{', /not JSON/],
  ['another version', baselineText(baseline).replace('"version":1', '"version":2'), /not a baseline of encaudit \(version/],
  ['a key more', baselineText(baseline).replace('"version":1', '"version":1,"x":1'), /not a baseline/],
  ['a fingerprint of another shape', baselineText(baseline).replaceAll('aaaa', 'zzzz'), /entries\.0\.fingerprint/],
  ['a list', '[]', /not a baseline/],
])('refuses %s', async (_name, text, complaint) => {
  const path = await file(text);
  expect(() => readBaseline(path)).toThrow(complaint);
});
test('refuses what is missing, a folder, and what is too large, before reading it', async () => {
  const path = await file('{}');
  expect(() => readBaseline(`${path}.not`)).toThrow(/no such file/);
  expect(() => readBaseline(tmpdir())).toThrow(/not a file/);
  await truncate(path, 65 * 1024 * 1024);
  expect(() => readBaseline(path)).toThrow(/larger than/);
});
