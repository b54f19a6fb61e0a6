import type { Because, Change, ChangeClass, ControlChange, Diff, Said, Side } from '../model/diff.ts';
import type { Finding } from '../model/finding.ts';
import type { ControlState, ScanResult, SubjectResult } from '../model/result.ts';
import type { RuleInfo, Severity } from '../model/rule.ts';
import { byCodeUnit } from '../util/text.ts';
import { sameAnchors, sameRules, sameScope, differences, scopeOf } from './comparable.ts';

const weights: Readonly<Record<Severity, number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };
const classes: readonly ChangeClass[] = [
  'new',
  'worse',
  'lost-sight',
  'undecided',
  'vanished',
  'not-judged',
  'not-applicable',
  'waived',
  'passes-otherwise',
  'less-otherwise',
  'decided',
  'better',
  'fixed',
];

/**
 * Two results side by side, `old` then `now`. Whatever makes them hard to compare stands in `differences`; a subject or a rule that is gone is never a fix, nor
 * is a pass that other rules, declarations, anchors or addresses may explain. Pure: the order of lists in the results changes nothing.
 */
export function diff(old: ScanResult, now: ScanResult): Diff {
  const [then, next] = [look(old), look(now)];
  const pairs = new Map<string, Finding>();
  for (const finding of [...old.findings, ...now.findings]) pairs.set(keyOf(finding), finding);
  const changes: Change[] = [];
  const unchanged = { pass: 0, fail: 0, unknown: 0, 'not-applicable': 0 };
  for (const { rule, subject, fingerprint } of pairs.values()) {
    const [a, b] = [then.said(rule, subject), next.said(rule, subject)];
    const found = classify(a, b, { rule, subject, old: then, now: next });
    if (found) changes.push({ ...found, fingerprint, rule, subject, ...shown(rule, subject, a, b, then, next) });
    else if (b.verdict !== 'none') unchanged[b.verdict]++;
  }
  for (const [id, subject] of next.subjects) {
    const before = then.subjects.get(id);
    if (!before) continue;
    unchanged.pass += shared(before.passed, subject.passed);
    unchanged['not-applicable'] += shared(before.notApplicable, subject.notApplicable);
  }
  const scoreChange = comparableScores(old, now) ? now.score.value - old.score.value : undefined;
  return {
    diffVersion: 1,
    differences: differences(old, now),
    before: sideOf(old),
    after: sideOf(now),
    ...(scoreChange !== undefined && { scoreChange }),
    changes: changes.sort(
      (a, b) =>
        classes.indexOf(a.class) - classes.indexOf(b.class) ||
        weights[b.severity] - weights[a.severity] ||
        byCodeUnit(a.subject, b.subject) ||
        byCodeUnit(a.rule, b.rule),
    ),
    unchanged,
    controls: controlChanges(old, now),
    newSubjects: [...next.subjects.keys()].filter((id) => !then.subjects.has(id)).sort(byCodeUnit),
  };
}

interface Looked {
  readonly result: ScanResult;
  readonly subjects: ReadonlyMap<string, SubjectResult>;
  readonly said: (rule: string, subject: string) => Said;
  readonly finding: (rule: string, subject: string) => Finding | undefined;
}
const keyOf = ({ rule, subject }: Pick<Finding, 'rule' | 'subject'>): string => `${rule} ${subject}`;
function look(result: ScanResult): Looked {
  const subjects = new Map<string, SubjectResult>(result.subjects.map((subject) => [subject.id, subject]));
  const findings = new Map(result.findings.map((finding) => [keyOf(finding), finding]));
  const finding = (rule: string, subject: string): Finding | undefined => findings.get(`${rule} ${subject}`);
  const said = (rule: string, subject: string): Said => {
    const found = finding(rule, subject);
    if (found)
      return {
        verdict: found.verdict,
        severity: found.severity,
        message: found.message,
        items: found.items
          .filter(({ verdict }) => verdict === 'fail')
          .map(({ key }) => key)
          .sort(byCodeUnit),
        waived: found.waiver !== undefined,
      };
    const at = subjects.get(subject);
    const verdict = at?.passed.includes(rule) ? 'pass' : at?.notApplicable.includes(rule) ? 'not-applicable' : 'none';
    return { verdict, items: [], waived: false };
  };
  return { result, subjects, said, finding };
}
function shown(
  rule: string,
  subject: string,
  then: Said,
  now: Said,
  a: Looked,
  b: Looked,
): Pick<Change, 'label' | 'severity' | 'before' | 'after' | 'more' | 'gone'> {
  const [was, is] = [then.severity ?? now.severity ?? 'info', now.severity ?? then.severity ?? 'info'];
  return {
    label: (b.subjects.get(subject) ?? a.subjects.get(subject))?.summary.label ?? subject,
    severity: weights[was] > weights[is] ? was : is,
    before: then,
    after: now,
    ...items(then, now, b.finding(rule, subject)),
  };
}
/** Items that fail anew, and those that fail no longer; one of which nobody knows now is not gone. */
function items(then: Said, now: Said, finding: Finding | undefined): Pick<Change, 'more' | 'gone'> {
  const blind = new Set(finding?.items.map(({ key }) => key));
  return { more: now.items.filter((key) => !then.items.includes(key)), gone: then.items.filter((key) => !blind.has(key)) };
}

interface Where {
  readonly rule: string;
  readonly subject: string;
  readonly old: Looked;
  readonly now: Looked;
}
type Classed = Pick<Change, 'class' | 'because'> | undefined; // undefined: nothing that matters has changed
const as = (name: ChangeClass, because?: Because): Classed => ({ class: name, ...(because && { because }) });

function classify(then: Said, now: Said, where: Where): Classed {
  if (now.verdict === 'none') return gone(where);
  if (now.verdict === 'not-applicable') return as('not-applicable');
  if (now.verdict === 'pass') {
    const because = otherwise(where);
    if (then.verdict === 'unknown') return as('decided', because);
    return because ? as('passes-otherwise', because) : as('fixed');
  }
  if (now.verdict === 'unknown' && then.verdict === 'fail') return as('lost-sight');
  if (now.waived) return then.verdict === now.verdict && then.waived ? undefined : as('waived');
  if (then.waived && now.verdict === then.verdict) return as(now.verdict === 'fail' ? 'new' : 'undecided', 'waiver-ended');
  if (now.verdict === 'unknown') return then.verdict === 'unknown' ? undefined : as('undecided', origin(then, where));
  if (then.verdict === 'unknown') return as('worse', 'was-undecided');
  return then.verdict === 'fail' ? stillFails(then, now, where) : as('new', origin(then, where));
}
/** Why a fail or an unknown is there that was not. */
function origin({ verdict }: Said, { subject, old }: Where): Because {
  if (verdict === 'pass') return 'regressed';
  if (verdict === 'not-applicable') return 'applies-now';
  return old.subjects.has(subject) ? 'new-rule' : 'new-subject';
}
function stillFails(then: Said, now: Said, where: Where): Classed {
  const { more, gone: less } = items(then, now, where.now.finding(where.rule, where.subject));
  const [was, is] = [weights[then.severity ?? 'info'], weights[now.severity ?? 'info']];
  if (is > was) return as('worse', 'higher-severity');
  if (more.length > 0) return as('worse', 'more-items');
  if (is < was) return as('less-otherwise', 'lower-severity');
  if (less.length === 0) return undefined;
  const because = otherwise(where);
  return because ? as('less-otherwise', because) : as('better');
}
/** What else than the subject may be why a rule no longer fails: the first that differs. */
function otherwise({ rule, subject, old, now }: Where): Because | undefined {
  const [before, after] = [old.subjects.get(subject), now.subjects.get(subject)];
  if (!sameRules(old.result, now.result)) return 'other-rules';
  if (JSON.stringify(declaredOf(before)) !== JSON.stringify(declaredOf(after))) return 'declared-otherwise';
  const info: RuleInfo | undefined = now.result.rules[rule] ?? old.result.rules[rule];
  if (!sameAnchors(old.result, now.result) && info?.reads.some((path) => path === 'verify' || path.startsWith('verify.'))) return 'other-anchors';
  const seen = addressesOf(after);
  const failed = old.finding(rule, subject)?.addresses ?? addressesOf(before);
  return failed.some((address) => !seen.includes(address)) ? 'other-addresses' : undefined;
}
const addressesOf = (subject: SubjectResult | undefined): readonly string[] => subject?.views.flatMap(({ address }) => address ?? []) ?? [];
const declaredOf = (subject: SubjectResult | undefined): readonly (readonly [string, unknown])[] =>
  Object.entries(subject?.views.find(({ facts }) => facts.declared)?.facts.declared ?? {}).sort(([a], [b]) => byCodeUnit(a, b));

/** Of what is not in the new result nobody can say that it was fixed; a listing that failed and is whole now is no subject that vanished. */
function gone({ subject, old, now }: Where): Classed {
  const { populations, scope } = now.result;
  const before = old.subjects.get(subject);
  if (now.subjects.has(subject)) return as('not-judged');
  if (subject.startsWith('aws://')) {
    const same = populations.filter((one) => one.scope === subject);
    return same.length > 0 && same.every(({ state }) => state === 'complete') ? as('decided') : as('vanished', 'listing-incomplete');
  }
  if (!scope.targets.some(({ id }) => id === (before ? scopeOf(before) : subject))) return as('vanished', 'out-of-scope');
  return as('vanished', populations.some(({ kind, state }) => kind === before?.kind && state !== 'complete') ? 'listing-incomplete' : 'no-longer-listed');
}
function shared(then: readonly string[], now: readonly string[]): number {
  const before = new Set(then);
  return now.filter((rule) => before.has(rule)).length;
}

const sideOf = ({ judgedAt, ruleset, scope, subjects, score }: ScanResult): Side => ({
  judgedAt,
  ruleset: ruleset.version,
  scope: scope.sha256,
  subjects: subjects.length,
  value: score.value,
  raw: score.raw,
  atMost: score.atMost,
  ...(score.grade && { grade: score.grade }),
  unknowns: score.unknowns,
  causes: score.causes,
  scoringVersion: score.scoringVersion,
});
const comparableScores = (old: ScanResult, now: ScanResult): boolean =>
  old.score.scoringVersion === now.score.scoringVersion &&
  sameRules(old, now) &&
  sameScope(old, now) &&
  ![old, now].some((one) => one.score.atMost || one.interrupted);

/** How bad a state is; from `incomplete` on it is worth a word. */
const badness: Readonly<Record<ControlState, number>> = {
  'no-failure-found': 0,
  'not-applicable': 0,
  'not-assessed': 1,
  manual: 1,
  incomplete: 2,
  'at-risk': 3,
  'failed-waived': 4,
  failed: 5,
};
function controlChanges(old: ScanResult, now: ScanResult): readonly ControlChange[] {
  const before = new Map(old.controls.map((control) => [`${control.framework} ${control.id}`, control.state]));
  const comparable = sameRules(old, now) && sameScope(old, now) && sameAnchors(old, now);
  return now.controls
    .flatMap(({ framework, id, title, state }): readonly ControlChange[] => {
      const then = before.get(`${framework} ${id}`);
      if (then === undefined || then === state) return [];
      const regressed = badness[state] > badness[then] && badness[state] >= badness.incomplete;
      const direction = regressed ? 'regressed' : comparable && state === 'no-failure-found' && badness[then] > 1 ? 'improved' : 'changed';
      return [{ framework, id, title, before: then, after: state, direction }];
    })
    .sort((a, b) => byCodeUnit(a.framework, b.framework) || byCodeUnit(a.id, b.id));
}
