import { createHash } from 'node:crypto';
import type { Target } from '../model/target.ts';
import { byCodeUnit } from '../util/text.ts';

/** SHA-256 over what was asked for and what was said of it: a scope that shrank, or that was declared harmless, has another one. */
export const scopeHash = (targets: readonly Target[]): string =>
  createHash('sha256')
    .update(JSON.stringify(targets.map(said).sort(byCodeUnit)))
    .digest('hex');
const said = (target: Target): string =>
  JSON.stringify([
    target.id,
    Object.entries(target.declared).sort(([a], [b]) => byCodeUnit(a, b)),
    target.is === 'endpoint'
      ? [target.protocol, target.servername ?? '', target.ip ?? '', target.httpPort ?? 0]
      : [target.profile ?? '', target.regions ?? [], target.services, target.buckets ?? [], target.include ?? [], target.exclude ?? []].map((list) =>
          typeof list === 'string' ? list : list.toSorted(byCodeUnit),
        ),
  ]);
