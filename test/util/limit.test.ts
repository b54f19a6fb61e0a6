import { expect, test } from 'vitest';
import { limiter } from '../../src/util/limit.ts';

const { signal } = new AbortController();
/** Work that notes how many run at a time. */
function meter(): { readonly work: () => Promise<void>; readonly most: () => number } {
  let [now, most] = [0, 0];
  return {
    most: () => most,
    work: async () => {
      most = Math.max(most, ++now);
      await new Promise((done) => setTimeout(done, 5));
      now--;
    },
  };
}
test('no more than so many in all, and at one host', async () => {
  const few = limiter({ concurrency: 3, perHost: 2, delayMs: 0 });
  const all = meter();
  await Promise.all(Array.from({ length: 24 }, (_, i) => few.run(`host ${i % 4}`, all.work, signal)));
  const many = limiter({ concurrency: 30, perHost: 2, delayMs: 0 });
  const one = meter();
  await Promise.all(Array.from({ length: 6 }, () => many.run('host', one.work, signal)));
  expect([all.most(), few.started(), one.most(), many.started()]).toEqual([3, 24, 2, 6]);
});
test('work that fails gives its place back', async () => {
  const { run } = limiter({ concurrency: 1, perHost: 1, delayMs: 0 });
  await expect(run('a', () => Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  expect(await run('a', () => Promise.resolve(1), signal)).toBe(1);
});
test('two starts at one host keep the delay, and another host does not wait', async () => {
  const { run } = limiter({ concurrency: 9, perHost: 9, delayMs: 60 });
  const starts: string[] = [];
  const start = (host: string) => run(host, () => Promise.resolve(starts.push(host)), signal);
  await Promise.all([start('a'), start('a'), start('b')]);
  expect(starts).toEqual(['a', 'b', 'a']);
});
test('an abort ends the waiting', async () => {
  const { run } = limiter({ concurrency: 9, perHost: 9, delayMs: 3_600_000 });
  const controller = new AbortController();
  const both = Promise.all([run('a', () => Promise.resolve(1), controller.signal), run('a', () => Promise.resolve(2), controller.signal)]);
  controller.abort();
  expect(await both).toEqual([1, 2]);
});
test('what runs alone runs beside nothing else at its host, and more than one in turn', async () => {
  const { run, alone } = limiter({ concurrency: 9, perHost: 3, delayMs: 0 });
  const [here, there, quiet] = [meter(), meter(), meter()];
  let beside = 0;
  let running = 0;
  const counted = async (): Promise<void> => {
    running++;
    await here.work();
    running--;
  };
  const only = (): Promise<void> => {
    beside = Math.max(beside, running);
    return quiet.work().finally(() => {
      beside = Math.max(beside, running);
    });
  };
  await Promise.all([
    ...Array.from({ length: 6 }, () => run('a', counted, signal)),
    alone('a', only, signal),
    alone('a', only, signal),
    ...Array.from({ length: 6 }, () => run('a', counted, signal)),
    ...Array.from({ length: 3 }, () => run('b', there.work, signal)),
  ]);
  expect([here.most(), quiet.most(), beside, there.most()]).toEqual([3, 1, 0, 3]);
  await expect(alone('a', () => Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  expect(await Promise.all([1, 2, 3].map((n) => run('a', () => Promise.resolve(n), signal)))).toEqual([1, 2, 3]);
});
