import type { Source } from '../model/source.ts';
import type { Target } from '../model/target.ts';

/** The worlds that can be observed; the first that accepts a target takes it, and only then is its code loaded. */
export const sources: readonly Source[] = [
  later('endpoint', async () => (await import('./endpoint/endpoint.ts')).endpoint),
  later('aws', async () => (await import('./aws/source.ts')).aws),
];

function later(id: Target['is'], load: () => Promise<Source>): Source {
  return {
    id,
    accepts: (target) => target.is === id,
    async *observe(target, context) {
      yield* (await load()).observe(target, context);
    },
  };
}
