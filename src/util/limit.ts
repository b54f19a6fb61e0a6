import { setTimeout as sleep } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';

export interface LimitOptions {
  readonly concurrency: number;
  readonly perHost: number;
  readonly delayMs: number;
}
/** Lets work start when there is a place for it, in all and at its host, and `delayMs` after the last start there. */
export interface Limiter {
  readonly run: <T>(host: string, work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** The same, while nothing else runs at its host. */
  readonly alone: <T>(host: string, work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** How many works have started. */
  readonly started: () => number;
}

/** An aborted signal ends the waiting, not the work: that has to look at the signal itself. */
export function limiter({ concurrency, perHost, delayMs }: LimitOptions): Limiter {
  const all = pLimit(concurrency);
  const hosts = new Map<string, Host>();
  let started = 0;
  async function using<T>(host: string, work: (own: Host) => Promise<T>): Promise<T> {
    const own = hosts.get(host) ?? { limit: pLimit(perHost), one: pLimit(1), lastStart: Promise.resolve(), users: 0 };
    hosts.set(host, own);
    own.users++;
    try {
      return await work(own);
    } finally {
      own.users--;
      void own.lastStart.then(() => own.users === 0 && hosts.get(host) === own && hosts.delete(host));
    }
  }
  const run: Limiter['run'] = (host, work, signal) =>
    using(host, (own) =>
      own.limit(async () => {
        const turn = own.lastStart;
        if (delayMs > 0) own.lastStart = turn.then(() => pause(delayMs, signal));
        await turn; // before a place among all is taken: whoever waits for one host must not hold up the others
        return all(() => {
          started++;
          return work();
        });
      }),
    );
  /** Takes every place at the host but one, and does the work in that. */
  const alone: Limiter['alone'] = (host, work, signal) =>
    using(host, (own) =>
      own.one(async () => {
        let leave = (): void => {};
        const done = new Promise<void>((resolve) => {
          leave = resolve;
        });
        const places = Array.from(
          { length: perHost - 1 },
          () =>
            new Promise<void>((taken) => {
              void own.limit(() => {
                taken();
                return done;
              });
            }),
        );
        try {
          await Promise.all(places);
          return await run(host, work, signal);
        } finally {
          leave();
        }
      }),
    );
  return { started: () => started, run, alone };
}
interface Host {
  readonly limit: LimitFunction;
  readonly one: LimitFunction;
  lastStart: Promise<unknown>;
  users: number;
}
/** Ends early, and without an error, once the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal, ref: true }).catch(() => {});
