/** Works on at most `limit` items at a time, hands out each result when it is there, and pulls an item only where there is room for it. */
export async function* parallel<T, R>(source: AsyncIterable<T>, limit: number, work: (item: T) => Promise<R>): AsyncGenerator<R, void> {
  const items = source[Symbol.asyncIterator]();
  const running = new Set<Promise<() => R | undefined>>();
  const state = { pulling: false, ended: false };
  const start = (task: Promise<R | undefined>): void => {
    const settled = task.then((value) => () => {
      running.delete(settled);
      return value;
    });
    running.add(settled);
  };
  const pull = async (): Promise<undefined> => {
    const next = await items.next();
    state.pulling = false;
    if (next.done === true) state.ended = true;
    else start(work(next.value));
    return undefined;
  };
  try {
    while (!state.ended || running.size > 0) {
      if (!state.ended && !state.pulling && running.size < limit) {
        state.pulling = true;
        start(pull());
      }
      const take = await Promise.race(running);
      const value = take();
      if (value !== undefined) yield value;
    }
  } finally {
    await items.return?.();
  }
}
