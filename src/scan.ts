import pLimit from 'p-limit';
import { judgeScan, type JudgeInput } from './judge/judgement.ts';
import { loadRoots, type TrustSettings } from './observe/endpoint/roots.ts';
import { sources } from './observe/sources.ts';
import type { Observation, Population, SubjectId } from './model/observation.ts';
import type { Caller, ScanResult } from './model/result.ts';
import type { Limits, Seen, SourceContext } from './model/source.ts';
import type { Target } from './model/target.ts';
import { deadline, within } from './util/deadline.ts';

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
  const reads = new Set(judge.rules.flatMap(({ rule }) => rule.info.reads));
  const gathered: Gathered = { observations: [], populations: [], callers: [], foundBy: new Map() };
  let done = 0;
  const limit = pLimit(limits.concurrency);
  await Promise.all(
    targets.map((target) =>
      limit(async () => {
        onProgress(done, targets.length, target.label);
        await within(gather(target, { signal: stop.signal, timeoutMs, now, limits, roots, reads }, gathered), stop.signal, graceMs);
        onProgress(++done, targets.length, target.label);
      }),
    ),
  );
  stop.clear();
  const observedTo = now().toISOString();
  const interrupted = stop.signal.aborted ? { interrupted: reasonOf(stop.signal.reason) } : {};
  return judgeScan({ ...judge, ...gathered, targets, trust: roots.sources, judgedAt: observedTo, observedFrom, observedTo, ...interrupted });
}

async function gather(target: Target, context: SourceContext, into: Gathered): Promise<void> {
  const source = sources.find((one) => one.accepts(target));
  if (!source) throw new TypeError(`no source takes ${target.is}`);
  for await (const seen of source.observe(target, context)) {
    keep(seen, into);
    if (seen.is === 'observation' && seen.observation.subject !== target.id && !into.foundBy.has(seen.observation.subject))
      into.foundBy.set(seen.observation.subject, target.id);
  }
}
function keep(seen: Seen, { observations, populations, callers }: Gathered): void {
  if (seen.is === 'observation') observations.push(seen.observation);
  else if (seen.is === 'population') populations.push(seen.population);
  else callers.push(seen.caller);
}
const reasonOf = (reason: unknown): NonNullable<ScanResult['interrupted']> => (reason === 'deadline' || reason === 'SIGTERM' ? reason : 'SIGINT');
