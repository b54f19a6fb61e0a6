import { expect, test } from 'vitest';
import { gate, type Gated } from '../../src/judge/gate.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { Exit, GateSettings } from '../../src/model/gate.ts';
import type { Control, ControlState } from '../../src/model/result.ts';
import type { Severity } from '../../src/model/rule.ts';
import { catalogue, gapOf, settings } from '../support/judge-input.ts';

const waiver = { id: 'W-1', covers: 'fail', type: 'risk-acceptance', owner: 'o', reason: 'r', expires: '2027-01-01' } as const;
let count = 0;
const fail = (severity: Severity, changes: Partial<Finding> = {}): Finding => ({
  rule: `x/${severity}`,
  subject: `endpoint://h${count++}:443`,
  verdict: 'fail',
  severity,
  message: '',
  items: [],
  evidence: [],
  because: [],
  fingerprint: String(count),
  controls: [],
  ...changes,
});
const unknown = (severity: Severity, changes: Partial<Finding> = {}): Finding =>
  fail(severity, { verdict: 'unknown', because: [gapOf('tls.versions')], ...changes });
const control = (state: ControlState): Control => {
  const found = catalogue.frameworks.find(({ id }) => id === 'pci-dss-4.0.1')?.controls.find(({ id }) => id === '4.2.1');
  if (!found) throw new Error('no 4.2.1');
  return { ...found, framework: 'pci-dss-4.0.1', state, partial: false, findings: [], rules: [] };
};
const ref = { framework: 'pci-dss-4.0.1', id: '4.2.1' };
const score = { scoringVersion: 1, value: 100, raw: 100, atMost: false, grade: 'A+', unknowns: 0, causes: 0, families: [], domains: {} } as const;
const baseline = { known: 0, new: 0, worse: 0, fixed: [], sameScope: true, sameRuleset: true };
const known = { baseline: 'known' } as const;
const listing = (state: 'complete' | 'partial' | 'failed'): Gated['populations'] => [
  { scope: 'aws://1/all/s3', kind: 's3-bucket', state, ...(state !== 'complete' && { gap: gapOf('s3', 'access-denied', 's3:ListBuckets') }) },
];
type Case = readonly [what: string, seen: Partial<Gated>, asked: Partial<GateSettings>, exit: Exit, reason: string | RegExp];

test.each<Case>([
  ['nothing found', {}, {}, 0, 'gate passed (--fail-on high)'],
  ['two highs', { findings: [fail('high'), fail('high')] }, {}, 1, '2 high findings ≥ --fail-on high'],
  [
    'each level by itself',
    { findings: [fail('high'), fail('critical'), fail('low')] },
    { failOn: 'low' },
    1,
    '1 critical finding, 1 high finding, 1 low finding ≥ --fail-on low',
  ],
  ['below the threshold', { findings: [fail('medium')] }, {}, 0, /passed/],
  ['report only', { findings: [fail('critical')] }, { failOn: 'none' }, 0, /passed \(--fail-on none\)/],
  ['waived', { findings: [fail('high', { waiver })] }, {}, 0, /passed/],

  ['known to the baseline', { findings: [fail('high', known)], baseline }, {}, 0, /passed/],
  ['worse than the baseline', { findings: [fail('high', { baseline: 'worse' })], baseline }, {}, 1, '1 high new or worse finding ≥ --fail-on high'],
  ['new to the baseline', { findings: [fail('high', { baseline: 'new' }), fail('high', known)], baseline }, {}, 1, /^1 high/],
  ['a critical is never known', { findings: [fail('critical', known)], baseline }, {}, 1, /^1 critical/],
  ['unless that is allowed', { findings: [fail('critical', known)], baseline }, { allowCritical: true }, 0, /passed/],
  [
    '--fail-on-new counts the low ones',
    { findings: [fail('low', { baseline: 'new' })], baseline },
    { failOnNew: true },
    1,
    '1 finding new or worse than the baseline (--fail-on-new)',
  ],
  ['--fail-on-new, nothing new', { findings: [fail('low', known), fail('info', { baseline: 'new' })], baseline }, { failOnNew: true }, 0, /passed/],
  ['--fail-on-new, waived', { findings: [fail('low', { baseline: 'new', waiver })], baseline }, { failOnNew: true }, 0, /passed/],

  ['--min-score', { score: { ...score, value: 79 } }, { minScore: 80 }, 1, 'score 79 < --min-score 80'],
  ['--min-score reached', { score: { ...score, value: 80 } }, { minScore: 80 }, 0, /passed/],
  ['--min-score, only at most', { score: { ...score, atMost: true } }, { minScore: 80 }, 3, /only "at most 100"/],
  ['--min-score, at most and too low all the same', { score: { ...score, value: 70, atMost: true } }, { minScore: 80 }, 1, 'score 70 < --min-score 80'],

  ['--fail-on-control failed', { controls: [control('failed')] }, { failOnControls: [ref] }, 1, 'control pci-dss-4.0.1 4.2.1 failed (--fail-on-control)'],
  ...(['failed-waived', 'at-risk', 'no-failure-found', 'not-applicable'] as const).map(
    (state): Case => [`--fail-on-control ${state}`, { controls: [control(state)] }, { failOnControls: [ref] }, 0, /passed/],
  ),
  ['--fail-on-control incomplete', { controls: [control('incomplete')] }, { failOnControls: [ref] }, 3, /4\.2\.1 is incomplete/],
  ['--fail-on-control not assessed', { controls: [control('not-assessed')] }, { failOnControls: [ref] }, 3, /4\.2\.1 was not assessed/],
  ['--fail-on-control manual', { controls: [control('manual')] }, { failOnControls: [ref] }, 3, /by people alone/],
  ['--fail-on-control of another framework', { controls: [] }, { failOnControls: [ref] }, 3, /not in this result/],

  ['an unknown at the threshold', { findings: [unknown('high')] }, {}, 3, '1 unknown from 1 cause > --max-unknown 0'],
  ['an unknown below it', { findings: [unknown('medium')] }, {}, 0, /passed/],
  ['below it, with --min-score', { findings: [unknown('low')] }, { minScore: 10 }, 3, /1 unknown from 1 cause/],
  [
    'below it, with --fail-on-control',
    { findings: [unknown('low')], controls: [control('no-failure-found')] },
    { failOnControls: [ref] },
    3,
    /1 unknown from 1 cause/,
  ],
  [
    'many unknowns of one cause are one',
    { findings: [unknown('high', { subject: 'endpoint://a:1' }), unknown('high', { subject: 'endpoint://a:1' })] },
    { maxUnknown: 1 },
    0,
    /passed/,
  ],
  ['two causes', { findings: [unknown('high'), unknown('high')] }, { maxUnknown: 1 }, 3, '2 unknowns from 2 causes > --max-unknown 1'],
  ['waived', { findings: [unknown('high', { waiver: { ...waiver, covers: 'unknown' } })] }, {}, 0, /passed/],
  ['known to the baseline: it is unknown all the same', { findings: [unknown('high', known)], baseline }, {}, 3, /1 unknown/],
  ['--fail-on none asks of no rule', { findings: [unknown('critical')] }, { failOn: 'none' }, 0, /passed/],
  ['nothing answered', { answered: 0 }, { failOn: 'none' }, 3, 'nothing answered'],
  ['a listing failed', { populations: listing('failed') }, {}, 3, 'listing aws://1/all/s3 failed (s3:ListBuckets: access-denied)'],
  ['a listing lost a page', { populations: listing('partial') }, {}, 3, /is partial/],
  ['a listing of nobody', { populations: listing('complete') }, {}, 0, /passed/],
  ['the deadline', { interrupted: 'deadline' }, {}, 3, /deadline/],

  ['a bug of ours', { bugs: 1 }, {}, 4, /1 gap of code bug/],
  ['interrupted', { interrupted: 'SIGINT' }, {}, 130, /interrupted/],
  ['terminated', { interrupted: 'SIGTERM' }, {}, 143, /terminated/],

  ['130 before all', { interrupted: 'SIGINT', bugs: 1, findings: [fail('high'), unknown('high')] }, {}, 130, /interrupted/],
  ['4 before 1', { bugs: 1, findings: [fail('high')] }, {}, 4, /bug/],
  ['1 before 3', { findings: [unknown('high'), fail('high')], populations: listing('failed') }, {}, 1, /^1 high/],

  ['--exit-zero instead of 1', { findings: [fail('high')] }, { exitZero: true }, 0, '--exit-zero instead of 1'],
  ['--exit-zero instead of 3', { answered: 0 }, { exitZero: true }, 0, '--exit-zero instead of 3'],
  ['--exit-zero leaves 4', { bugs: 1 }, { exitZero: true }, 4, /bug/],
  ['--exit-zero leaves 130', { interrupted: 'SIGINT' }, { exitZero: true }, 130, /interrupted/],
])('%s', (_what, seen, asked, exit, reason) => {
  const given = gate({ findings: [], score, controls: [], populations: [], answered: 1, bugs: 0, ...seen }, { ...settings, ...asked });
  expect(given.exit).toBe(exit);
  expect(given.reasons[0]).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
});
test('every reason is told, those of the code first', () => {
  const { reasons } = gate(
    { findings: [fail('high'), unknown('high')], score: { ...score, value: 10 }, controls: [], populations: [], answered: 1, bugs: 0 },
    { ...settings, minScore: 80, exitZero: true },
  );
  expect(reasons).toEqual([
    '--exit-zero instead of 1',
    '1 high finding ≥ --fail-on high',
    'score 10 < --min-score 80',
    '1 unknown from 1 cause > --max-unknown 0',
  ]);
});
