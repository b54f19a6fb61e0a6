import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clean, displayWidth, inertJson, padEnd, plural, thousands, wrap } from '../../src/util/text.ts';

test.each([
  ['', 0],
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['日本語', 6],
  ['ﾊﾝｶｸ', 4],
  ['ＡＢ', 4],
  ['한국', 4],
  ['😀', 2],
  ['👍🏽', 2],
  ['🇩🇪', 2],
  ['✓✗–·', 4],
])('%s is %i columns wide', (text, width) => {
  expect(displayWidth(text)).toBe(width);
  expect(displayWidth(padEnd(text, 10))).toBe(10);
});
test('a character is as wide alone as after one that is no plain text', () => {
  const range = (from: number, to: number): readonly string[] => Array.from({ length: to - from }, (_, i) => String.fromCharCode(from + i));
  const all = [...range(0x20, 0x370), ...range(0x2000, 0x2800)];
  expect(all.filter((one) => displayWidth(`日${one}`) !== 2 + displayWidth(one))).toEqual([]);
});
test.each<[string, number, readonly string[]]>([
  ['', 10, ['']],
  ['one two three', 7, ['one two', 'three']],
  ['  spaces   go ', 20, ['spaces go']],
  ['a-long-word-here b', 8, ['a-long-w', 'ord-here', 'b']],
  ['日本語テキスト', 5, ['日本', '語テ', 'キス', 'ト']],
  ['abcd::error', 4, ['abc', 'd::e', 'rror']],
])('%s in %i columns', (text, width, lines) => {
  expect(wrap(text, width)).toEqual(lines);
});
test('wrapping loses nothing, overflows nothing, and starts no line with a command', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'bc', ' ', ':', '::', '字', '😀', 'é', '.', '-'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 40 }), (raw, width) => {
      const line = clean(raw);
      const lines = wrap(line, width);
      expect(lines.join('').replaceAll(' ', '')).toBe(line.replaceAll(/\s/g, ''));
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
      expect(lines.filter((one) => /^\s*::/.test(one))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
test.each([
  ['fe80::1', 'fe80::1'],
  ['::error::x', ': :error::x'],
  ['a ::error', 'a : :error'],
  ['a\n:::b', 'a : : :b'],
  ['##vso[x] ###', '# #vso[x] # # #'],
  ['a\ufffeb\u{1ffff}c', 'abc'],
])('%j cleaned is %s', (text, cleaned) => {
  expect(clean(text)).toBe(cleaned);
  expect(clean(clean(text))).toBe(cleaned);
});
test('inert JSON reads back equal and holds nothing that is obeyed', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('#', '\\', '"', '\u202e', '\u009b', '\u{e0001}', '\n', 'x') })),
      (text) => {
        const written = inertJson({ [text]: text });
        expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|##/u);
        expect(JSON.parse(written)).toEqual({ [text]: text });
      },
    ),
    { numRuns: 1000 },
  );
});
test('numbers in words', () => {
  expect([plural(1, 'unknown'), plural(0, 'unknown'), plural(2000, 'entry', 'entries'), thousands(1234567)]).toEqual([
    '1 unknown',
    '0 unknowns',
    '2,000 entries',
    '1,234,567',
  ]);
});
