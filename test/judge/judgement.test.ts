import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBaseline } from '../../src/judge/baseline.ts';
import { judgeScan, type JudgeInput } from '../../src/judge/judgement.ts';
import { applyOverrides, type RuleChange } from '../../src/judge/overrides.ts';
import { regate } from '../../src/judge/regate.ts';
import { loadRules } from '../../src/judge/rules/load.ts';
import { ruleDir } from '../../src/judge/rules/dir.ts';
import type { WaiverEntry } from '../../src/model/gate.ts';
import type { Observation, Population } from '../../src/model/observation.ts';
import type { ScanResult } from '../../src/model/result.ts';
import type { Severity } from '../../src/model/rule.ts';
import { accepts, declaration, expired, gapOf, hsts, input, judgedAt, legacy, rule, seen, settings, sound, target } from '../support/judge-input.ts';

const a = target('a.example');
const old = (): Partial<JudgeInput> => ({ observations: [declaration(a), seen(a.id, 'tls-versions', accepts('TLSv1', 'TLSv1.2')), seen(a.id, 'rest', sound)] });
const silent = (): Partial<JudgeInput> => ({
  observations: [declaration(a), seen(a.id, 'tls-versions', {}, '8.8.8.8', [gapOf('tls')]), seen(a.id, 'rest', sound)],
});
const ruleAbout = (changes: readonly Omit<RuleChange, 'reason' | 'owner'>[]): Partial<JudgeInput> =>
  applyOverrides(
    [legacy, hsts, expired],
    changes.map((change) => ({ ...change, reason: 'r', owner: 'o' })),
  );
const waive = (covers: WaiverEntry['covers'], changes: Partial<WaiverEntry> = {}): WaiverEntry => ({
  id: 'W-1',
  rule: 'tls/legacy',
  resource: a.id,
  maxMatches: 1,
  covers,
  type: 'risk-acceptance',
  controls: [],
  reason: 'r',
  owner: 'o',
  approvedBy: 'x',
  created: '2026-11-01',
  expires: '2027-01-01',
  evidence: [],
  line: 1,
  ...changes,
});
const known = (of: Partial<JudgeInput>, allowCritical = false): Partial<JudgeInput> => ({
  baseline: createBaseline(judgeScan(input(of)), allowCritical).baseline,
});
const pci = ({ controls }: ScanResult): string | undefined => controls.find(({ id }) => id === '4.2.1')?.state;

test('a clean scan', () => {
  const result = judgeScan(input());
  expect(result).toMatchObject({ findings: [], gate: { exit: 0 }, score: { value: 100, grade: 'A+' } });
  expect(result.subjects).toMatchObject([{ id: a.id, passed: ['cert/valid', 'http/hsts', 'tls/legacy'], notApplicable: [], summary: { unknowns: 0 } }]);
  expect(pci(result)).toBe('no-failure-found');
});
// Issue 4: a waiver, a baseline and a switched-off rule each change the exit code and the score exactly as the design says.
test.each<[string, Partial<JudgeInput>, number, number, string | undefined, string]>([
  // name, input, exit, score, grade, state of PCI DSS 4.2.1
  ['one high', old(), 1, 85, 'B', 'failed'],
  ['waived: no gate, no A, and the control says so', { ...old(), waivers: [waive('fail')] }, 0, 89, 'B', 'failed-waived'],
  ['an expired waiver does nothing', { ...old(), waivers: [waive('fail', { expires: '2026-11-24' })] }, 1, 85, 'B', 'failed'],
  ['a waiver of unknowns waives no fail', { ...old(), waivers: [waive('unknown')] }, 1, 85, 'B', 'failed'],
  ['known: no gate, and the score as it is', { ...old(), ...known(old()) }, 0, 85, 'B', 'failed'],
  ['new to an empty baseline', { ...old(), ...known({}) }, 1, 85, 'B', 'failed'],
  ['known and waived', { ...old(), ...known(old()), waivers: [waive('fail')] }, 0, 89, 'B', 'failed-waived'],
  ['waived when the baseline was made, expired now', { ...old(), ...known({ ...old(), waivers: [waive('fail')] }) }, 1, 85, 'B', 'failed'],
  ['switched off: no gate, no A, not assessed', { ...old(), ...ruleAbout([{ id: 'tls/legacy', set: 'off' }]) }, 0, 89, 'B', 'not-assessed'],
  ['switched off, and nothing is wrong', ruleAbout([{ id: 'tls/legacy', set: 'off' }]), 0, 89, 'B', 'not-assessed'],
  ['lowered: below the gate, and failed all the same', { ...old(), ...ruleAbout([{ id: 'tls/legacy', set: 'low' }]) }, 0, 98, 'A', 'failed'],
  ['lowered, and nothing is wrong: not assessed', ruleAbout([{ id: 'tls/legacy', set: 'low' }]), 0, 100, 'A+', 'not-assessed'],
  ['raised', { ...old(), ...ruleAbout([{ id: 'tls/legacy', set: 'critical' }]) }, 1, 59, 'F', 'failed'],
  ['known, then raised: worse', { ...old(), ...known(old()), ...ruleAbout([{ id: 'tls/legacy', set: 'critical' }]) }, 1, 59, 'F', 'failed'],
  ['silent: no grade', silent(), 3, 100, undefined, 'incomplete'],
  ['silent and waived: graded, but not an A', { ...silent(), waivers: [waive('unknown')] }, 0, 89, 'B', 'incomplete'],
  ['silent and known to the baseline', { ...silent(), ...known(silent()) }, 3, 100, undefined, 'incomplete'],
  ['silent, now failing: worse', { ...old(), ...known(silent()) }, 1, 85, 'B', 'failed'],
  ['silent, and the rule switched off', { ...silent(), ...ruleAbout([{ id: 'tls/legacy', set: 'off' }]) }, 0, 89, 'B', 'not-assessed'],
  ['where card data lies, a high counts twice', { ...old(), observations: dataOf('pci') }, 1, 79, 'C', 'failed'],
  ['a framework that is chosen makes nothing sensitive', { ...old(), frameworks: ['pci-dss-4.0.1'] }, 1, 85, 'B', 'failed'],
  ['nothing chosen: at most at risk', { ...old(), frameworks: [] }, 1, 85, 'B', 'at-risk'],
  ['--exit-zero', { ...old(), gate: { ...settings, exitZero: true } }, 0, 85, 'B', 'failed'],
])('%s', (_name, changes, exit, value, grade, state) => {
  const result = judgeScan(input(changes));
  expect([result.gate.exit, result.score.value, result.score.grade, pci(result)]).toEqual([exit, value, grade, state]);
  expect(regate(result, { ...settings, ...changes.gate })).toEqual(result.gate); // `encaudit gate` says the same of what was saved
});
function dataOf(tag: 'pci' | 'phi'): readonly Observation[] {
  return [declaration(target('a.example', { data: [tag] })), ...(old().observations ?? []).slice(1)];
}
test('an overruled rule stands in the result with its reason', () => {
  const { overrides, switchedOff, lowered, rules } = applyOverrides(
    [legacy, hsts],
    [
      { id: 'tls/legacy', set: 'off', reason: 'r', owner: 'o' },
      { id: 'http/hsts', set: 'low', reason: 'as it is', owner: 'o' },
    ],
  );
  expect(overrides).toEqual([{ rule: 'tls/legacy', from: 'high', to: 'off', reason: 'r', owner: 'o' }]);
  expect([switchedOff, lowered, rules].map((list) => list.length)).toEqual([1, 0, 1]);
});

const scope = 'aws://123456789012/all/s3';
const tier = rule({
  id: 's3/tier',
  subject: 's3-bucket',
  family: 'deny-non-https',
  expect: 's3.plainHttp == "denied"',
  message: 'x',
  examples: [
    { name: 'a', verdict: 'pass', facts: { s3: { plainHttp: 'denied' } } },
    { name: 'b', verdict: 'fail', facts: { s3: { plainHttp: 'allowed' } } },
  ],
});
const bucket = (name: string, plainHttp: 'denied' | 'allowed', declared: object = {}): readonly Observation[] => {
  const subject = `arn:aws:s3:::${name}` as const;
  const rest = { subject, kind: 's3-bucket', evidence: [], gaps: [], links: [] } as const;
  return [
    { ...rest, origin: 'api', by: 's3:GetBucketPolicy', facts: { s3: { plainHttp } } },
    { ...rest, origin: 'declared', by: 'config', facts: { declared: { ...a.declared, ...declared } } },
  ];
};
const listed = (state: Population['state'], count?: number): Population => ({
  scope,
  kind: 's3-bucket',
  state,
  ...(count !== undefined && { count }),
  ...(state !== 'complete' && { gap: gapOf('s3', 'access-denied', 's3:ListBuckets') }),
});
const s3 = (changes: Partial<JudgeInput>): ScanResult => judgeScan(input({ rules: [tier], observations: [], targets: [], ...changes }));
test('a complete listing of nobody: not applicable, and it did answer', () => {
  const result = s3({ populations: [listed('complete', 0), listed('complete', 0)], observations: input().observations });
  expect(result.subjects.filter(({ kind }) => kind === 's3-bucket')).toMatchObject([{ id: scope, notApplicable: ['s3/tier'], passed: [] }]);
  expect([result.findings, pci(result)]).toEqual([[], 'not-applicable']);
});
test.each(['failed', 'partial'] as const)('a listing that is %s: what was not seen is unknown, beside what passed', (state) => {
  const result = s3({ populations: [listed(state, 1), listed(state, 1)], observations: bucket('b', 'denied') });
  expect(result.findings).toMatchObject([{ subject: scope, rule: 's3/tier', verdict: 'unknown', because: [{ code: 'access-denied', by: 's3:ListBuckets' }] }]);
  expect(result.score).toMatchObject({ atMost: true, causes: 1 });
  expect([pci(result), result.gate.exit]).toEqual(['incomplete', 3]);
});
test('a bucket that two targets lead to keeps what one of them declares of it', () => {
  const result = s3({ populations: [listed('complete', 1)], observations: [...bucket('b', 'allowed'), ...bucket('b', 'allowed', { data: ['none'] })] });
  expect(result.subjects).toMatchObject([{ views: [{ facts: { declared: { data: ['none'], network: 'unspecified' } }, gaps: [] }] }]);
  expect(pci(result)).toBe('not-assessed'); // it holds no card data
});
test('two declarations that say different things are a conflict, not a choice', () => {
  const result = s3({ observations: [...bucket('b', 'denied', { data: ['pci'] }), ...bucket('b', 'denied', { data: ['phi'] })] });
  expect(result.subjects).toMatchObject([{ views: [{ gaps: [{ path: 'declared.data', code: 'conflict' }] }] }]);
});
test('a gap of code bug ends with 4, whatever else was found', () => {
  const observations = [...(old().observations ?? []), seen(a.id, 'probe', {}, '8.8.8.8', [gapOf('http', 'bug')])];
  expect(judgeScan(input({ observations })).gate).toMatchObject({ exit: 4 });
});
test('only what was declared is known: nothing answered', () => {
  expect(judgeScan(input({ observations: [declaration(a)] })).gate).toMatchObject({ exit: 3, reasons: expect.arrayContaining(['nothing answered']) });
});

test('the same observations in any order give the same bytes', () => {
  const names = ['a.example', 'b.example', 'c.example'];
  const observations = names.flatMap((name, i) => {
    const { id } = target(name);
    const addresses = ['8.8.8.8', '10.0.0.1', '2606:4700::1111'].slice(0, i + 1);
    return [
      declaration(target(name, i === 1 ? { data: ['pci'] } : {})),
      ...addresses.flatMap((address, j) => [
        seen(id, 'tls-versions', accepts(...(j === 0 ? (['TLSv1', 'TLSv1.1'] as const) : []), 'TLSv1.2'), address),
        seen(id, 'rest', j === 1 ? {} : sound, address, j === 1 ? [gapOf('http'), gapOf('verify', 'reset', 'chain')] : []),
      ]),
    ];
  });
  const all = [...observations, ...bucket('x', 'allowed'), ...bucket('y', 'denied')];
  const populations = [
    listed('partial', 2),
    { ...listed('complete', 0), scope: 'aws://2/all/s3' as const },
    { ...listed('failed'), scope: 'aws://3/all/s3' as const },
  ];
  const callers = ['1', '2'].map((account) => ({ account, arn: `arn:aws:iam::${account}:root` }));
  const targets = names.map((name) => target(name));
  const trust = ['node', 'ca.pem'].map((source) => ({ source, count: 1, sha256: source }));
  const rules = [...loadRules(ruleDir(), { builtIn: true }), tier];
  const bytes = (changes: Partial<JudgeInput>): string => JSON.stringify(judgeScan(input({ rules, ...changes })));
  const expected = bytes({ observations: all, populations, callers, targets, trust });
  const shuffled = <T>(list: readonly T[]): fc.Arbitrary<T[]> => fc.shuffledSubarray([...list], { minLength: list.length });
  fc.assert(
    fc.property(shuffled(all), shuffled(populations), shuffled(callers), shuffled(targets), shuffled(trust), (o, p, c, t, r) => {
      expect(bytes({ observations: o, populations: p, callers: c, targets: t, trust: r })).toBe(expected);
    }),
    { numRuns: 30 },
  );
});
test('evidence is stored once, and every finding points into it', () => {
  const result = judgeScan(input(old()));
  expect(Object.keys(result.evidence)).toHaveLength(2);
  expect(result.findings.flatMap(({ evidence }) => evidence)).not.toEqual([]);
  for (const { evidence, items } of result.findings)
    for (const id of [...evidence, ...items.flatMap((item) => item.evidence)]) expect(result.evidence).toHaveProperty(id);
});
test('the result names what it rests on', () => {
  expect(judgeScan(input({ interrupted: 'SIGINT' }))).toMatchObject({ interrupted: 'SIGINT', judgedAt, policySource: 'defaults', gate: { exit: 130 } });
  const severities = Object.values(judgeScan(input()).rules).map(({ severity }): Severity => severity);
  expect(severities).toEqual(['critical', 'low', 'high']);
});
test('passes beside a fail change nothing (compliance.md 3.2, 1)', () => {
  const more = Array.from({ length: 200 }, (_, i) => target(`h${i}.example`));
  const passes = more.flatMap((one) => [declaration(one), seen(one.id, 'tls-versions', accepts('TLSv1.2')), seen(one.id, 'rest', sound)]);
  const alone = judgeScan(input(old()));
  const beside = judgeScan(input({ observations: [...(old().observations ?? []), ...passes], targets: [a, ...more] }));
  expect(beside.subjects).toHaveLength(201);
  expect(beside.score).toEqual(alone.score);
  expect(beside.scope.sha256).not.toBe(alone.scope.sha256);
});
