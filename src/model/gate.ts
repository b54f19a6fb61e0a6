import type { Severity } from './rule.ts';

export interface ControlRef {
  readonly framework: string;
  readonly id: string;
}
/** What a gate demands; saved in no result, so that `encaudit gate` can ask anew. */
export interface GateSettings {
  readonly failOn: Severity | 'none';
  readonly minScore?: number;
  readonly failOnControls: readonly ControlRef[];
  readonly failOnNew: boolean;
  readonly maxUnknown: number;
  readonly allowCritical: boolean;
  readonly exitZero: boolean;
}
export type Exit = 0 | 1 | 2 | 3 | 4 | 130 | 143;
export interface Gate {
  readonly exit: Exit;
  readonly reasons: readonly string[];
}

/** One waiver of the file (compliance.md 5.2). `resource` is a subject id, or a pattern with `*` that may match `maxMatches` subjects. */
export type WaiverType = 'risk-acceptance' | 'compensating-control' | 'customized-approach' | 'addressable-alternative' | 'false-positive';
export interface WaiverEntry {
  readonly id: string;
  readonly rule: string;
  readonly resource: string;
  readonly maxMatches: number;
  readonly covers: 'fail' | 'unknown';
  readonly type: WaiverType;
  readonly controls: readonly ControlRef[];
  readonly reason: string;
  readonly owner: string;
  readonly approvedBy: string;
  readonly created: string;
  readonly expires: string;
  readonly evidence: readonly string[];
  readonly alternative?: string;
  readonly line: number;
}
export interface WaiverReport {
  readonly expired: readonly string[];
  readonly expiring: readonly string[];
  readonly unused: readonly string[]; // ids; expiring: within 14 days
  readonly overMatching: readonly { readonly id: string; readonly matches: number; readonly allowed: number }[]; // does nothing
}

/** A finding that was known when the baseline was made. */
export interface BaselineEntry {
  readonly fingerprint: string;
  readonly rule: string;
  readonly subject: string;
  readonly verdict: 'fail' | 'unknown';
  readonly severity: Severity;
  readonly items: readonly string[];
  readonly firstSeen: string;
}
export interface Baseline {
  readonly version: 1;
  readonly scope: string;
  readonly ruleset: string;
  readonly entries: readonly BaselineEntry[];
}
/** What a scan says about its baseline; `fixed` are fingerprints that are gone. */
export interface BaselineReport {
  readonly known: number;
  readonly new: number;
  readonly worse: number;
  readonly fixed: readonly BaselineEntry[];
  readonly sameScope: boolean;
  readonly sameRuleset: boolean;
}
