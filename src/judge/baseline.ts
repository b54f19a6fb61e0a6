import type { Finding } from '../model/finding.ts';
import type { Baseline, BaselineEntry, BaselineReport } from '../model/gate.ts';
import type { ScanResult } from '../model/result.ts';
import type { Severity } from '../model/rule.ts';
import { byCodeUnit } from '../util/text.ts';

const weights: Readonly<Record<Severity, number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };
type Result = Pick<ScanResult, 'findings' | 'scope' | 'ruleset' | 'judgedAt'> & Judged;
/** What a scan looked at: only of that can it say that something is gone. */
export interface Judged {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly subjects: readonly { readonly id: string }[];
  readonly populations: readonly { readonly state: string }[];
}
/** Is an entry without a finding gone? Not where its rule did not run, nor where its subject may lie in what a listing did not give. */
function goneIn({ rules, subjects, populations }: Judged): (entry: BaselineEntry) => boolean {
  const seen = new Set(subjects.map(({ id }) => id));
  const whole = populations.every(({ state }) => state === 'complete');
  return ({ rule, subject }) => rule in rules && (whole || seen.has(subject));
}

const entryOf = ({ fingerprint, rule, subject, verdict, severity, items }: Finding, firstSeen: string): BaselineEntry => ({
  fingerprint,
  rule,
  subject,
  verdict,
  severity,
  items: items
    .filter((item) => item.verdict === 'fail')
    .map(({ key }) => key)
    .sort(byCodeUnit),
  firstSeen,
});
const sorted = (entries: readonly BaselineEntry[]): readonly BaselineEntry[] =>
  entries.toSorted((a, b) => byCodeUnit(a.rule, b.rule) || byCodeUnit(a.subject, b.subject));
const baselineOf = ({ scope, ruleset }: Result, entries: readonly BaselineEntry[]): Baseline => ({
  version: 1,
  scope: scope.sha256,
  ruleset: ruleset.sha256,
  entries: sorted(entries),
});

const countable = ({ waiver, severity }: Finding): boolean => waiver === undefined && severity !== 'info';
/** What can be taken as known: not what is waived (that has its own owner and end), nor critical findings unless that is said. */
function acceptable(findings: readonly Finding[], allowCritical: boolean): { readonly taken: readonly Finding[]; readonly refused: readonly Finding[] } {
  const open = findings.filter(countable);
  return {
    taken: open.filter(({ severity }) => allowCritical || severity !== 'critical'),
    refused: open.filter(({ severity }) => !allowCritical && severity === 'critical'),
  };
}
export interface Made {
  readonly baseline: Baseline;
  readonly refused: readonly Finding[]; // critical ones
}
export function createBaseline(result: Result, allowCritical: boolean): Made {
  const { taken, refused } = acceptable(result.findings, allowCritical);
  return {
    baseline: baselineOf(
      result,
      taken.map((finding) => entryOf(finding, result.judgedAt)),
    ),
    refused,
  };
}
/** Takes in what is there now, keeps when it was first seen, and drops what is gone; of what was not looked at, entries stay. */
export function updateBaseline(old: Baseline, result: Result, allowCritical: boolean): Made {
  const before = new Map(old.entries.map((entry) => [entry.fingerprint, entry]));
  const { taken, refused } = acceptable(result.findings, allowCritical);
  const found = new Set(result.findings.map(({ fingerprint }) => fingerprint));
  const gone = goneIn(result);
  const entries = taken.map((finding) => entryOf(finding, before.get(finding.fingerprint)?.firstSeen ?? result.judgedAt));
  return { baseline: baselineOf(result, [...entries, ...old.entries.filter((entry) => !found.has(entry.fingerprint) && !gone(entry))]), refused };
}
/** Drops what is gone, and takes nothing in. */
export function pruneBaseline(old: Baseline, result: Result): Baseline {
  const found = new Set(result.findings.map(({ fingerprint }) => fingerprint));
  const gone = goneIn(result);
  return { ...old, entries: sorted(old.entries.filter((entry) => found.has(entry.fingerprint) || !gone(entry))) };
}

export interface Compared {
  readonly findings: readonly Finding[];
  readonly report: BaselineReport;
}
/** Marks each finding as new, known or worse. Worse: a higher severity, an item more, or a fail where nothing was known. */
export function applyBaseline(findings: readonly Finding[], baseline: Baseline, now: Pick<Result, 'scope' | 'ruleset'> & Judged): Compared {
  const known = new Map(baseline.entries.map((entry) => [entry.fingerprint, entry]));
  const marked = findings.map((finding): Finding => ({ ...finding, baseline: compare(finding, known.get(finding.fingerprint)) }));
  const open = marked.filter(countable);
  const count = (state: Finding['baseline']): number => open.filter((finding) => finding.baseline === state).length;
  const seen = new Set(findings.map(({ fingerprint }) => fingerprint));
  const gone = goneIn(now);
  return {
    findings: marked,
    report: {
      known: count('known'),
      new: count('new'),
      worse: count('worse'),
      fixed: sorted(baseline.entries.filter((entry) => !seen.has(entry.fingerprint) && gone(entry))),
      sameScope: baseline.scope === now.scope.sha256,
      sameRuleset: baseline.ruleset === now.ruleset.sha256,
    },
  };
}
function compare(finding: Finding, entry: BaselineEntry | undefined): NonNullable<Finding['baseline']> {
  if (!entry) return 'new';
  const more = finding.items.some(({ key, verdict }) => verdict === 'fail' && !entry.items.includes(key));
  return weights[finding.severity] > weights[entry.severity] ||
    (finding.verdict === 'fail' && entry.verdict === 'unknown') ||
    (more && finding.verdict === 'fail')
    ? 'worse'
    : 'known';
}
