import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ScanResult } from '../../src/model/result.ts';
import { reporters, type Format } from '../../src/report/index.ts';
import { fullResult, hostileText } from '../support/full-result.ts';

/** Fields whose words are ours or are chosen from a list; all others may hold what a target says. */
const ours = new Set([
  'from',
  'to',
  'verdict',
  'severity',
  'worst',
  'kind',
  'rule',
  'code',
  'type',
  'covers',
  'baseline',
  'state',
  'status',
  'policySource',
  'strength',
  'framework',
  'grade',
]);
const times = new Set(['observedFrom', 'observedTo', 'judgedAt']);
function poisoned(value: unknown, poison: string, key = ''): unknown {
  if (typeof value === 'string') return ours.has(key) || times.has(key) ? value : `${poison}${value}${poison}`;
  if (Array.isArray(value)) return key === 'passed' || key === 'notApplicable' || key === 'rules' ? value : value.map((one) => poisoned(one, poison, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [key === 'cells' ? `${poison}${name}` : name, poisoned(one, poison, name)]));
}
const isResult = (value: unknown): value is ScanResult => typeof value === 'object' && value !== null && 'findings' in value;
function poison(text: string): ScanResult {
  const result = poisoned(fullResult(), text);
  if (!isResult(result)) throw new Error('not a result');
  return result;
}
const parts = [
  '::',
  '##',
  '##[error]',
  '##vso[x]',
  ':',
  '#',
  ' ',
  '\n',
  '\r',
  '\t',
  '\u001b[31m',
  '\u001b]0;x\u0007',
  '\u202e',
  '\u200b',
  '\u009b',
  '\ufffe',
  '\ud800',
  'a',
  '<script>',
  '|',
  '`',
  '\u00a0',
  '字',
  '😀',
  'é',
];
const hostile = fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((all) => all.join(''));
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;
const command = /##|^\s*::/mu;

test.each<[Format, boolean]>([
  ['terminal', false],
  ['terminal', true],
  ['markdown', false],
  ['junit', false],
  ['sarif', false],
  ['json', false],
])('%s (verbose: %s) neither shows nor obeys what a target says', async (format, verbose) => {
  const reporter = await reporters[format]();
  const check = (result: ScanResult, width: number): void => {
    const text = [...reporter.render(result, { color: false, width, verbose, sarifWaived: 'suppress' })].join('');
    const lines = text.split('\n');
    expect(lines.find((line) => unseen.test(line))).toBeUndefined();
    if (format === 'markdown') expect(text.replaceAll(/^#+ (?=\S)/gm, '')).not.toMatch(command);
    else expect(text).not.toMatch(command);
    if (format === 'json' || format === 'sarif') expect(() => JSON.parse(text)).not.toThrow();
    if (format === 'markdown' || format === 'junit') expect(text).not.toContain('<script>');
  };
  check(poison(hostileText), 80);
  fc.assert(
    fc.property(hostile, fc.integer({ min: 60, max: 240 }), (text, width) => check(poison(text), width)),
    { numRuns: 12, endOnFailure: true },
  );
});
test('a saved result holds what a target said, to the letter', async () => {
  const text = [...(await reporters.json()).render(fullResult(), { color: false, width: 80 })].join('');
  const saved: unknown = JSON.parse(text);
  expect(JSON.stringify(saved)).toContain(JSON.stringify(hostileText).slice(1, -1));
  expect(text).toContain('\\u202e');
  expect(text).toContain('\\u0023#vso[');
});
