import type { Catalogue, CatalogueControl, DataTag, Edge } from '../model/catalogue.ts';
import type { ControlEdge, Finding } from '../model/finding.ts';
import type { WaiverEntry } from '../model/gate.ts';
import type { Subject } from '../model/observation.ts';
import type { Control, ControlState, FrameworkResult } from '../model/result.ts';
import type { RuleInfo } from '../model/rule.ts';
import { byCodeUnit } from '../util/text.ts';
import { conditionNames, dropsWhenFalse, truthOf, type Setting } from './conditions.ts';

/** A rule met a subject, and its verdict bears on these controls. `finding` is there for a fail and an unknown. */
export interface Pair {
  readonly rule: RuleInfo;
  readonly bears: readonly ControlEdge[];
  readonly verdict: 'pass' | 'fail' | 'unknown' | 'not-applicable';
  readonly finding?: Finding;
}
export interface Assessed {
  readonly controls: readonly Control[];
  readonly frameworks: readonly FrameworkResult[];
}
type Weighed = Pick<Edge, 'framework' | 'id' | 'strength'>;

const chosenData = ({ frameworks }: Catalogue, chosen: ReadonlySet<string>): ReadonlySet<DataTag> =>
  new Set(frameworks.filter(({ id }) => chosen.has(id)).flatMap(({ declares }) => declares ?? []));

/** What an edge is worth for one subject, or nothing: semantics.yaml, `whenFalse` and `whenUnknown`. */
function weigh(edge: Edge, setting: Setting): Weighed | undefined {
  const { framework, id, strength, when = [], otherwise } = edge;
  const truths = when.map((name) => ({ name, is: truthOf(name, setting) }));
  if (truths.some(({ name, is }) => is === false && dropsWhenFalse(name))) return undefined;
  if (truths.some(({ is }) => is === false)) return otherwise && { framework, id, strength: otherwise };
  return { framework, id, strength: truths.some(({ is }) => is === undefined) ? 'supporting' : strength };
}
/** The controls on which a rule's verdict about a subject bears. */
export function edgesOf(catalogue: Catalogue, { family }: Pick<RuleInfo, 'family'>, setting: Setting): readonly ControlEdge[] {
  if (catalogue.families[family]?.kind !== 'finding') return [];
  return (catalogue.edges[family] ?? []).flatMap((edge) => weigh(edge, setting) ?? []);
}

/** The controls on which a verdict bears, by rule and subject. Most subjects are alike in all that conditions ask, so that few answers are worked out. */
export type Bears = (rule: Pick<RuleInfo, 'family'>, subject: Subject) => readonly ControlEdge[];
export function bearsOn(catalogue: Catalogue, chosen: ReadonlySet<string>): Bears {
  const data = chosenData(catalogue, chosen);
  const kinds = new WeakMap<Subject, string>();
  const known = new Map<string, readonly ControlEdge[]>();
  return (rule, subject) => {
    const setting = { subject, chosenData: data };
    const kind = kinds.get(subject) ?? [...conditionNames].map((name) => String(truthOf(name, setting))).join();
    kinds.set(subject, kind);
    const key = `${rule.family} ${kind}`;
    const edges = known.get(key) ?? edgesOf(catalogue, rule, setting).filter(({ framework }) => chosen.size === 0 || chosen.has(framework));
    known.set(key, edges);
    return edges;
  };
}

export interface ControlsInput {
  readonly catalogue: Catalogue;
  readonly chosen: ReadonlySet<string>;
  readonly pairs: readonly Pair[];
  /** Rules that were not run, or run with a lower severity: what they bear on is not assessed by them. */
  readonly weakened: readonly RuleInfo[];
  /** Those of the file: one that names controls waives a finding for these alone. */
  readonly waivers: readonly Pick<WaiverEntry, 'id' | 'controls'>[];
}
interface Bearing extends Pair {
  readonly strength: 'direct' | 'supporting';
  readonly waiver: string | undefined; // id of the waiver, where it holds for this control
}

/** The state of each control of the chosen frameworks, or of all where none is chosen. First match wins: design.md, "How 'could not run' stays visible", 5. */
export function assessControls({ catalogue, chosen, pairs, weakened, waivers }: ControlsInput): Assessed {
  const shown = catalogue.frameworks.filter(({ id }) => chosen.size === 0 || chosen.has(id));
  const bearings = new Map<string, Map<unknown, Bearing>>(); // passes of one rule and strength count as one
  const waives = new Map(waivers.map(({ id, controls: named }) => [id, new Set(named.map((one) => `${one.framework} ${one.id}`))]));
  const waiverFor = (key: string, finding: Finding | undefined): string | undefined => {
    const named = waives.get(finding?.waiver?.id ?? '');
    return named === undefined || named.size === 0 || named.has(key) ? finding?.waiver?.id : undefined;
  };
  for (const pair of pairs) {
    const { rule, bears, verdict, finding } = pair;
    for (const { framework, id, strength } of bears) {
      const key = `${framework} ${id}`;
      const list = bearings.get(key) ?? new Map<unknown, Bearing>();
      const same = finding ?? `${rule.id} ${verdict} ${strength}`;
      if (!list.has(same)) list.set(same, { rule, bears, verdict, strength, waiver: waiverFor(key, finding), ...(finding && { finding }) });
      bearings.set(key, list);
    }
  }
  const off = new Map<string, string[]>();
  for (const { id, family } of weakened)
    for (const edge of catalogue.edges[family] ?? []) off.set(`${edge.framework} ${edge.id}`, [...(off.get(`${edge.framework} ${edge.id}`) ?? []), id]);
  const hasEdge = new Set(
    Object.entries(catalogue.edges).flatMap(([family, edges]) =>
      catalogue.families[family]?.kind === 'finding' ? edges.map(({ framework, id }) => `${framework} ${id}`) : [],
    ),
  );
  const controls = shown.flatMap((framework) =>
    framework.controls.map((control) => {
      const key = `${framework.id} ${control.id}`;
      return assess(framework.id, control, [...(bearings.get(key)?.values() ?? [])], off.get(key) ?? [], hasEdge.has(key));
    }),
  );
  return {
    controls,
    frameworks: shown.map(({ id, name, version, status, url }) => counted({ id, name, version, status, url, chosen: chosen.has(id) }, controls)),
  };
}

function assess(framework: string, control: CatalogueControl, bearings: readonly Bearing[], weakened: readonly string[], mapped: boolean): Control {
  const state = (name: ControlState, from: readonly Bearing[], why?: string, partial = false): Control => ({
    ...control,
    framework,
    state: name,
    partial,
    ...(why !== undefined && { why }),
    findings: [...new Set(from.flatMap(({ finding }) => finding?.fingerprint ?? []))].sort(byCodeUnit),
    rules: [...new Set(bearings.map(({ rule }) => rule.id))].sort(byCodeUnit),
  });
  const fails = bearings.filter(({ verdict }) => verdict === 'fail');
  const open = fails.filter(({ waiver }) => waiver === undefined);
  const direct = ({ strength }: Bearing): boolean => strength === 'direct';
  if (control.automation === 'none' && !mapped) return state('manual', [], control.cannotSee);
  if (open.some(direct)) return state('failed', open.filter(direct));
  const waivedBy = (from: readonly Bearing[]): string => `waived by ${[...new Set(from.flatMap(({ waiver }) => waiver ?? []))].sort(byCodeUnit).join(', ')}`;
  if (fails.some(direct)) return state('failed-waived', fails.filter(direct), waivedBy(fails.filter(direct)));
  // A waiver accepts a sign of risk; it does not make it go away.
  if (fails.length > 0) return state('at-risk', fails, open.length === 0 ? waivedBy(fails) : undefined);
  const unknown = bearings.filter(({ verdict }) => verdict === 'unknown');
  if (unknown.length > 0) return state('incomplete', unknown, 'something that bears on it could not be decided');
  if (weakened.length > 0) return state('not-assessed', [], `switched off or lowered: ${[...new Set(weakened)].sort(byCodeUnit).join(', ')}`);
  const passed = bearings.filter((bearing) => bearing.verdict === 'pass' && bearing.rule.builtIn);
  if (passed.some(direct)) {
    const partial = control.automation !== 'full';
    return state('no-failure-found', [], partial ? `in what a tool can see; not seen: ${control.cannotSee}` : undefined, partial);
  }
  if (bearings.length > 0 && bearings.every(({ verdict }) => verdict === 'not-applicable'))
    return state('not-applicable', [], 'nothing in scope to which it applies');
  if (bearings.some((bearing) => direct(bearing) && bearing.verdict === 'pass')) return state('not-assessed', [], 'only rules of your own looked at it');
  if (bearings.length > 0) return state('not-assessed', [], 'supporting evidence only');
  return mapped ? state('not-assessed', [], 'no rule that bears on it met a subject') : state('manual', [], control.cannotSee);
}

function counted(framework: Omit<FrameworkResult, 'states' | 'partial'>, controls: readonly Control[]): FrameworkResult {
  const own = controls.filter((control) => control.framework === framework.id);
  const count = (state: ControlState): number => own.filter((control) => control.state === state).length;
  return {
    ...framework,
    states: {
      failed: count('failed'),
      'failed-waived': count('failed-waived'),
      'at-risk': count('at-risk'),
      incomplete: count('incomplete'),
      'no-failure-found': count('no-failure-found'),
      'not-applicable': count('not-applicable'),
      'not-assessed': count('not-assessed'),
      manual: count('manual'),
    },
    partial: own.filter(({ partial }) => partial).length,
  };
}
