import { namespacesOf } from '../facts/namespaces.ts';
import type { Gap } from '../model/observation.ts';
import type { Seen } from '../model/source.ts';
import type { Target } from '../model/target.ts';
import { kindsOf } from './aws/kinds.ts';

/** What stands for a target whose source did not come to its end: a gap over all that could have been seen. */
export function lost(target: Target, code: 'bug' | 'cancelled', detail: string): readonly Seen[] {
  const { id } = target;
  const gap = (path: string): Gap => ({ path, code, by: 'scan', detail, tries: 1, evidence: [] });
  if (target.is === 'aws')
    return target.services.flatMap((service) =>
      kindsOf[service].map((kind): Seen => ({ is: 'population', population: { scope: id, kind, state: 'failed', gap: gap(service) } })),
    );
  const gaps = namespacesOf('endpoint')
    .filter((name) => name !== 'declared')
    .map(gap);
  return [{ is: 'observation', observation: { subject: id, kind: 'endpoint', origin: 'wire', by: 'scan', facts: {}, gaps, evidence: [], links: [] } }];
}
