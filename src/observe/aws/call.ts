import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence, Gap } from '../../model/observation.ts';
import type { ObserveContext } from '../../model/source.ts';
import { deadline } from '../../util/deadline.ts';
import { evidence } from '../../util/evidence.ts';
import { failureOf, type Failure } from './failure.ts';
import type { Pace } from './rate.ts';

interface Reply {
  readonly $metadata: { readonly httpStatusCode?: number | undefined; readonly requestId?: string | undefined };
}
/** One API call: who is asked what, which facts hang on it, and the argv that shows it again. */
export interface Call<R extends Reply> {
  readonly by: string;
  /** Whose quota it counts against. */
  readonly region?: string;
  readonly paths: readonly string[];
  readonly send: (signal: AbortSignal) => Promise<R>;
  /** How often it may be asked; three times where nothing is said. */
  readonly tries?: number;
  /** Read after the call, because a redirect may have changed the region. */
  readonly reproduce: () => readonly string[];
  /** What the reply says, short, for the evidence. */
  readonly show: (reply: R) => string;
}
export type Outcome<R> =
  | { readonly is: 'reply'; readonly reply: R; readonly evidence: Evidence }
  | { readonly is: 'failure'; readonly failure: Failure; readonly tries: number; readonly evidence: Evidence };

const mostTries = 3;
const waitMs = { throttled: 500, other: 100 } as const;

/** Asks, and asks up to twice more where the failure may pass. Each try has `timeoutMs` for its whole reply. Never throws for what the world does. */
export async function call<R extends Reply>(what: Call<R>, context: ObserveContext & { readonly pace?: Pace }): Promise<Outcome<R>> {
  const at = context.now().toISOString();
  const record = (received: string, requestId: string | undefined): Evidence =>
    evidence({ paths: what.paths, by: what.by, at, received, ...(requestId !== undefined && { requestId }), reproduce: what.reproduce() });
  for (let tries = 1; ; tries++) {
    await context.pace?.(what.by, what.region ?? '', context.signal);
    const tried = await attempt(what, context);
    if (tried.is === 'reply') return { ...tried, evidence: record(what.show(tried.reply), tried.reply.$metadata.requestId) };
    const { failure } = tried;
    if (tries < (what.tries ?? mostTries) && failure.transient && (await pause(failure, tries, context.signal))) continue;
    return { is: 'failure', failure, tries, evidence: record(failure.detail, failure.requestId) };
  }
}
/** The gap that a failed call leaves on a path. */
export const gapOf = <R>({ failure, tries, evidence }: Extract<Outcome<R>, { is: 'failure' }>, path: string): Gap => ({
  path,
  code: failure.code,
  by: evidence.by,
  detail: failure.detail,
  tries,
  evidence: [evidence.id],
});

type Tried<R> = { readonly is: 'reply'; readonly reply: R } | { readonly is: 'failure'; readonly failure: Failure };
async function attempt<R extends Reply>({ send }: Call<R>, { signal, timeoutMs }: ObserveContext): Promise<Tried<R>> {
  const limit = deadline(signal, timeoutMs);
  try {
    if (limit.signal.aborted) return { is: 'failure', failure: failureOf(undefined, 'cancelled') };
    return { is: 'reply', reply: await Promise.race([send(limit.signal), refusal(limit.signal)]) };
  } catch (error) {
    return { is: 'failure', failure: failureOf(error, signal.aborted ? 'cancelled' : limit.signal.aborted ? 'deadline' : undefined) };
  } finally {
    limit.clear();
  }
}
/** The SDK looks for credentials without listening to the signal. */
const refusal = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
/** Longer each time, and spread, so that twenty throttled calls do not come back together. False once the scan is stopped. */
async function pause({ code }: Failure, tries: number, signal: AbortSignal): Promise<boolean> {
  const ms = (code === 'throttled' ? waitMs.throttled : waitMs.other) * 2 ** (tries - 1);
  try {
    await sleep(ms * (0.5 + Math.random() / 2), undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
