import { afterEach, expect, test, vi } from 'vitest';
import { plan } from '../src/cli/plan.ts';
import type { SubjectId } from '../src/model/observation.ts';
import type { Seen, Source } from '../src/model/source.ts';
import type { ScanResult } from '../src/model/result.ts';
import { scan } from '../src/scan.ts';
import { runtime } from './support/command.ts';

/** Sources that do what ours must not: the scan has to bear it. */
const sources = vi.hoisted(() => [] as Source[]);
vi.mock('../src/observe/sources.ts', () => ({ sources }));
afterEach(() => void sources.splice(0));

async function scanned(words: readonly string[], observe: Source['observe'], signal = new AbortController().signal): Promise<ScanResult> {
  sources.push({ id: 'test', accepts: () => true, observe });
  const { options } = await plan(words, { deadline: '1000', maxUnknown: '1000' }, runtime().runtime);
  return scan({ ...options, signal });
}
const observed = (subject: SubjectId): Seen => ({
  is: 'observation',
  observation: {
    subject,
    kind: 'endpoint',
    origin: 'wire',
    by: 'test',
    facts: { service: { protocol: 'https' }, tls: { offered: false } },
    evidence: [],
    gaps: [],
    links: [],
  },
});
const gaps = ({ subjects }: ScanResult): readonly unknown[] =>
  subjects.map(({ id, views }) => [id, [...new Set(views.flatMap((view) => view.gaps.map(({ code, by, detail }) => `${code} by ${by}: ${detail}`)))]]);

test('a source that throws costs its target, and is our bug', async () => {
  const result = await scanned(['bad.test', 'good.test', 'aws:s3'], async function* (target) {
    if (target.label !== 'good.test') throw new RangeError('secret words');
    yield observed('endpoint://good.test:443');
  });
  expect(gaps(result)).toEqual([
    ['aws://default/*/s3', ['bug by scan: RangeError']],
    ['endpoint://bad.test:443', ['bug by scan: RangeError']],
    ['endpoint://good.test:443', []],
  ]);
  expect(result.populations).toMatchObject([{ kind: 's3-bucket', state: 'failed' }]);
  expect(result.gate).toMatchObject({ exit: 4, reasons: [expect.stringMatching(/^\d+ gaps of code bug/), expect.any(String), expect.any(String)] });
  expect(JSON.stringify(result)).not.toContain('secret words');
});
test('a source that hears no deadline is left behind, and what it told is kept', async () => {
  const result = await scanned(['deaf.test'], async function* () {
    yield observed('endpoint://deaf.test:443');
    await new Promise(() => {});
  });
  expect(gaps(result)).toEqual([['endpoint://deaf.test:443', ['cancelled by scan: still under way when the scan had to end']]]);
  expect(result.findings).toContainEqual(expect.objectContaining({ rule: 'tls/offered', verdict: 'fail' }));
  expect(result.interrupted).toBe('deadline');
});
test('a signal that came before the scan is heeded too', async () => {
  const result = await scanned(
    ['late.test'],
    async function* () {
      await new Promise(() => {});
      yield observed('endpoint://late.test:443');
    },
    AbortSignal.abort('SIGTERM'),
  );
  expect(result).toMatchObject({ interrupted: 'SIGTERM', gate: { exit: 143 } });
});
