import type { Override } from '../model/result.ts';
import type { RuleInfo, Severity } from '../model/rule.ts';
import type { LoadedRule } from './rules/load.ts';

/** A rule that shall not run, or weigh otherwise: who says so, and why. */
export interface RuleChange {
  readonly id: string;
  readonly set: Severity | 'off';
  readonly reason: string;
  readonly owner: string;
}
export interface Overridden {
  readonly rules: readonly LoadedRule[];
  readonly overrides: readonly Override[];
  readonly switchedOff: readonly RuleInfo[];
  readonly lowered: readonly RuleInfo[]; // with the severity that they had
}
const weights: Readonly<Record<Severity, number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };

/** Applies changes to rules; the ids must exist. A change to the severity that a rule has anyway changes nothing. */
export function applyOverrides(rules: readonly LoadedRule[], changes: readonly RuleChange[]): Overridden {
  const by = new Map(changes.map((change) => [change.id, change]));
  const changed = rules.flatMap((loaded) => {
    const change = by.get(loaded.file.id);
    return change === undefined || change.set === loaded.rule.info.severity ? [] : [{ info: loaded.rule.info, change }];
  });
  return {
    rules: rules.flatMap((loaded) => {
      const set = by.get(loaded.file.id)?.set;
      if (set === 'off') return [];
      return [set === undefined ? loaded : { ...loaded, rule: { ...loaded.rule, info: { ...loaded.rule.info, severity: set } } }];
    }),
    overrides: changed
      .map(({ info, change }) => ({ rule: info.id, from: info.severity, to: change.set, owner: change.owner, reason: change.reason }))
      .sort((a, b) => (a.rule < b.rule ? -1 : 1)),
    switchedOff: changed.filter(({ change }) => change.set === 'off').map(({ info }) => info),
    lowered: changed.filter(({ info, change }) => change.set !== 'off' && weights[change.set] < weights[info.severity]).map(({ info }) => info),
  };
}
