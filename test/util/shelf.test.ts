import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shelf } from '../../src/util/shelf.ts';

let [folder, before]: [string, string | undefined] = ['', undefined];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'encaudit-shelf-'));
  before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(folder, { recursive: true, force: true });
});

test('the first values stay as they are, the others come back equal, in any order', () => {
  const { keep } = shelf(100);
  const values = Array.from({ length: 50 }, (_, i) => ({ i, text: 'ä\u2028"'.repeat(i) }));
  const kept = values.map((value) => keep(value));
  expect(kept[0]?.()).toBe(values[0]);
  expect(kept.at(-1)?.()).not.toBe(values.at(-1));
  expect(kept.toReversed().map((get) => get())).toEqual(values.toReversed());
});
test('what JSON can say comes back equal', () => {
  const { keep } = shelf(0);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(keep(value)()).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
test('the file has no name, so that nothing is left behind', () => {
  const { keep } = shelf(0);
  const get = keep('secret');
  expect(readdirSync(folder)).toEqual([]);
  expect(get()).toBe('secret');
});
test('without a temporary folder it is memory', () => {
  process.env['TMPDIR'] = join(folder, 'missing');
  const { keep } = shelf(0);
  expect([keep('a'), keep('b')].map((get) => get())).toEqual(['a', 'b']);
  expect(existsSync(join(folder, 'missing'))).toBe(false);
  expect(statSync(folder).isDirectory()).toBe(true);
});
