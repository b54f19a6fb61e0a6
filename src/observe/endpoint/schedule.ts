import type { Gap, Observation } from '../../model/observation.ts';
import type { Endpoint } from '../../model/source.ts';
import { checked } from '../checked.ts';
import type { EndpointContext, EndpointProbe, Learnt } from './context.ts';
import { observed } from './observed.ts';
import { askVersions, tlsVersions } from './tls-versions.ts';

/** One address: the versions first, for nearly all else hangs on them; then the other probes at the same time. */
export async function observeAddress(
  target: Endpoint,
  context: EndpointContext,
  probes: readonly EndpointProbe[],
  reads: ReadonlySet<string>,
): Promise<readonly Observation[]> {
  const wanted = wantedProbes([tlsVersions, ...probes], reads);
  if (wanted.length === 0) return [];
  let learnt: Learnt = { flights: new Map() };
  const versions = await guarded(tlsVersions, target, async () => {
    const seen = await askVersions(target, context);
    ({ learnt } = seen);
    return seen.observation;
  });
  const cause = learnt.flights.size > 0 ? undefined : causeOf(versions);
  const others = wanted.filter((probe) => probe !== tlsVersions);
  const rest = await Promise.all(
    others.map(async (probe) =>
      cause && !probe.withoutTls
        ? observed(target, probe.id, notAsked(probe, cause))
        : await guarded(probe, target, () => probe.run(target, { ...context, learnt })),
    ),
  );
  return [versions, ...rest].map(checked);
}

/** Once for all endpoints of a scan, which share their reads: there are hundreds of them. */
const chosen = new WeakMap<ReadonlySet<string>, { readonly probes: readonly EndpointProbe[]; readonly wanted: readonly EndpointProbe[] }>();
export function wantedProbes(probes: readonly EndpointProbe[], reads: ReadonlySet<string>): readonly EndpointProbe[] {
  const known = chosen.get(reads);
  if (known && known.probes.length === probes.length && known.probes.every((probe, at) => probe === probes[at])) return known.wanted;
  const wanted = choose(probes, reads);
  chosen.set(reads, { probes, wanted });
  return wanted;
}
/** A probe runs if some rule reads what it fills; a read that no probe fills is derived from something in its namespace. */
function choose(probes: readonly EndpointProbe[], reads: ReadonlySet<string>): readonly EndpointProbe[] {
  const filled = probes.flatMap(({ fills }) => fills);
  const spaces = new Set(filled.map(namespace));
  const ours = [...reads].filter((read) => spaces.has(namespace(read)));
  const derived = new Set(ours.filter((read) => !filled.some((fill) => overlap(fill, read))).map(namespace));
  return probes.filter(({ fills }) => fills.some((fill) => derived.has(namespace(fill)) || ours.some((read) => overlap(fill, read))));
}
const overlap = (a: string, b: string): boolean => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
const namespace = (path: string): string => path.split('.', 1)[0] ?? path;

/** A probe that throws is our bug; the others go on. */
async function guarded({ id, fills }: EndpointProbe, target: Endpoint, run: () => Promise<Observation<'endpoint'>>): Promise<Observation<'endpoint'>> {
  try {
    return await run();
  } catch (error) {
    const detail = error instanceof Error ? error.name : typeof error;
    return observed(target, id, { facts: {}, gaps: fills.map((path) => ({ path, code: 'bug', by: id, detail, tries: 1, evidence: [] })), evidence: [] });
  }
}
/** Without TLS little else can be asked, and for the same cause. */
function causeOf({ facts, gaps }: Observation<'endpoint'>): Omit<Gap, 'path'> {
  const told = gaps.find(({ path }) => path === 'tls.offered');
  if (told) return told;
  const detail = facts.tls?.offered === false ? 'answers in plain text' : 'no version was accepted';
  return { code: 'not-attempted', by: tlsVersions.id, detail, tries: 1, evidence: [] };
}
const notAsked = ({ fills }: EndpointProbe, cause: Omit<Gap, 'path'>): Pick<Observation<'endpoint'>, 'facts' | 'gaps' | 'evidence'> => ({
  facts: {},
  gaps: [...new Set(fills.map((fill) => (fill.startsWith('tls.') ? fill : namespace(fill))))].map((path) => ({ ...cause, path })),
  evidence: [],
});
