import { createHash } from 'node:crypto';
import type { Judged } from '../model/target.ts';
import { byCodeUnit } from '../util/text.ts';

/** SHA-256 over what was asked for and what was said of it: a scope that shrank, or that was declared harmless, has another one. */
export const scopeHash = (targets: readonly Judged[]): string =>
  createHash('sha256')
    .update(JSON.stringify(targets.map(said).sort(byCodeUnit)))
    .digest('hex');
const said = (target: Judged): string => JSON.stringify([target.id, Object.entries(target.declared).sort(([a], [b]) => byCodeUnit(a, b)), asked(target)]);
function asked(target: Judged): readonly unknown[] {
  if (target.is === 'client') return [target.protocol, ...target.command];
  if (target.is === 'endpoint') return [target.protocol, target.servername ?? '', target.ip ?? '', target.httpPort ?? 0];
  return [target.profile ?? '', target.regions ?? [], target.services, target.buckets ?? [], target.include ?? [], target.exclude ?? []].map((list) =>
    typeof list === 'string' ? list : list.toSorted(byCodeUnit),
  );
}
