import type { Kind } from '../facts/index.ts';
import type { Catalogue } from '../model/catalogue.ts';
import type { Finding } from '../model/finding.ts';
import type { Baseline, GateSettings, WaiverEntry } from '../model/gate.ts';
import type { Evidence, EvidenceId, Observation, Observations, Population, Subject, SubjectId } from '../model/observation.ts';
import type { Caller, CiRun, Override, ScanResult, SubjectResult, TrustSource } from '../model/result.ts';
import type { RuleInfo } from '../model/rule.ts';
import type { Domain } from '../model/score.ts';
import type { Target } from '../model/target.ts';
import { byCodeUnit } from '../util/text.ts';
import { applyBaseline } from './baseline.ts';
import { assessControls, bearsOn, type Pair } from './controls.ts';
import { derive } from './derive/index.ts';
import { gate } from './gate.ts';
import { answeredOf } from './regate.ts';
import { judge, prepare } from './rules/judge.ts';
import type { LoadedRule } from './rules/load.ts';
import { scopeHash } from './scope.ts';
import { score } from './score.ts';
import { bySubject, subjectsOf } from './subjects.ts';
import { summarize } from './summary.ts';
import { applyWaivers } from './waivers.ts';

/** Everything that a judgement rests on. It reads no clock and no file. */
export interface JudgeInput {
  readonly observations: readonly Observation[];
  readonly populations: readonly Population[];
  readonly callers: readonly Caller[];
  readonly targets: readonly Target[];
  /** Subject → the target that led to it, where it is not the subject itself. */
  readonly foundBy?: ReadonlyMap<SubjectId, SubjectId>;
  readonly rules: readonly LoadedRule[]; // those that run, with the severities in force
  readonly overrides: readonly Override[];
  readonly switchedOff: readonly RuleInfo[];
  readonly lowered: readonly RuleInfo[];
  readonly catalogue: Catalogue;
  readonly frameworks: readonly string[]; // chosen ids
  readonly waivers: readonly WaiverEntry[];
  readonly baseline?: Baseline;
  readonly gate: GateSettings;
  readonly policySource: ScanResult['policySource'];
  readonly tool: ScanResult['tool'];
  readonly ruleset: ScanResult['ruleset'];
  readonly trust: readonly TrustSource[];
  readonly ci?: CiRun;
  readonly judgedAt: string;
  readonly observedFrom: string;
  readonly observedTo: string;
  readonly interrupted?: NonNullable<ScanResult['interrupted']>;
}

/** The same where observations lie elsewhere than in a list. */
export interface StoredInput extends Omit<JudgeInput, 'observations'> {
  readonly observations: Observations;
}

/** Observations → result: merged, derived, judged, waived, compared, mapped, scored, gated. The order of the observations does not matter. */
export const judgeScan = (input: JudgeInput): ScanResult => judgeStored({ ...input, observations: bySubject(input.observations) });

/** The same, subject by subject: only what a report needs of all of them stays in memory. */
export function judgeStored(input: StoredInput): ScanResult {
  const { rules, catalogue, overrides, switchedOff, lowered } = input;
  const now = new Date(input.judgedAt);
  const chosen = new Set(input.frameworks);
  const bears = bearsOn(catalogue, chosen);
  const populations = [...input.populations].sort(byScope);
  const index = subjectsOf(input.observations);
  const subjects = [...index.ids.flatMap((id) => index.subject(id) ?? []).map((one) => derive(one, index)), ...stranded(populations)].sort(inOrderOfIds);
  const nobody = emptied(populations);
  const judged = [...subjects.flatMap((subject) => pairsOf(subject, rules, now)), ...nobody.flatMap((subject) => inapplicable(subject, rules))];
  const found = judged.flatMap(({ finding }) => finding ?? []);

  const byId = Object.fromEntries(rules.map(({ rule: { info } }) => [info.id, info] as const).sort(([a], [b]) => byCodeUnit(a, b)));
  const scope = { sha256: scopeHash(input.targets), targets: scopeTargets(input.targets), excluded: [] };
  const waived = applyWaivers(found, input.waivers, now, new Set(rules.map(({ file }) => file.id)));
  const compared = input.baseline && applyBaseline(waived.findings, input.baseline, { scope, ruleset: input.ruleset, rules: byId, subjects, populations });
  const settled = compared?.findings ?? waived.findings;
  const settledBy = new Map(found.map((finding, i) => [finding, settled[i] ?? finding]));
  const mapped = new Map(judged.map(({ finding, rule, subject }) => [finding, { rule, subject }]));
  const withControls = new Map(
    found.map((finding): readonly [Finding, Finding] => {
      const about = mapped.get(finding);
      return [
        finding,
        {
          ...(settledBy.get(finding) ?? finding),
          controls: about ? inOrder(bears(about.rule, about.subject)) : [],
        },
      ];
    }),
  );
  const pairs = judged.map((pair) => (pair.finding ? { ...pair, finding: withControls.get(pair.finding) ?? pair.finding } : pair));
  const findings = [...withControls.values()].sort((a, b) => byCodeUnit(a.subject, b.subject) || byCodeUnit(a.rule, b.rule));
  const { controls, frameworks } = assessControls({ catalogue, chosen, bears, pairs, weakened: [...switchedOff, ...lowered], waivers: input.waivers });
  const scored = scoreOf(findings, pairs, input);
  const seen = {
    findings,
    score: scored,
    controls,
    populations,
    ...(compared && { baseline: compared.report }),
    ...(input.interrupted && { interrupted: input.interrupted }),
    answered: answeredOf(subjects),
    bugs: bugsOf(subjects, findings),
  };
  return {
    schemaVersion: 1,
    tool: input.tool,
    ruleset: input.ruleset,
    policySource: input.policySource,
    overrides,
    scope,
    identity: { accounts: distinct(input.callers, ({ account, arn }) => `${account} ${arn}`), ...(input.ci && { ci: input.ci }) },
    trust: input.trust.toSorted((a, b) => byCodeUnit(a.source, b.source)),
    judgedAt: input.judgedAt,
    observedFrom: input.observedFrom,
    observedTo: input.observedTo,
    ...(input.interrupted && { interrupted: input.interrupted }),
    rules: byId,
    populations,
    subjects: subjectResults([...subjects, ...nobody].sort(inOrderOfIds), pairs, input, now),
    evidence: evidenceOf(subjects),
    findings,
    score: scored,
    frameworks,
    controls,
    waivers: waived.report,
    ...(compared && { baseline: compared.report }),
    gate: gate(seen, input.gate),
  };
}

function pairsOf(subject: Subject, rules: readonly LoadedRule[], now: Date): readonly Pair[] {
  const prepared = prepare(subject, now);
  return rules
    .filter(({ file }) => file.subject === subject.kind)
    .map(({ rule }) => {
      const judgement = judge(rule, prepared);
      return typeof judgement === 'string'
        ? { rule: rule.info, subject, verdict: judgement }
        : { rule: rule.info, subject, verdict: judgement.verdict, finding: judgement };
    });
}
/** A complete listing without a member leaves nothing to judge. */
const inapplicable = (subject: Subject, rules: readonly LoadedRule[]): readonly Pair[] =>
  rules.filter(({ file }) => file.subject === subject.kind).map(({ rule }) => ({ rule: rule.info, subject, verdict: 'not-applicable' as const }));
const inOrderOfIds = (a: Subject, b: Subject): number => byCodeUnit(a.id, b.id) || byCodeUnit(a.kind, b.kind);
/** A listing that failed, or lost pages, stands for the subjects that nobody saw: every rule of their kind is unknown there. */
function stranded(populations: readonly Population[]): readonly Subject[] {
  return byPlace(populations.filter(({ state }) => state !== 'complete')).map(([{ scope, kind }, same]) => {
    const gaps = distinct(
      same.flatMap(({ gap }) => gap ?? []),
      (gap) => JSON.stringify(gap),
    );
    return subjectOf(
      scope,
      kind,
      gaps.flatMap((gap) => namespaces(kind).map((path) => ({ ...gap, path }))),
    );
  });
}
/** Scopes of which every listing was complete and found nobody. */
const emptied = (populations: readonly Population[]): readonly Subject[] =>
  byPlace(populations)
    .filter(([, same]) => same.every(({ state, count }) => state === 'complete' && count === 0))
    .map(([{ scope, kind }]) => subjectOf(scope, kind, []));
/** Two targets may lead to one scope: it is one subject all the same. */
function byPlace(populations: readonly Population[]): readonly (readonly [Population, readonly Population[]])[] {
  const places = new Map<string, Population[]>();
  for (const one of populations) {
    const key = JSON.stringify([one.scope, one.kind]);
    places.set(key, [...(places.get(key) ?? []), one]);
  }
  return [...places.values()].flatMap((same) => same.slice(0, 1).map((first) => [first, same] as const));
}
const byScope = (a: Population, b: Population): number =>
  byCodeUnit(a.scope, b.scope) || byCodeUnit(a.kind, b.kind) || byCodeUnit(JSON.stringify(a), JSON.stringify(b));
const subjectOf = (id: Subject['id'], kind: Kind, gaps: Subject['views'][number]['gaps']): Subject => ({
  id,
  kind,
  views: [{ facts: {}, gaps, evidence: [], drift: [] }],
});
const namespaces = (kind: Kind): readonly string[] =>
  kind === 's3-bucket' ? ['declared', 's3'] : ['declared', 'tls', 'certificate', 'verify', 'clientAuth', 'http'];

const inOrder = (edges: Finding['controls']): Finding['controls'] =>
  edges.toSorted((a, b) => byCodeUnit(a.framework, b.framework) || byCodeUnit(a.strength, b.strength) || byCodeUnit(a.id, b.id));

function scoreOf(findings: readonly Finding[], pairs: readonly Pair[], { catalogue, rules, switchedOff }: StoredInput): ScanResult['score'] {
  const families = new Map([...rules.map(({ rule }) => rule.info), ...switchedOff].map(({ id, family }) => [id, family]));
  const family = (rule: string): string => families.get(rule) ?? rule;
  const domain = (rule: string): Domain => catalogue.families[family(rule)]?.domain ?? 'process';
  const sensitive = new Set(
    pairs
      .filter(({ subject }) => subject.views.some(({ facts }) => facts.declared?.data?.some((tag) => tag === 'pci' || tag === 'phi')))
      .map(({ subject }) => subject.id),
  );
  const judged = [...new Set(pairs.filter(({ verdict }) => verdict !== 'not-applicable').map(({ rule }) => domain(rule.id)))];
  return score(findings, {
    family,
    domain,
    sensitive: (subject) => sensitive.has(subject),
    judged,
    switchedOff: switchedOff.map(({ id, severity }) => ({ rule: id, severity })),
  });
}

function subjectResults(subjects: readonly Subject[], pairs: readonly Pair[], { targets, foundBy }: StoredInput, now: Date): readonly SubjectResult[] {
  const labels = new Map<string, string>(targets.map(({ id, label }) => [id, label]));
  const pairsBySubject = new Map<Subject, Pair[]>(subjects.map((subject) => [subject, []]));
  for (const pair of pairs) pairsBySubject.get(pair.subject)?.push(pair);
  return subjects.map((subject) => {
    const own = pairsBySubject.get(subject) ?? [];
    const ids = (verdict: Pair['verdict']): readonly string[] =>
      own
        .filter((pair) => pair.verdict === verdict)
        .map(({ rule }) => rule.id)
        .sort(byCodeUnit);
    const label = labels.get(subject.id) ?? subject.id.replace(/^arn:aws[a-z-]*:s3:::/, 's3://').replace(/^endpoint:\/\//, '');
    return {
      id: subject.id,
      kind: subject.kind,
      ...targetOf(foundBy?.get(subject.id)),
      summary: summarize(
        subject,
        own.flatMap(({ finding }) => finding ?? []),
        label,
        now,
      ),
      passed: ids('pass'),
      notApplicable: ids('not-applicable'),
      views: subject.views.map(({ address, facts, drift, gaps }) => ({ ...(address !== undefined && { address }), facts, drift, gaps })),
    };
  });
}
const targetOf = (target: SubjectId | undefined): Pick<SubjectResult, 'target'> => (target === undefined ? {} : { target });
function evidenceOf(subjects: readonly Subject[]): Readonly<Record<EvidenceId, Evidence>> {
  const all = subjects.flatMap(({ views }) => views.flatMap(({ evidence }) => evidence));
  return Object.fromEntries(distinct(all, ({ id }) => id).map((record) => [record.id, record]));
}
const scopeTargets = (targets: readonly Target[]): ScanResult['scope']['targets'] =>
  targets
    .map(({ id, label, tags, owner, declaredAt }) => ({ id, label, tags, ...(owner !== undefined && { owner }), ...(declaredAt && { declaredAt }) }))
    .sort((a, b) => byCodeUnit(a.id, b.id));
/** The first of each key, in the order of the keys. */
const distinct = <T>(items: readonly T[], key: (item: T) => string): readonly T[] =>
  [...new Map(items.map((item) => [key(item), item] as const))].sort(([a], [b]) => byCodeUnit(a, b)).map(([, item]) => item);
/** Mistakes of ours, in observing and in judging, each once. */
function bugsOf(subjects: readonly Subject[], findings: readonly Finding[]): number {
  const gaps = [
    ...subjects.flatMap(({ id, views }) => views.flatMap((view) => view.gaps.map((gap) => ({ id, gap })))),
    ...findings.flatMap(({ subject, rule, because }) => because.map((gap) => ({ id: subject, gap: gap.by === 'rule' ? { ...gap, by: rule } : gap }))),
  ].filter(({ gap }) => gap.code === 'bug');
  return new Set(gaps.map(({ id, gap: { path, by, detail } }) => JSON.stringify([id, path, by, detail]))).size;
}
