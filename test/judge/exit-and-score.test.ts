import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBaseline } from '../../src/judge/baseline.ts';
import { judgeScan, type JudgeInput } from '../../src/judge/judgement.ts';
import { applyOverrides } from '../../src/judge/overrides.ts';
import type { WaiverEntry } from '../../src/model/gate.ts';
import type { Gap, Population } from '../../src/model/observation.ts';
import { ResultFile } from '../../src/saved/result.ts';
import { allRules, endpoint, input, legacy, modern, rules, settings } from './small-scan.ts';

const two = rules('tls/offered', 'tls/no-legacy-versions');
const old = 'endpoint://old.example.com:443';
const scan = (changes: Partial<JudgeInput>) => judgeScan(input({ observations: endpoint(old, legacy), rules: two, ...changes }));
const waiver: WaiverEntry = {
  id: 'W-1',
  rule: 'tls/no-legacy-versions',
  resource: old,
  maxMatches: 1,
  covers: 'fail',
  type: 'risk-acceptance',
  controls: [],
  reason: 'r',
  owner: 'o',
  approvedBy: 'p',
  created: '2026-11-01',
  expires: '2027-01-01',
  evidence: [],
  line: 1,
};
const baseline = createBaseline(scan({}), false).baseline;
const off = applyOverrides(two, [{ id: 'tls/no-legacy-versions', set: 'off', reason: 'r', owner: 'o' }]);
const lowered = applyOverrides(two, [{ id: 'tls/no-legacy-versions', set: 'low', reason: 'r', owner: 'o' }]);

test.each<[string, Partial<JudgeInput>, exit: number, value: number, raw: number, grade: string, control: string]>([
  ['one high', {}, 1, 85, 85, 'B', 'failed'],
  ['nothing wrong', { observations: endpoint(old, modern) }, 0, 100, 100, 'A+', 'no-failure-found'],
  ['waived: the gate passes, no A, raw as before', { waivers: [waiver] }, 0, 89, 85, 'B', 'failed-waived'],
  ['waived until yesterday: nothing', { waivers: [{ ...waiver, expires: '2026-11-24' }] }, 1, 85, 85, 'B', 'failed'],
  ['waived from tomorrow: nothing', { waivers: [{ ...waiver, created: '2026-11-26' }] }, 1, 85, 85, 'B', 'failed'],
  ['waived through today', { waivers: [{ ...waiver, expires: '2026-11-25' }] }, 0, 89, 85, 'B', 'failed-waived'],
  ['known: the gate passes, the score stays', { baseline }, 0, 85, 85, 'B', 'failed'],
  ['known, and an item more', { baseline, observations: endpoint(old, ['TLSv1', 'TLSv1.1', 'TLSv1.2']) }, 1, 85, 85, 'B', 'failed'],
  ['known, and --min-score', { baseline, gate: { ...settings, minScore: 86 } }, 1, 85, 85, 'B', 'failed'],
  ['waived, and --min-score', { waivers: [waiver], gate: { ...settings, minScore: 89 } }, 0, 89, 85, 'B', 'failed-waived'],
  ['switched off: no A, in raw neither, nothing cleared', off, 0, 89, 89, 'B', 'not-assessed'],
  ['switched off, and --min-score 90', { ...off, gate: { ...settings, minScore: 90 } }, 1, 89, 89, 'B', 'not-assessed'],
  ['lowered: weighs less, fails its control all the same', lowered, 0, 98, 98, 'A', 'failed'],
  ['lowered, nothing wrong', { ...lowered, observations: endpoint(old, modern) }, 0, 100, 100, 'A+', 'not-assessed'],
])('%s', (_name, changes, exit, value, raw, grade, control) => {
  const { gate, score, controls } = scan(changes);
  expect({ exit: gate.exit, value: score.value, raw: score.raw, grade: score.grade, control: controls.find(({ id }) => id === '4.2.1')?.state }).toEqual({
    exit,
    value,
    raw,
    grade,
    control,
  });
});

const gap = (code: Gap['code']): Gap => ({ path: 's3', code, by: 's3:ListBuckets', detail: 'd', tries: 3, evidence: [] });
const listing = (changes: Partial<Population>): Population => ({ scope: 'aws://111122223333/eu-west-1/s3', kind: 's3-bucket', state: 'complete', ...changes });
const bucketRules = allRules.filter(({ file }) => file.subject === 's3-bucket').map(({ file }) => file.id);
test('a complete listing without a member: its rules are not applicable, and clear nothing', () => {
  const { subjects, findings, controls, gate } = judgeScan(input({ populations: [listing({ count: 0 })] }));
  expect(subjects).toMatchObject([{ id: 'aws://111122223333/eu-west-1/s3', passed: [], notApplicable: bucketRules.toSorted() }]);
  expect(findings).toEqual([]);
  expect(controls.filter(({ state }) => state === 'no-failure-found')).toEqual([]);
  expect(gate).toMatchObject({ exit: 3, reasons: ['nothing answered'] });
});
test.each(['partial', 'failed'] as const)('a listing that is %s: every rule of its kind is unknown there', (state) => {
  const { findings, gate, score } = judgeScan(
    input({ observations: endpoint(old, modern), populations: [listing({ state, gap: gap('access-denied') })], rules: [...two, ...rules(...bucketRules)] }),
  );
  expect(findings.map(({ rule, verdict, because }) => [rule, verdict, because.map(({ code }) => code)[0]])).toEqual(
    bucketRules.toSorted().map((rule) => [rule, 'unknown', 'access-denied']),
  );
  expect(gate.exit).toBe(3);
  expect(score).toMatchObject({ atMost: true });
  expect(score).not.toHaveProperty('grade');
});
test.each<[string, JudgeInput['observations']]>([
  ['no fact', endpoint(old, [], { facts: {} })],
  ['a gap', endpoint(old, [], { facts: {}, gaps: [{ ...gap('timeout'), path: 'tls', by: 'tls-versions' }] })],
  ['nothing at all', []],
])('%s: nothing passes', (_name, observations) => {
  const { subjects, controls, gate, score, findings } = judgeScan(input({ observations }));
  const needing = allRules.filter(({ rule }) => !rule.info.reads.every((path) => path.startsWith('declared'))).map(({ file }) => file.id);
  expect(subjects.flatMap(({ passed }) => passed).filter((id) => needing.includes(id))).toEqual([]);
  expect(controls.filter(({ state }) => state === 'no-failure-found')).toEqual([]);
  expect(gate.exit).toBe(3);
  expect(score.atMost).toBe(findings.length > 0);
});

const many = [
  ...endpoint(old, legacy),
  ...endpoint('endpoint://new.example.com:443', modern),
  ...endpoint(old, modern, { vantage: { address: '2001:4860:4860::8888' } }).slice(1),
  ...endpoint('endpoint://silent.example.com:443', [], { facts: {}, gaps: [{ ...gap('timeout'), path: 'tls', by: 'tls-versions' }] }),
];
const lists = [listing({ state: 'failed', gap: gap('throttled') }), listing({ scope: 'aws://111122223333/eu-central-1/s3', count: 0 })];
const whole = (observations: JudgeInput['observations'], populations: readonly Population[]) =>
  judgeScan(input({ observations, populations, waivers: [waiver], baseline }));
test('the order of what was seen changes no byte', () => {
  const expected = JSON.stringify(whole(many, lists));
  const any = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
  fc.assert(
    fc.property(any(many), any(lists), (observations, populations) => {
      expect(JSON.stringify(whole(observations, populations))).toBe(expected);
    }),
    { numRuns: 20 },
  );
});
test('a result is what the published schema says', () => {
  const parsed = ResultFile.safeParse(JSON.parse(JSON.stringify(whole(many, lists))));
  expect(parsed.error?.issues).toBeUndefined();
});
test('a mistake of ours ends with 4, whatever else failed', () => {
  const observations = [...endpoint(old, legacy), ...endpoint('endpoint://b:1', [], { facts: {}, gaps: [{ ...gap('bug'), path: 'tls', by: 'tls-versions' }] })];
  expect(scan({ observations }).gate.exit).toBe(4);
  expect(scan({ observations, interrupted: 'SIGTERM' }).gate.exit).toBe(143);
});

test.each([
  ['2026-12-09', ['W-1']],
  ['2026-12-10', []],
] as const)('a waiver until %s: said to expire where 14 days or less are left', (expires, expiring) => {
  expect(scan({ waivers: [{ ...waiver, expires }] }).waivers).toMatchObject({ expiring, expired: [], unused: [] });
});
