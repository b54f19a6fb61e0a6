import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nearFile } from '../../src/util/near-file.ts';

test('a like name in the same folder, and nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'encaudit-near-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'result.json'), '{}');
  expect(nearFile(join(folder, 'reslut.json'))).toBe(`; did you mean "${join(folder, 'result.json')}"?`);
  expect(nearFile(join(folder, 'baseline.yaml'))).toBe('');
  expect(nearFile(join(folder, 'nowhere', 'result.json'))).toBe('');
});
