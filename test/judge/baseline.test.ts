import { expect, test } from 'vitest';
import { applyBaseline, createBaseline, pruneBaseline, updateBaseline, type Judged } from '../../src/judge/baseline.ts';
import { scopeHash } from '../../src/judge/scope.ts';
import type { Finding, Item } from '../../src/model/finding.ts';
import type { Baseline } from '../../src/model/gate.ts';
import type { Target } from '../../src/model/target.ts';
import { judgedAt, target } from '../support/judge-input.ts';

const item = (key: string, verdict: Item['verdict'] = 'fail'): Item => ({ verdict, key, message: key, evidence: [] });
const finding = (fingerprint: string, changes: Partial<Finding> = {}): Finding => ({
  rule: 'tls/legacy',
  subject: `endpoint://${fingerprint}:443`,
  verdict: 'fail',
  severity: 'high',
  message: '',
  items: [],
  evidence: [],
  because: [],
  fingerprint,
  controls: [],
  ...changes,
});
const scope = { sha256: 's', targets: [], excluded: [] };
const ruleset = { version: '1', sha256: 'r' };
/** What the scan looked at: all of it, unless a test says otherwise. */
const judged: Judged = { rules: { 'tls/legacy': {} }, subjects: [{ id: 'endpoint://a:443' }], populations: [] };
const result = (findings: readonly Finding[], at = judgedAt): Parameters<typeof createBaseline>[0] => ({ findings, scope, ruleset, judgedAt: at, ...judged });
const made = (...findings: readonly Finding[]): Baseline => createBaseline(result(findings), false).baseline;
const marks = (baseline: Baseline, ...findings: readonly Finding[]): readonly unknown[] =>
  applyBaseline(findings, baseline, { scope, ruleset, ...judged }).findings.map((one) => one.baseline);
const waiver = { id: 'W-1', covers: 'fail', type: 'risk-acceptance', owner: 'o', reason: 'r', expires: '2027-01-01' } as const;

test.each<[string, Finding | undefined, Finding, 'new' | 'known' | 'worse']>([
  ['never seen', undefined, finding('a'), 'new'],
  ['the same', finding('a', { items: [item('x')] }), finding('a', { items: [item('x')] }), 'known'],
  ['an item less', finding('a', { items: [item('x'), item('y')] }), finding('a', { items: [item('y')] }), 'known'],
  ['an item more', finding('a', { items: [item('x')] }), finding('a', { items: [item('x'), item('y')] }), 'worse'],
  ['one item for another', finding('a', { items: [item('x')] }), finding('a', { items: [item('y')] }), 'worse'],
  ['an item that was unknown fails', finding('a', { items: [item('x'), item('y', 'unknown')] }), finding('a', { items: [item('x'), item('y')] }), 'worse'],
  ['an item that nobody knows any more', finding('a', { items: [item('x')] }), finding('a', { items: [item('x'), item('y', 'unknown')] }), 'known'],
  ['more severe', finding('a', { severity: 'medium' }), finding('a'), 'worse'],
  ['less severe', finding('a'), finding('a', { severity: 'low' }), 'known'],
  ['unknown, now a fail', finding('a', { verdict: 'unknown' }), finding('a'), 'worse'],
  ['a fail, now unknown', finding('a'), finding('a', { verdict: 'unknown' }), 'known'],
  ['another message or certificate', finding('a', { message: 'x', evidence: ['ev-1'] }), finding('a', { message: 'y', evidence: ['ev-2'] }), 'known'],
  ['waived when the baseline was made', finding('a', { waiver }), finding('a'), 'new'],
  ['critical, not taken', finding('a', { severity: 'critical' }), finding('a', { severity: 'critical' }), 'new'],
])('%s: %s', (_name, before, now, expected) => {
  expect(marks(before ? made(before) : made(), now)).toEqual([expected]);
});
test('critical findings are refused by name, unless they are allowed', () => {
  const critical = finding('a', { severity: 'critical' });
  expect(createBaseline(result([critical]), false)).toMatchObject({ baseline: { entries: [] }, refused: [critical] });
  const { baseline, refused } = createBaseline(result([critical]), true);
  expect([marks(baseline, critical), refused]).toEqual([['known'], []]);
});
test('the report counts what can be taken in, and names what is gone', () => {
  const before = made(finding('a'), finding('b'), finding('c', { severity: 'low' }));
  const now = [finding('a'), finding('c'), finding('d'), finding('e', { severity: 'info' }), finding('f', { waiver })];
  expect(applyBaseline(now, before, { scope, ruleset, ...judged }).report).toMatchObject({
    known: 1,
    worse: 1,
    new: 1,
    fixed: [{ fingerprint: 'b' }],
    sameScope: true,
    sameRuleset: true,
  });
  expect(applyBaseline(now, before, { scope: { ...scope, sha256: 't' }, ruleset: { ...ruleset, sha256: 'q' }, ...judged }).report).toMatchObject({
    sameScope: false,
    sameRuleset: false,
  });
});
test('what was not looked at is neither fixed nor dropped', () => {
  const old = made(finding('a'));
  const now = (changes: Partial<Judged>): readonly [number, number, number] => {
    const seen = { ...result([], '2026-12-01T00:00:00.000Z'), ...changes };
    return [
      applyBaseline([], old, seen).report.fixed.length,
      updateBaseline(old, seen, false).baseline.entries.length,
      pruneBaseline(old, seen).entries.length,
    ];
  };
  expect(now({})).toEqual([1, 0, 0]);
  expect(now({ rules: {} })).toEqual([0, 1, 1]); // the rule is off
  expect(now({ subjects: [], populations: [{ state: 'failed' }] })).toEqual([0, 1, 1]); // the subject may be there
  expect(now({ subjects: [], populations: [{ state: 'complete' }] })).toEqual([1, 0, 0]); // it is out of scope
});
test('update keeps when it was first seen, takes in what is new and drops what is gone; prune takes nothing in', () => {
  const old = made(finding('a'), finding('b'));
  const later = result([finding('a', { severity: 'medium' }), finding('c')], '2026-12-01T00:00:00.000Z');
  expect(updateBaseline(old, later, false).baseline.entries).toMatchObject([
    { fingerprint: 'a', severity: 'medium', firstSeen: judgedAt },
    { fingerprint: 'c', firstSeen: '2026-12-01T00:00:00.000Z' },
  ]);
  expect(pruneBaseline(old, later).entries).toMatchObject([{ fingerprint: 'a', severity: 'high' }]);
});
test('the order of findings does not matter', () => {
  expect(made(finding('b'), finding('a'))).toEqual(made(finding('a'), finding('b')));
});

test('the scope hash changes with what is asked and declared, and with nothing else', () => {
  const [a, b] = [target('a'), target('b')];
  expect(scopeHash([a, b])).toBe(scopeHash([b, a]));
  expect(scopeHash([{ ...a, label: 'x', owner: 'y', tags: ['z'] }, b])).toBe(scopeHash([a, b]));
  const buckets = (...names: readonly string[]): Target => ({
    is: 'aws',
    id: 'aws://default/*/s3',
    label: 'aws:',
    declared: {},
    tags: [],
    services: ['s3'],
    buckets: names,
  });
  const others = [
    [a],
    [a, target('b', { data: ['none'] })],
    [a, target('b', { network: 'internal' })],
    [a, { ...b, ip: '10.0.0.1' }],
    [buckets('x')],
    [buckets('x', 'y')],
  ];
  expect(new Set([[a, b], ...others].map(scopeHash)).size).toBe(7);
});
