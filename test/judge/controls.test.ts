import { expect, test } from 'vitest';
import { undeclared, type Declared } from '../../src/facts/declared.ts';
import { assessControls, bearsOn, edgesOf, type ControlsInput, type Pair } from '../../src/judge/controls.ts';
import type { Finding, Waiver } from '../../src/model/finding.ts';
import type { Subject } from '../../src/model/observation.ts';
import type { Control } from '../../src/model/result.ts';
import type { RuleInfo } from '../../src/model/rule.ts';
import { catalogue } from '../support/judge-input.ts';

const pci = 'pci-dss-4.0.1';
const hipaa = 'hipaa-security-rule';
const chosen = new Set([pci, hipaa]);
const info = (family: string, changes: Partial<RuleInfo> = {}): RuleInfo => ({
  id: `x/${family}`,
  title: '',
  severity: 'high',
  subject: 'endpoint',
  family,
  builtIn: true,
  why: '',
  remediation: '',
  snippets: {},
  references: [],
  cwe: [],
  reads: [],
  ...changes,
});
const subject = (declared: Declared = {}, address = '8.8.8.8'): Subject => ({
  id: 'endpoint://a:443',
  kind: 'endpoint',
  views: [{ address, facts: { declared: { ...undeclared, ...declared } }, gaps: [], evidence: [], drift: [] }],
});
const waiver: Waiver = { id: 'W-1', covers: 'fail', type: 'risk-acceptance', owner: 'o', reason: 'r', expires: '2027-01-01' };
interface Told {
  readonly waiver?: Waiver;
  readonly declared?: Declared;
  readonly address?: string;
  readonly rule?: Partial<RuleInfo>;
  readonly under?: ReadonlySet<string>;
}
function pair(family: string, verdict: Pair['verdict'], { waiver: by, declared, address, rule, under = chosen }: Told = {}): Pair {
  const of = info(family, rule);
  const about = subject(declared, address);
  const finding = (is: 'fail' | 'unknown'): Finding => ({
    rule: of.id,
    subject: about.id,
    verdict: is,
    severity: of.severity,
    message: '',
    items: [],
    evidence: [],
    because: [],
    fingerprint: of.id,
    controls: [],
    ...(by && { waiver: by }),
  });
  return {
    rule: of,
    bears: bearsOn(catalogue, under)(of, about),
    verdict,
    ...((verdict === 'fail' || verdict === 'unknown') && { finding: finding(verdict) }),
  };
}
const stateOf = (id: string, pairs: readonly Pair[], more: Partial<ControlsInput> = {}): Pick<Control, 'state' | 'partial' | 'why' | 'findings'> => {
  const { controls } = assessControls({ catalogue, chosen, pairs, weakened: [], waivers: [], ...more });
  const control = controls.find((one) => one.id === id);
  if (!control) throw new Error(`no control ${id}`);
  const { state, partial, why, findings } = control;
  return { state, partial, findings, ...(why !== undefined && { why }) };
};
const edges = (family: string, about: Subject, ...data: readonly ('pci' | 'phi')[]): readonly string[] =>
  edgesOf(catalogue, { family }, { subject: about, chosenData: new Set(data) }).map(({ id, strength }) => `${id} ${strength}`);

test('edges: direct where all holds, weaker where something is not known, gone where the data is another', () => {
  expect(edges('deny-non-https', subject(), 'pci', 'phi')).toEqual(
    expect.arrayContaining(['4.2.1 direct', '164.312(e)(1) direct', '164.312(e)(2)(ii) direct']),
  );
  expect(edges('deny-non-https', subject())).toEqual(expect.arrayContaining(['4.2.1 supporting', '164.312(e)(1) supporting']));
  expect(edges('deny-non-https', subject({ network: 'internal' }), 'pci')).toContain('4.2.1 supporting'); // otherwise
  expect(edges('deny-non-https', subject({ data: ['none'] }), 'pci', 'phi')).toEqual([]);
  expect(edges('hsts-missing', subject({ network: 'internal' }), 'pci')).not.toContain('4.2.1 supporting'); // no otherwise
  expect(edges('tls-legacy-version', subject({ role: ['admin'] }), 'pci')).toContain('2.2.7 direct');
  expect(edges('tls-legacy-version', subject(), 'pci').some((edge) => edge.startsWith('2.2.7'))).toBe(false);
  expect(edges('tls-legacy-version', subject({ role: ['poi-termination'] }), 'pci')).toEqual(expect.arrayContaining(['4.2.1 supporting', 'A2.1.1 supporting']));
});
test.each(['pq-not-ready', 'inventory-produced', 'scan-evidence', 'tls-hygiene', 'policy-expectation', 'nonsense'])('%s changes no state', (family) => {
  expect(edges(family, subject(), 'pci', 'phi')).toEqual([]);
});

const weak = 'tls-weak-cipher';
const old = 'tls-legacy-version';
test.each<[string, readonly Pair[], Partial<ControlsInput>, Control['state'], boolean]>([
  ['a direct fail', [pair(old, 'fail'), pair(weak, 'pass')], {}, 'failed', false],
  ['a direct fail beside a waived one', [pair(old, 'fail', { waiver }), pair(weak, 'fail')], {}, 'failed', false],
  ['direct fails, all waived', [pair(old, 'fail', { waiver }), pair(weak, 'unknown')], {}, 'failed-waived', false],
  ['a supporting fail', [pair(old, 'fail', { address: '10.0.0.1' }), pair(weak, 'pass')], {}, 'at-risk', false],
  ['a supporting fail, waived: no failure would be a lie', [pair(old, 'fail', { address: '10.0.0.1', waiver }), pair(weak, 'pass')], {}, 'at-risk', false],
  ['a fail of a family that is never direct', [pair('cert-expiring', 'fail'), pair(weak, 'pass')], {}, 'at-risk', false],
  ['an unknown beside a pass', [pair(old, 'unknown'), pair(weak, 'pass')], {}, 'incomplete', false],
  ['an unknown, waived: still not known', [pair(old, 'unknown', { waiver: { ...waiver, covers: 'unknown' } }), pair(weak, 'pass')], {}, 'incomplete', false],
  ['a direct pass', [pair(old, 'pass'), pair(weak, 'not-applicable')], {}, 'no-failure-found', true],
  ['a pass of the rule of a user', [pair(old, 'pass', { rule: { builtIn: false } })], {}, 'not-assessed', false],
  ['a fail of the rule of a user', [pair(old, 'pass'), pair(weak, 'fail', { rule: { builtIn: false } })], {}, 'failed', false],
  ['a rule that was switched off beside a pass', [pair(old, 'pass')], { weakened: [info(weak)] }, 'not-assessed', false],
  ['a rule that was lowered and fails', [pair(old, 'fail', { rule: { severity: 'low' } })], { weakened: [info(old)] }, 'failed', false],
  ['only supporting passes', [pair(old, 'pass', { address: '10.0.0.1' })], {}, 'not-assessed', false],
  ['nothing chosen, a pass', [pair(old, 'pass', { under: new Set() })], { chosen: new Set() }, 'not-assessed', false],
  ['nothing chosen, a fail', [pair(old, 'fail', { under: new Set() })], { chosen: new Set() }, 'at-risk', false],
  ['nothing it applies to', [pair(old, 'not-applicable')], {}, 'not-applicable', false],
  ['no rule met anything', [], {}, 'not-assessed', false],
])('4.2.1: %s', (_name, pairs, more, state, partial) => {
  expect(stateOf('4.2.1', pairs, more)).toMatchObject({ state, partial });
});
test('what no tool can see is manual, and says why', () => {
  expect(stateOf('3.3.1', [pair(old, 'pass')])).toMatchObject({ state: 'manual', why: expect.stringContaining('databases') });
});
test('a waiver that names controls holds for these alone', () => {
  const pairs = [pair(old, 'fail', { waiver })];
  const waivers = [{ id: 'W-1', controls: [{ framework: pci, id: '4.2.1' }] }];
  expect(stateOf('4.2.1', pairs, { waivers })).toMatchObject({ state: 'failed-waived', why: 'waived by W-1', findings: [`x/${old}`] });
  expect(stateOf('164.312(e)(1)', pairs, { waivers })).toMatchObject({ state: 'failed' });
  expect(stateOf('164.312(e)(1)', pairs, { waivers: [{ id: 'W-1', controls: [] }] })).toMatchObject({ state: 'failed-waived' });
});
test('frameworks: only the chosen ones, with each control counted once', () => {
  const of = (ids: readonly string[]): ReturnType<typeof assessControls>['frameworks'] =>
    assessControls({
      catalogue,
      chosen: new Set(ids),
      pairs: [old, weak].map((family) => pair(family, 'pass', { under: new Set(ids) })),
      weakened: [],
      waivers: [],
    }).frameworks;
  expect(of([pci]).map(({ id, chosen: is }) => [id, is])).toEqual([[pci, true]]);
  expect(of([]).map(({ id, chosen: is }) => [id, is])).toEqual([
    [hipaa, false],
    [pci, false],
  ]);
  const [framework] = of([pci]);
  expect(Object.values(framework?.states ?? {}).reduce((sum, n) => sum + n, 0)).toBe(67);
  expect(framework).toMatchObject({ states: { manual: 42, 'no-failure-found': 1 }, partial: 1 });
});
