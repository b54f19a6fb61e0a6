import pLimit from 'p-limit';
import { judgeScan, type JudgeInput } from './judge/judgement.ts';
import { kindsOf } from './observe/aws/kinds.ts';
import { loadRoots, type TrustSettings } from './observe/endpoint/roots.ts';
import { sources } from './observe/sources.ts';
import type { Gap, Observation, Population, SubjectId } from './model/observation.ts';
import type { Caller, ScanResult } from './model/result.ts';
import type { Limits, Seen, SourceContext } from './model/source.ts';
import type { Target } from './model/target.ts';
import { deadline, within } from './util/deadline.ts';
import { whileWaiting } from './util/while-waiting.ts';

/** Everything that a scan needs: what to look at, how hard, and how to judge it. */
export interface ScanOptions {
  readonly targets: readonly Target[];
  readonly judge: Omit<
    JudgeInput,
    'observations' | 'populations' | 'callers' | 'foundBy' | 'targets' | 'trust' | 'judgedAt' | 'observedFrom' | 'observedTo' | 'interrupted'
  >;
  readonly trust: TrustSettings;
  readonly limits: Limits;
  readonly timeoutMs: number;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}
interface Gathered {
  readonly observations: Observation[];
  readonly populations: Population[];
  readonly callers: Caller[];
  readonly foundBy: Map<SubjectId, SubjectId>; // a bucket → the target that led to it
}
const graceMs = 3000; // for what was under way when the scan was stopped

/** The whole pipe: targets → observations → judgement → result. Once aborted, what was not seen is a gap, and there is a result all the same. */
export async function scan(options: ScanOptions): Promise<ScanResult> {
  const { targets, judge, limits, timeoutMs, now = () => new Date(), onProgress = () => {} } = options;
  const stop = deadline(options.signal ?? new AbortController().signal, options.deadlineMs);
  const observedFrom = now().toISOString();
  const roots = loadRoots(options.trust);
  const reads = new Set(judge.rules.flatMap(({ rule: { info } }) => info.reads.flatMap((read) => [read, `${info.subject} ${read}`])));
  const gathered: Gathered = { observations: [], populations: [], callers: [], foundBy: new Map() };
  let done = 0;
  const limit = pLimit(limits.concurrency);
  const work = Promise.all(
    targets.map((target) =>
      limit(async () => {
        onProgress(done, targets.length, target.label);
        const context = { signal: stop.signal, timeoutMs, now, limits, roots, reads };
        const missing = await within(gather(target, context, gathered), stop.signal, graceMs);
        for (const seen of missing ?? lost(target, 'cancelled', 'still under way when the scan had to end')) keep(seen, target, gathered);
        onProgress(++done, targets.length, target.label);
      }),
    ),
  ).finally(stop.clear);
  const kinds = new Set(targets.map(({ is }) => is));
  whileWaiting(judge.rules.filter(({ rule }) => kinds.has(rule.info.subject === 'endpoint' ? 'endpoint' : 'aws')).map(({ rule }) => rule.programs));
  await work;
  const observedTo = now().toISOString();
  const interrupted = stop.signal.aborted ? { interrupted: reasonOf(stop.signal.reason) } : {};
  return judgeScan({ ...judge, ...gathered, targets, trust: roots.sources, judgedAt: observedTo, observedFrom, observedTo, ...interrupted });
}

/** Everything of one target; a source that throws is our bug, and costs that target alone. */
async function gather(target: Target, context: SourceContext, into: Gathered): Promise<readonly Seen[]> {
  try {
    const source = sources.find((one) => one.accepts(target));
    if (!source) throw new TypeError(`no source takes ${target.is}`);
    for await (const seen of source.observe(target, context)) keep(seen, target, into);
    return [];
  } catch (error) {
    return lost(target, 'bug', error instanceof Error ? error.name : typeof error);
  }
}
function keep(seen: Seen, { id }: Target, { observations, populations, callers, foundBy }: Gathered): void {
  if (seen.is === 'population') populations.push(seen.population);
  else if (seen.is === 'caller') callers.push(seen.caller);
  else {
    observations.push(seen.observation);
    const { subject } = seen.observation;
    if (subject !== id && !foundBy.has(subject)) foundBy.set(subject, id);
  }
}
/** What stands for a target whose source did not come to its end: a gap over all that could have been seen. */
function lost(target: Target, code: 'bug' | 'cancelled', detail: string): readonly Seen[] {
  const { id } = target;
  const gap = (path: string): Gap => ({ path, code, by: 'scan', detail, tries: 1, evidence: [] });
  if (target.is === 'aws')
    return target.services.flatMap((service) =>
      kindsOf[service].map((kind): Seen => ({ is: 'population', population: { scope: id, kind, state: 'failed', gap: gap(service) } })),
    );
  const gaps = ['tls', 'certificate', 'verify', 'clientAuth', 'http', 'plaintext'].map(gap);
  return [{ is: 'observation', observation: { subject: id, kind: 'endpoint', origin: 'wire', by: 'scan', facts: {}, gaps, evidence: [], links: [] } }];
}
const reasonOf = (reason: unknown): NonNullable<ScanResult['interrupted']> => (reason === 'deadline' || reason === 'SIGTERM' ? reason : 'SIGINT');
