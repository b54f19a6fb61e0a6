import type { Kind } from '../facts/index.ts';
import { namespacesOf } from '../facts/namespaces.ts';
import type { Catalogue } from '../model/catalogue.ts';
import type { Finding } from '../model/finding.ts';
import type { Baseline, GateSettings, WaiverEntry } from '../model/gate.ts';
import type { Evidence, EvidenceId, Observation, Observations, Population, Subject, SubjectId } from '../model/observation.ts';
import type { Caller, CiRun, Override, ScanResult, SubjectResult, TrustSource } from '../model/result.ts';
import type { RuleInfo } from '../model/rule.ts';
import type { Domain } from '../model/score.ts';
import type { Judged as JudgedTarget } from '../model/target.ts';
import { groupBy } from '../util/group.ts';
import { shelf, type Shelf } from '../util/shelf.ts';
import { byCodeUnit } from '../util/text.ts';
import { applyBaseline } from './baseline.ts';
import { assessControls, bearsOn, type Bears, type Pair } from './controls.ts';
import { derive } from './derive/index.ts';
import { gate } from './gate.ts';
import { answeredOf } from './regate.ts';
import { judge, prepare } from './rules/judge.ts';
import type { LoadedRule } from './rules/load.ts';
import { scopeHash } from './scope.ts';
import { score } from './score.ts';
import { bySubject, subjectsOf } from './subjects.ts';
import { cellsOf, nameOf, summarize } from './summary.ts';
import { applyWaivers } from './waivers.ts';

/** Everything that a judgement rests on. It reads no clock and no file. */
export interface JudgeInput {
  readonly observations: readonly Observation[];
  readonly populations: readonly Population[];
  readonly callers: readonly Caller[];
  readonly targets: readonly JudgedTarget[];
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
  const store = shelf();
  const judgeOne = (subject: Subject): Kept => keepOne(subject, pairsOf(subject, rules, now, bears), now, store);
  const unlisted = stranded(populations);
  const unlistedBy = groupBy(unlisted, ({ id }) => id);
  const observed = [...new Set([...index.ids, ...unlisted.map(({ id }) => id)])].sort(byCodeUnit).flatMap((id) => {
    const own = index.subject(id);
    return [...(own ? [derive(own, index)] : []), ...(unlistedBy.get(id) ?? [])].sort(inOrderOfIds).map(judgeOne);
  });
  const nobody = emptied(populations).map((subject) => keepOne(subject, inapplicable(subject, rules, bears), now, store));
  const judged = [...observed, ...nobody];
  const found = judged.flatMap(({ pairs }) => pairs.flatMap(({ finding }) => finding ?? []));

  const byId = Object.fromEntries(rules.map(({ rule: { info } }) => [info.id, info] as const).sort(([a], [b]) => byCodeUnit(a, b)));
  const scope = { sha256: scopeHash(input.targets), targets: scopeTargets(input.targets), excluded: [] };
  const waived = applyWaivers(found, input.waivers, now, new Set(rules.map(({ file }) => file.id)));
  const compared =
    input.baseline && applyBaseline(waived.findings, input.baseline, { scope, ruleset: input.ruleset, rules: byId, subjects: observed, populations });
  const settled = compared?.findings ?? waived.findings;
  const settledBy = new Map(found.map((finding, i) => [finding, settled[i] ?? finding]));
  const pairs = judged.flatMap((one) => one.pairs.map((pair) => (pair.finding ? { ...pair, finding: settledBy.get(pair.finding) ?? pair.finding } : pair)));
  const findings = [...settled].sort((a, b) => byCodeUnit(a.subject, b.subject) || byCodeUnit(a.rule, b.rule));
  const { controls, frameworks } = assessControls({ catalogue, chosen, pairs, weakened: [...switchedOff, ...lowered], waivers: input.waivers });
  const scored = scoreOf(findings, pairs, new Set(judged.flatMap(({ id, sensitive }) => (sensitive ? [id] : []))), input);
  const seen = {
    findings,
    score: scored,
    controls,
    populations,
    ...(compared && { baseline: compared.report }),
    ...(input.interrupted && { interrupted: input.interrupted }),
    answered: observed.filter(({ answered }) => answered).length,
    bugs: new Set(observed.flatMap(({ bugs }) => bugs)).size,
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
    subjects: subjectResults(judged.toSorted(inOrderOfIds), settledBy, input),
    evidence: evidenceOf(observed),
    findings,
    score: scored,
    frameworks,
    controls,
    waivers: waived.report,
    ...(compared && { baseline: compared.report }),
    gate: gate(seen, input.gate),
  };
}

/** One subject, judged: what the whole needs of it. Its facts and evidence lie on the shelf. */
interface Kept {
  readonly id: SubjectId;
  readonly kind: Kind;
  readonly pairs: readonly Pair[];
  readonly name: string;
  readonly cells: SubjectResult['summary']['cells'];
  readonly views: () => SubjectResult['views'];
  readonly evidence: ReadonlyMap<EvidenceId, () => Evidence>;
  readonly sensitive: boolean;
  readonly answered: boolean;
  readonly bugs: readonly string[];
}
function keepOne(subject: Subject, pairs: readonly Pair[], now: Date, { keep }: Shelf): Kept {
  const { id, kind, views } = subject;
  const records = new Map(views.flatMap(({ evidence }) => evidence.map((record) => [record.id, record] as const)));
  return {
    id,
    kind,
    pairs,
    name: nameOf(subject),
    cells: cellsOf(subject, now),
    views: keep(views.map(({ address, facts, drift, gaps }) => ({ ...(address !== undefined && { address }), facts, drift, gaps }))),
    evidence: new Map([...records].map(([name, record]) => [name, keep(record)])),
    sensitive: views.some(({ facts }) => facts.declared?.data?.some((tag) => tag === 'pci' || tag === 'phi')),
    answered: answeredOf([subject]) > 0,
    bugs: bugsOf(
      subject,
      pairs.flatMap(({ finding }) => finding ?? []),
    ),
  };
}

function pairsOf(subject: Subject, rules: readonly LoadedRule[], now: Date, bears: Bears): readonly Pair[] {
  const prepared = prepare(subject, now);
  return rules
    .filter(({ file }) => file.subject === subject.kind)
    .map(({ rule }) => {
      const judgement = judge(rule, prepared);
      const about = { rule: rule.info, bears: bears(rule.info, subject) };
      return typeof judgement === 'string'
        ? { ...about, verdict: judgement }
        : { ...about, verdict: judgement.verdict, finding: { ...judgement, controls: inOrder(about.bears) } };
    });
}
/** A complete listing without a member leaves nothing to judge. */
const inapplicable = (subject: Subject, rules: readonly LoadedRule[], bears: Bears): readonly Pair[] =>
  rules
    .filter(({ file }) => file.subject === subject.kind)
    .map(({ rule }) => ({ rule: rule.info, bears: bears(rule.info, subject), verdict: 'not-applicable' as const }));
const inOrderOfIds = (a: Pick<Subject, 'id' | 'kind'>, b: Pick<Subject, 'id' | 'kind'>): number => byCodeUnit(a.id, b.id) || byCodeUnit(a.kind, b.kind);
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
      gaps.flatMap((gap) => namespacesOf(kind).map((path) => ({ ...gap, path }))),
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
const sortedEdges = new WeakMap<Finding['controls'], Finding['controls']>();
/** Most findings share their edges: one sorted list serves them all. */
function inOrder(edges: Finding['controls']): Finding['controls'] {
  const sorted =
    sortedEdges.get(edges) ?? edges.toSorted((a, b) => byCodeUnit(a.framework, b.framework) || byCodeUnit(a.strength, b.strength) || byCodeUnit(a.id, b.id));
  sortedEdges.set(edges, sorted);
  return sorted;
}

function scoreOf(
  findings: readonly Finding[],
  pairs: readonly Pair[],
  sensitive: ReadonlySet<string>,
  { catalogue, rules, switchedOff }: StoredInput,
): ScanResult['score'] {
  const families = new Map([...rules.map(({ rule }) => rule.info), ...switchedOff].map(({ id, family }) => [id, family]));
  const family = (rule: string): string => families.get(rule) ?? rule;
  const domain = (rule: string): Domain => catalogue.families[family(rule)]?.domain ?? 'process';
  const judged = [...new Set(pairs.filter(({ verdict }) => verdict !== 'not-applicable').map(({ rule }) => domain(rule.id)))];
  return score(findings, {
    family,
    domain,
    sensitive: (subject) => sensitive.has(subject),
    judged,
    switchedOff: switchedOff.map(({ id, severity }) => ({ rule: id, severity })),
  });
}

function subjectResults(all: readonly Kept[], settledBy: ReadonlyMap<Finding, Finding>, { targets, foundBy }: StoredInput): readonly SubjectResult[] {
  const labels = new Map<string, string>(targets.map(({ id, label }) => [id, label]));
  return all.map(({ id, kind, name, pairs, cells, views }) => {
    const ids = (verdict: Pair['verdict']): readonly string[] =>
      pairs
        .filter((pair) => pair.verdict === verdict)
        .map(({ rule }) => rule.id)
        .sort(byCodeUnit);
    const findings = pairs.flatMap(({ finding }) => (finding ? [settledBy.get(finding) ?? finding] : []));
    const label = labels.get(id) ?? name;
    return {
      id,
      kind,
      ...targetOf(foundBy?.get(id)),
      summary: summarize(cells, findings, label),
      passed: ids('pass'),
      notApplicable: ids('not-applicable'),
      get views(): SubjectResult['views'] {
        return views();
      },
    };
  });
}
const targetOf = (target: SubjectId | undefined): Pick<SubjectResult, 'target'> => (target === undefined ? {} : { target });
/** Each record is read when it is asked for. */
function evidenceOf(all: readonly Kept[]): Readonly<Record<EvidenceId, Evidence>> {
  const records = new Map(all.flatMap(({ evidence }) => [...evidence]));
  const result: Record<EvidenceId, Evidence> = {};
  for (const id of [...records.keys()].sort(byCodeUnit)) {
    const get = records.get(id);
    if (get) Object.defineProperty(result, id, { enumerable: true, get });
  }
  return result;
}
const scopeTargets = (targets: readonly JudgedTarget[]): ScanResult['scope']['targets'] =>
  targets
    .map(({ id, label, tags, owner, declaredAt }) => ({ id, label, tags, ...(owner !== undefined && { owner }), ...(declaredAt && { declaredAt }) }))
    .sort((a, b) => byCodeUnit(a.id, b.id));
/** The first of each key, in the order of the keys. */
const distinct = <T>(items: readonly T[], key: (item: T) => string): readonly T[] =>
  [...new Map(items.map((item) => [key(item), item] as const))].sort(([a], [b]) => byCodeUnit(a, b)).map(([, item]) => item);
/** Mistakes of ours, in observing and in judging, each once. */
function bugsOf({ id, views }: Subject, findings: readonly Finding[]): readonly string[] {
  const gaps = [
    ...views.flatMap((view) => view.gaps),
    ...findings.flatMap(({ rule, because }) => because.map((gap) => (gap.by === 'rule' ? { ...gap, by: rule } : gap))),
  ].filter(({ code }) => code === 'bug');
  return gaps.map(({ path, by, detail }) => JSON.stringify([id, path, by, detail]));
}
