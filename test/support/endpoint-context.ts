import type { EndpointContext } from '../../src/observe/endpoint/context.ts';
import { limiter } from '../../src/util/limit.ts';

/** A context for one address, as the source makes it; `started` counts connections. */
export function endpointContext(some: Partial<EndpointContext> = {}, perHost = 6): EndpointContext & { readonly started: () => number } {
  const { signal = AbortSignal.timeout(15_000) } = some;
  const { run, alone, started } = limiter({ concurrency: 20, perHost, delayMs: 0 });
  return {
    signal,
    timeoutMs: 5000,
    now: () => new Date(0),
    gate: (work) => run('host', work, signal),
    alone: (work) => alone('host', work, signal),
    roots: { mozilla: [], added: [], sources: [] },
    protocol: 'tls',
    learnt: { flights: new Map() },
    ...some,
    started,
  };
}
