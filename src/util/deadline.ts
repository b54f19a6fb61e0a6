import { setMaxListeners } from 'node:events';

/** A signal that follows another one and aborts by itself after some time; `reason` then is `deadline`. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly clear: () => void;
}
export function deadline(parent: AbortSignal, ms: number | undefined): Deadline {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // every connection of a scan listens
  const follow = (): void => controller.abort(parent.reason);
  const timer = ms === undefined ? undefined : setTimeout(() => controller.abort('deadline'), ms);
  if (parent.aborted) follow();
  parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      parent.removeEventListener('abort', follow);
    },
  };
}

/** Waits for work, but once the signal is aborted no longer than `graceMs`: then the answer is undefined. */
export function within<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => {};
  const given = new Promise<undefined>((resolve) => {
    onAbort = () => {
      timer = setTimeout(resolve, graceMs, undefined);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  return Promise.race([work, given]).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  });
}
