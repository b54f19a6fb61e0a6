import { isIP } from 'node:net';
import { undeclared } from '../../facts/declared.ts';
import type { Gap, Observation } from '../../model/observation.ts';
import type { Limits, Seen, Source, SourceContext } from '../../model/source.ts';
import type { EndpointTarget, Target } from '../../model/target.ts';
import { limiter, type Limiter } from '../../util/limit.ts';
import { whileWaiting } from '../../util/while-waiting.ts';
import { checked } from '../checked.ts';
import { anchorsFrom } from './certificate-chain.ts';
import type { EndpointContext } from './context.ts';
import { probes } from './index.ts';
import { resolve } from './resolve.ts';
import { observeAddress } from './schedule.ts';

/** Ports that speak TLS first. Every address of a name is observed by itself: they are other machines, and may answer otherwise. */
export const endpoint: Source = {
  id: 'endpoint',
  accepts: (target) => target.is === 'endpoint',
  async *observe(target, context) {
    if (target.is !== 'endpoint') throw new TypeError('not an endpoint');
    yield seen(declared(target));
    const found = await resolve(target, context);
    if (found.is === 'none') {
      yield seen(unresolved(target, found));
      return;
    }
    const [left] = found.left;
    if (left !== undefined)
      yield seen({
        ...unresolved(target, { code: 'too-large', detail: `${found.left.length} addresses were not looked at`, tries: 0 }),
        vantage: { address: left },
      });
    // Each address is a view from the start: one of which nothing comes any more must not be forgotten beside those that answered.
    if (found.addresses.length > 1)
      yield* found.addresses.map((address) => seen({ ...about(target, 'wire', 'dns'), vantage: { address }, facts: {}, gaps: [] }));
    const seenOf = found.addresses.map((address) => observe(target, address, context));
    whileWaiting([() => anchorsFrom(context.roots)]);
    for await (const observations of asTheyCome(seenOf)) yield* observations.map((one) => seen({ ...one, subject: target.id }));
  },
};
const seen = (observation: Observation): Seen => ({ is: 'observation', observation });

function observe(target: EndpointTarget, address: string, context: SourceContext): Promise<readonly Observation[]> {
  const { name, port } = target;
  const servername = target.servername ?? (isIP(name) ? undefined : name); // RFC 6066 3: an address is no name to send
  const { run, alone } = limiterOf(context.limits);
  const own: EndpointContext = {
    signal: context.signal,
    timeoutMs: context.timeoutMs,
    now: context.now,
    gate: (work) => run(address, work, context.signal),
    alone: (work) => alone(address, work, context.signal),
    roots: context.roots,
    protocol: target.protocol,
    ...(target.httpPort !== undefined && { httpPort: target.httpPort }),
    learnt: { flights: new Map() },
  };
  return observeAddress({ name, address, port, ...(servername !== undefined && { servername }) }, own, probes, context.reads);
}
/** One for all targets of a scan, which share their limits object. */
const limiters = new WeakMap<Limits, Limiter>();
function limiterOf(limits: Limits): Limiter {
  const known = limiters.get(limits) ?? limiter(limits);
  limiters.set(limits, known);
  return known;
}

const about = (
  target: Target,
  origin: Observation['origin'],
  by: string,
): Pick<Observation<'endpoint'>, 'subject' | 'kind' | 'origin' | 'by' | 'evidence' | 'links'> => ({
  subject: target.id,
  kind: 'endpoint',
  origin,
  by,
  evidence: [],
  links: [],
});
/** What the user says; what is not said has a value too. How TLS begins there is a matter of the target. */
const declared = (target: EndpointTarget): Observation =>
  checked({
    ...about(target, 'declared', 'config'),
    facts: { declared: { ...undeclared, ...target.declared }, service: { protocol: target.protocol } },
    gaps: [],
  });
/** No address: nothing of the endpoint can be known, for one cause. */
function unresolved(target: EndpointTarget, { code, detail, tries }: Pick<Gap, 'code' | 'detail' | 'tries'>): Observation {
  const gaps = ['tls', 'certificate', 'verify', 'clientAuth', 'http', 'plaintext'].map((path) => ({ path, code, by: 'dns', detail, tries, evidence: [] }));
  return { ...about(target, 'wire', 'dns'), facts: {}, gaps };
}

/** Yields each result as soon as it is there. */
async function* asTheyCome<T>(work: readonly Promise<T>[]): AsyncGenerator<T> {
  const pending = new Map(work.map((one, place) => [place, one.then((value) => ({ place, value }))]));
  while (pending.size > 0) {
    const { place, value } = await Promise.race(pending.values());
    pending.delete(place);
    yield value;
  }
}
