import pLimit from 'p-limit';
import { gathering } from './judge/gathered.ts';
import { judgeStored, type JudgeInput } from './judge/judgement.ts';
import { lost } from './observe/lost.ts';
import { loadRoots, type TrustSettings } from './observe/endpoint/roots.ts';
import { sources } from './observe/sources.ts';
import type { Recorded } from './model/recorded.ts';
import type { Interruption, ScanResult } from './model/result.ts';
import type { Limits, Seen, SourceContext } from './model/source.ts';
import type { Target } from './model/target.ts';
import { deadline, within } from './util/deadline.ts';
import { byCodeUnit } from './util/text.ts';
import { whileWaiting } from './util/while-waiting.ts';

/** How to judge: all of a judgement but what was observed. */
export type JudgeSettings = Omit<
  JudgeInput,
  'observations' | 'populations' | 'callers' | 'foundBy' | 'targets' | 'trust' | 'judgedAt' | 'observedFrom' | 'observedTo' | 'interrupted'
>;
/** Everything that a scan needs: what to look at, how hard, and how to judge it. */
export interface ScanOptions {
  readonly targets: readonly Target[];
  readonly judge: JudgeSettings;
  readonly trust: TrustSettings;
  readonly limits: Limits;
  readonly timeoutMs: number;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  /** Judge as of this time (RFC 3339, UTC); without it, as of the end of the observation. Evidence keeps the time of the clock. */
  readonly judgedAt?: string;
  /** Hears of everything as it comes, before it is judged; must not throw. */
  readonly record?: (record: Recorded) => void;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}
const graceMs = 3000; // for what was under way when the scan was stopped

/** The whole pipe: targets → observations → judgement → result. Once aborted, what was not seen is a gap, and there is a result all the same. */
export async function scan(options: ScanOptions): Promise<ScanResult> {
  const { targets, judge, limits, timeoutMs, deadlineMs, now = () => new Date(), record = () => {}, onProgress = () => {} } = options;
  const stop = deadline(options.signal ?? new AbortController().signal, deadlineMs);
  const gathered = gathering(lost);
  const tell = (one: Recorded): void => {
    if (gathered.take(one)) record(one);
  };
  const roots = loadRoots(options.trust);
  const reads = new Set(judge.rules.flatMap(({ rule: { info } }) => info.reads.flatMap((read) => [read, `${info.subject} ${read}`])));
  const context: SourceContext = { signal: stop.signal, timeoutMs, now, limits, roots, reads };
  const { tool, ci } = judge;
  const effort = { ...limits, timeoutMs, ...(deadlineMs !== undefined && { deadlineMs }) };
  tell({ is: 'start', tool, observedFrom: now().toISOString(), limits: effort, reads: [...reads].sort(byCodeUnit), ...(ci && { ci }) });
  for (const target of targets) tell({ is: 'target', target });
  for (const trust of roots.sources) tell({ is: 'trust', trust });
  let done = 0;
  const limit = pLimit(limits.concurrency);
  const work = Promise.all(
    targets.map((target) =>
      limit(async () => {
        onProgress(done, targets.length, target.label);
        const missing = await within(gather(target, context, tell), stop.signal, graceMs);
        for (const seen of missing ?? lost(target, 'cancelled', 'still under way when the scan had to end')) tell(recorded(seen, target));
        tell({ is: 'done', target: target.id });
        onProgress(++done, targets.length, target.label);
      }),
    ),
  ).finally(stop.clear);
  const kinds = new Set(targets.map(({ is }) => is));
  whileWaiting(judge.rules.filter(({ rule }) => kinds.has(rule.info.subject === 'endpoint' ? 'endpoint' : 'aws')).map(({ rule }) => rule.programs));
  await work;
  const observedTo = now().toISOString();
  tell({ is: 'end', observedTo, ...(stop.signal.aborted && { interrupted: reasonOf(stop.signal.reason) }) });
  return judgeStored({ ...judge, ...gathered.all(), judgedAt: options.judgedAt ?? observedTo });
}

/** Everything of one target; a source that throws is our bug, and costs that target alone. */
async function gather(target: Target, context: SourceContext, tell: (record: Recorded) => void): Promise<readonly Seen[]> {
  try {
    const source = sources.find((one) => one.accepts(target));
    if (!source) throw new TypeError(`no source takes ${target.is}`);
    for await (const seen of source.observe(target, context)) tell(recorded(seen, target));
    return [];
  } catch (error) {
    return lost(target, 'bug', error instanceof Error ? error.name : typeof error);
  }
}
const recorded = (seen: Seen, { id }: Target): Recorded => (seen.is === 'observation' ? { ...seen, target: id } : seen);
const reasonOf = (reason: unknown): Interruption => (reason === 'deadline' || reason === 'SIGTERM' ? reason : 'SIGINT');
