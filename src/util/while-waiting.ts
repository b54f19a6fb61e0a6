/** Does what will be needed anyway, one piece at a time, between the answers that are awaited. A piece that throws will throw again for whoever needs it. */
export function whileWaiting([job, ...rest]: readonly (() => unknown)[]): void {
  if (!job) return;
  setImmediate(() => {
    try {
      job();
    } catch {}
    whileWaiting(rest);
  }).unref();
}
