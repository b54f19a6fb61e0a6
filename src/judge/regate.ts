import type { Baseline, Gate, GateSettings } from '../model/gate.ts';
import type { ScanResult } from '../model/result.ts';
import { applyBaseline } from './baseline.ts';
import { gate } from './gate.ts';

/** The gate of a saved result, asked anew; with another baseline where one is given. */
export function regate(result: ScanResult, settings: GateSettings, baseline?: Baseline): Gate {
  const compared = baseline && applyBaseline(result.findings, baseline, result);
  const report = compared?.report ?? result.baseline;
  return gate(
    {
      findings: compared?.findings ?? result.findings,
      score: result.score,
      controls: result.controls,
      populations: result.populations,
      ...(report && { baseline: report }),
      ...(result.interrupted && { interrupted: result.interrupted }),
      answered: answeredOf(result.subjects),
      bugs: result.gate.exit === 4 ? 1 : 0,
    },
    settings,
  );
}
/** Subjects of which something was observed, beyond what was declared. */
export const answeredOf = (subjects: readonly { readonly views: readonly { readonly facts: object }[] }[]): number =>
  subjects.filter(({ views }) => views.some(({ facts }) => Object.entries(facts).some(([namespace, value]) => namespace !== 'declared' && says(value)))).length;
/** A member of a list that was tried and has only its names (`{ name: 'TLSv1.2' }`, without `accepted`) got no answer. */
function says(fact: unknown): boolean {
  if (Array.isArray(fact))
    return fact.length === 0 || fact.some((member) => typeof member !== 'object' || Object.keys(member ?? {}).some((key) => !names.has(key)));
  return typeof fact === 'object' && fact !== null ? Object.values(fact).some(says) : fact !== undefined;
}
const names: ReadonlySet<string> = new Set(['name', 'family', 'version']);
