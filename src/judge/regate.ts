import type { Baseline, Gate, GateSettings } from '../model/gate.ts';
import type { View } from '../model/observation.ts';
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
type Facts = ScanResult['subjects'][number]['views'][number]['facts'];
/** Facts that somebody's answer brought; what was declared, and what was only tried, is none. */
function answers(facts: Facts): boolean {
  if ('client' in facts) return Object.values(facts.client?.accepts ?? {}).some((answer) => answer !== undefined);
  for (const found of ['s3' in facts && facts.s3, 'rds' in facts && facts.rds, 'kms' in facts && facts.kms])
    if (found) return Object.keys(found).some((field) => field !== 'region');
  const { tls, http, certificate, verify, clientAuth, plaintext }: View<'endpoint'>['facts'] = facts;
  return (
    tls?.offered !== undefined ||
    http?.spoken !== undefined ||
    http?.cleartext !== undefined ||
    plaintext?.sessions !== undefined ||
    plaintext?.methods !== undefined ||
    [certificate, verify, clientAuth].some((one) => one !== undefined)
  );
}
/** Subjects of which something was observed. */
export const answeredOf = (subjects: readonly { readonly views: readonly { readonly facts: Facts }[] }[]): number =>
  subjects.filter(({ views }) => views.some(({ facts }) => answers(facts))).length;
