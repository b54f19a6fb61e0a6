import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { linesOf } from '../../src/saved/lines.ts';

const dir = mkdtempSync(join(tmpdir(), 'encaudit-lines-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
function read(text: string, maxBytes = 1 << 20): readonly (readonly [number, string, number, boolean])[] {
  const file = join(dir, 'lines');
  writeFileSync(file, text);
  const handle = openSync(file, 'r');
  try {
    return [...linesOf(handle, 'lines', maxBytes)].map(({ number, bytes, position, ended }) => [number, bytes.toString(), position, ended]);
  } finally {
    closeSync(handle);
  }
}

test('lines, where they lie, and whether the last one has an end', () => {
  expect(read('')).toEqual([]);
  expect(read('a\n\nbc')).toEqual([
    [1, 'a', 0, true],
    [2, '', 2, true],
    [3, 'bc', 3, false],
  ]);
});
test('whatever the lengths, chunks of 64 KiB included', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.integer({ min: 65_500, max: 131_200 }).map((length) => 'x'.repeat(length)),
  );
  fc.assert(
    fc.property(
      fc.array(
        line.map((text) => text.replaceAll('\n', ' ')),
        { maxLength: 6 },
      ),
      fc.boolean(),
      (lines, ended) => {
        const text = lines.join('\n') + (ended && lines.length > 0 ? '\n' : '');
        const got = read(text);
        expect(got.map(([, one, , end]) => one + (end ? '\n' : '')).join('')).toBe(text);
        for (const [, one, position] of got)
          expect(
            Buffer.from(text)
              .subarray(position, position + Buffer.byteLength(one))
              .toString(),
          ).toBe(one);
      },
    ),
    { numRuns: 60 },
  );
});
test('a line that is too long is named before it is read to its end', () => {
  expect(() => read(`a\n${'x'.repeat(3 << 20)}`, 1 << 20)).toThrow('lines:2: a line of more than 1 MB');
  expect(() => read(`a\n${'x'.repeat(200)}\n`, 100)).toThrow('lines:2: ');
});
