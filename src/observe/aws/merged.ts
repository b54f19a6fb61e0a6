/** Several streams as one, each item as soon as it is there; when the reader stops, all are stopped. */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void> {
  const open = sources.map((source) => source[Symbol.asyncIterator]());
  const next = (at: number): Promise<{ readonly at: number; readonly result: IteratorResult<T> } | undefined> =>
    open[at]?.next().then((result) => ({ at, result })) ?? Promise.resolve(undefined);
  const waiting = new Map(open.map((_, at) => [at, next(at)]));
  try {
    while (waiting.size > 0) {
      const won = await Promise.race(waiting.values());
      if (!won) return;
      if (won.result.done === true) waiting.delete(won.at);
      else {
        waiting.set(won.at, next(won.at));
        yield won.result.value;
      }
    }
  } finally {
    for (const at of waiting.keys()) void open[at]?.return?.(); // not awaited: a call under way ends by its own signal
  }
}
