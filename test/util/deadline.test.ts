import { expect, test } from 'vitest';
import { deadline, within } from '../../src/util/deadline.ts';

const never = new Promise<string>(() => {});

test('the time runs out', async () => {
  const { signal } = deadline(new AbortController().signal, 1);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  expect(signal.reason).toBe('deadline');
});
test('the parent aborts, before or after, and its reason stays', () => {
  const parent = new AbortController();
  const running = deadline(parent.signal, 3_600_000);
  expect(running.signal.aborted).toBe(false);
  parent.abort('SIGINT');
  expect([running.signal.reason, deadline(parent.signal, undefined).signal.reason]).toEqual(['SIGINT', 'SIGINT']);
  running.clear();
});
test('a cleared deadline follows nobody', () => {
  const parent = new AbortController();
  const { signal, clear } = deadline(parent.signal, 3_600_000);
  clear();
  parent.abort('SIGINT');
  expect(signal.aborted).toBe(false);
});
test('work that ignores the signal is left behind, work that ends is not', async () => {
  const aborted = AbortSignal.abort('SIGINT');
  expect(await within(never, aborted, 1)).toBeUndefined();
  expect(await within(Promise.resolve('done'), aborted, 3_600_000)).toBe('done');
  expect(await within(Promise.resolve('done'), new AbortController().signal, 1)).toBe('done');
});
test('an error of the work passes through', async () => {
  await expect(within(Promise.reject(new Error('ours')), new AbortController().signal, 1)).rejects.toThrow('ours');
});
