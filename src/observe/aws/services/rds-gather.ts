import type { Evidence, Gap, Observation, SubjectId } from '../../../model/observation.ts';
import type { Seen } from '../../../model/source.ts';
import { incomplete, type Listed } from './rds-listings.ts';

export type RdsKind = 'rds-instance' | 'rds-cluster' | 'rds-snapshot';
/** What a listing gave, and why it may be short. */
export interface Listing<T> {
  readonly found: readonly T[];
  readonly gap?: Gap;
}
export async function gather<T, R>(listed: AsyncIterable<Listed<T>>, read: (said: T, page: Evidence) => R | undefined): Promise<Listing<R>> {
  const found: R[] = [];
  let gap: Gap | undefined;
  for await (const one of listed) {
    if (one.is === 'incomplete') gap ??= one.gap;
    else {
      const record = read(one.said, one.page);
      if (record === undefined) gap ??= incomplete({ by: one.page.by, code: 'malformed', detail: 'a record without a name that RDS gives' }).gap;
      else found.push(record);
    }
  }
  return { found, ...(gap && { gap }) };
}
export function populationOf(kind: RdsKind, region: string, account: string | undefined, count: number, gap: Gap | undefined): Seen {
  const state = gap === undefined ? 'complete' : count === 0 ? 'failed' : 'partial';
  return {
    is: 'population',
    population: { scope: `aws://${account ?? 'unknown'}/${region}/rds`, kind, state, ...(state !== 'failed' && { count }), ...(gap && { gap }) },
  };
}
export async function* each<T>(items: readonly T[]): AsyncGenerator<T, void> {
  yield* items;
}
/** What throws here is our own bug; it costs this subject alone. */
export async function guarded(subject: SubjectId, kind: RdsKind, work: () => Promise<Observation>): Promise<Observation> {
  try {
    return await work();
  } catch (error) {
    const gap = { path: 'rds', code: 'bug', by: 'rds', detail: error instanceof Error ? error.name : typeof error, tries: 1, evidence: [] } as const;
    return { subject, kind, origin: 'api', by: 'rds', facts: {}, evidence: [], gaps: [gap], links: [] };
  }
}
