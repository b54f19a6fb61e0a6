import type { ControlState } from './result.ts';
import type { Severity } from './rule.ts';
import type { Score } from './score.ts';

/** What one result says of a rule on a subject; without a verdict, why there is none. */
export interface Said {
  readonly verdict: 'pass' | 'fail' | 'unknown' | 'not-applicable' | 'none';
  readonly severity?: Severity;
  readonly message?: string;
  readonly items: readonly string[]; // keys of those that fail
  readonly waived: boolean;
}
/**
 * How a rule on a subject changed. Only `fixed` and `better` are progress: under the same rules, declarations, anchors and addresses it passes now, or fewer items
 * fail. `passes-otherwise`, `less-otherwise`: the same, but something else than the subject may be why. `lost-sight`: it failed, nobody knows now.
 * `undecided`: nobody knows now, and it did not fail. `decided`: nobody knew, it passes now. `vanished`, `not-judged`: subject or rule are not in the new result.
 */
export type ChangeClass =
  | 'new'
  | 'worse'
  | 'lost-sight'
  | 'undecided'
  | 'vanished'
  | 'not-judged'
  | 'not-applicable'
  | 'waived'
  | 'less-otherwise'
  | 'passes-otherwise'
  | 'decided'
  | 'better'
  | 'fixed';
export type Because =
  | 'regressed'
  | 'applies-now'
  | 'new-subject'
  | 'new-rule'
  | 'waiver-ended'
  | 'more-items'
  | 'higher-severity'
  | 'lower-severity'
  | 'was-undecided'
  | 'other-rules'
  | 'declared-otherwise'
  | 'other-anchors'
  | 'other-addresses'
  | 'out-of-scope'
  | 'listing-incomplete'
  | 'no-longer-listed';
export interface Change {
  readonly class: ChangeClass;
  readonly because?: Because;
  readonly fingerprint: string;
  readonly rule: string;
  readonly subject: string;
  readonly label: string;
  readonly severity: Severity; // the worse of before and after
  readonly before: Said;
  readonly after: Said;
  readonly more: readonly string[]; // failing items that the old result does not have
  readonly gone: readonly string[];
}

/** What makes two results hard to compare, said before anything else. */
export type DifferenceCode =
  | 'order'
  | 'interrupted'
  | 'old-interrupted'
  | 'scope-shrunk'
  | 'scope-grown'
  | 'scope-declared'
  | 'subjects-vanished'
  | 'listing'
  | 'old-listing'
  | 'rules-gone'
  | 'rules-new'
  | 'ruleset'
  | 'scoring'
  | 'frameworks'
  | 'anchors'
  | 'tool';
export interface Difference {
  readonly code: DifferenceCode;
  readonly what: string;
  readonly names: readonly string[]; // the subjects or rules meant, sorted
}

/** A control whose state differs. `improved` is said only where scope and rules are the same. */
export interface ControlChange {
  readonly framework: string;
  readonly id: string;
  readonly title: string;
  readonly before: ControlState;
  readonly after: ControlState;
  readonly direction: 'regressed' | 'improved' | 'changed';
}
export interface Side extends Pick<Score, 'value' | 'raw' | 'atMost' | 'grade' | 'unknowns' | 'causes' | 'scoringVersion'> {
  readonly judgedAt: string;
  readonly ruleset: string;
  readonly scope: string;
  readonly subjects: number;
}
/** Two results side by side. Everything that a reporter shows stands here. */
export interface Diff {
  readonly diffVersion: 1;
  readonly differences: readonly Difference[];
  readonly before: Side;
  readonly after: Side;
  /** Points that the score rose; absent where the two scores must not be compared. */
  readonly scoreChange?: number;
  readonly changes: readonly Change[];
  readonly unchanged: Readonly<Record<Exclude<Said['verdict'], 'none'>, number>>;
  readonly controls: readonly ControlChange[];
  readonly newSubjects: readonly string[];
}
