import type { Finding } from '../model/finding.ts';
import type { Exit, Gate, GateSettings } from '../model/gate.ts';
import type { Population } from '../model/observation.ts';
import type { Control, ScanResult } from '../model/result.ts';
import type { Severity } from '../model/rule.ts';
import type { Score } from '../model/score.ts';
import { plural } from '../util/text.ts';
import { causes } from './score.ts';

/** What the gate looks at; all of it stands in a saved result, so that other thresholds can be asked later. */
export interface Gated extends Pick<ScanResult, 'interrupted'> {
  readonly findings: readonly Finding[];
  readonly score: Score;
  readonly controls: readonly Control[];
  readonly populations: readonly Population[];
  readonly baseline?: ScanResult['baseline'];
  /** Subjects of which at least one fact was observed. */
  readonly answered: number;
  readonly bugs: number;
}
const weights: Readonly<Record<Severity | 'none', number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4, none: 5 };
const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
interface Reason {
  readonly exit: Exit;
  readonly why: string;
}
const worstFirst: readonly Exit[] = [130, 143, 4, 2, 1, 3, 0];

/** Exit code and reasons: design.md, "Exit codes". The first code of 130/143 > 4 > 1 > 3 that has a reason. */
export function gate(seen: Gated, settings: GateSettings): Gate {
  const reasons = [...interruption(seen), ...ours(seen), ...failures(seen, settings), ...incomplete(seen, settings)];
  const exit = worstFirst.find((code) => reasons.some((reason) => reason.exit === code)) ?? 0;
  const why = reasons.toSorted((a, b) => worstFirst.indexOf(a.exit) - worstFirst.indexOf(b.exit)).map((reason) => reason.why);
  if (exit === 0) return { exit, reasons: [`gate passed (--fail-on ${settings.failOn})`] };
  return settings.exitZero && (exit === 1 || exit === 3) ? { exit: 0, reasons: [`--exit-zero instead of ${exit}`, ...why] } : { exit, reasons: why };
}

function interruption({ interrupted }: Gated): readonly Reason[] {
  if (interrupted === 'SIGINT') return [{ exit: 130, why: 'interrupted; what was seen until then is reported' }];
  return interrupted === 'SIGTERM' ? [{ exit: 143, why: 'terminated; what was seen until then is reported' }] : [];
}
const ours = ({ bugs }: Gated): readonly Reason[] =>
  bugs > 0 ? [{ exit: 4, why: `${plural(bugs, 'gap')} of code bug: mistakes of encaudit, please report them` }] : [];

function failures(
  { findings, score, controls, baseline }: Gated,
  { failOn, minScore, failOnControls, failOnNew, allowCritical }: GateSettings,
): readonly Reason[] {
  const open = findings.filter(({ verdict, waiver }) => verdict === 'fail' && waiver === undefined);
  const fresh = (finding: Finding): boolean => finding.baseline !== 'known' || (finding.severity === 'critical' && !allowCritical);
  const counted = open.filter((finding) => weights[finding.severity] >= weights[failOn] && (baseline === undefined || fresh(finding)));
  const kind = baseline === undefined ? 'finding' : 'new or worse finding';
  const words = severities.flatMap((severity) => {
    const count = counted.filter((finding) => finding.severity === severity).length;
    return count > 0 ? [plural(count, `${severity} ${kind}`)] : [];
  });
  const added = open.filter((finding) => finding.severity !== 'info' && fresh(finding)).length;
  const broken = failOnControls.filter(({ framework, id }) =>
    controls.some((control) => control.framework === framework && control.id === id && control.state === 'failed'),
  );
  return [
    ...(words.length > 0 ? [{ exit: 1 as const, why: `${words.join(', ')} ≥ --fail-on ${failOn}` }] : []),
    ...(failOnNew && added > 0 ? [{ exit: 1 as const, why: `${plural(added, 'finding')} new or worse than the baseline (--fail-on-new)` }] : []),
    ...(minScore !== undefined && score.value < minScore ? [{ exit: 1 as const, why: `score ${score.value} < --min-score ${minScore}` }] : []),
    ...broken.map(({ framework, id }) => ({ exit: 1 as const, why: `control ${framework} ${id} failed (--fail-on-control)` })),
  ];
}

/** A control that a gate names and nobody assessed must not pass in silence. */
const undecided: Readonly<Partial<Record<Control['state'] | 'absent', string>>> = {
  incomplete: 'is incomplete',
  'not-assessed': 'was not assessed',
  manual: 'can be assessed by people alone',
  absent: 'is not in this result',
};
function incomplete(seen: Gated, { failOn, minScore, failOnControls, maxUnknown }: GateSettings): readonly Reason[] {
  const { findings, score, controls, populations, answered, interrupted } = seen;
  const everyRule = minScore !== undefined || failOnControls.length > 0;
  const open = findings.filter(
    ({ verdict, waiver, severity }) => verdict === 'unknown' && waiver === undefined && (everyRule || weights[severity] >= weights[failOn]),
  );
  const unknown = causes(open);
  const failed = populations.filter(({ state }) => state !== 'complete');
  const unsettled = failOnControls.flatMap(({ framework, id }) => {
    const state = controls.find((control) => control.framework === framework && control.id === id)?.state ?? 'absent';
    const why = undecided[state];
    return why === undefined ? [] : [{ exit: 3 as const, why: `control ${framework} ${id} ${why} (--fail-on-control)` }];
  });
  return [
    ...(answered === 0 ? [{ exit: 3 as const, why: 'nothing answered' }] : []),
    ...failed.map(({ scope, state, gap }) => ({
      exit: 3 as const,
      why: `listing ${scope} ${state === 'failed' ? 'failed' : 'is partial'}${gap ? ` (${gap.by}: ${gap.code})` : ''}`,
    })),
    ...(unknown > maxUnknown
      ? [{ exit: 3 as const, why: `${plural(open.length, 'unknown')} from ${plural(unknown, 'cause')} > --max-unknown ${maxUnknown}` }]
      : []),
    ...(minScore !== undefined && score.atMost && score.value >= minScore
      ? [{ exit: 3 as const, why: `score is only "at most ${score.value}" (--min-score ${minScore})` }]
      : []),
    ...unsettled,
    ...(interrupted === 'deadline' ? [{ exit: 3 as const, why: 'the deadline cut the scan short' }] : []),
    ...(interrupted === 'cut-off' ? [{ exit: 3 as const, why: 'the saved observations have no end' }] : []),
  ];
}
