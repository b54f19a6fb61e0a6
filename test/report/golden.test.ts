import { expect, test } from 'vitest';
import type { RenderOptions } from '../../src/model/reporter.ts';
import type { ScanResult } from '../../src/model/result.ts';
import { formats, reporters, type Format } from '../../src/report/index.ts';
import { readResult } from '../../src/saved/result.ts';
import { fullResult } from '../support/full-result.ts';

const text = async (format: Format, options: Partial<RenderOptions> = {}, result: ScanResult = fullResult()): Promise<string> =>
  [...(await reporters[format]()).render(result, { color: false, width: 80, ...options })].join('');

/** To be read by a person whenever they change. */
test.each<[string, Format, Partial<RenderOptions>]>([
  ['golden/terminal-80.txt', 'terminal', {}],
  ['golden/terminal-200.txt', 'terminal', { width: 200 }],
  ['golden/terminal-120-verbose.txt', 'terminal', { width: 120, verbose: true }],
  ['golden/report.md', 'markdown', {}],
  ['golden/report.sarif', 'sarif', {}],
  ['golden/report-suppressed.sarif', 'sarif', { sarifWaived: 'suppress' }],
  ['golden/report.xml', 'junit', {}],
  ['../../fixtures/results/full.json', 'json', {}],
])('%s', async (file, format, options) => {
  await expect(await text(format, options)).toMatchFileSnapshot(file);
});
test('an interrupted scan', async () => {
  await expect(await text('terminal', {}, fullResult({ interrupted: 'SIGINT', gate: { exit: 130, reasons: ['SIGINT'] } }))).toMatchFileSnapshot(
    'golden/terminal-interrupted.txt',
  );
});
test('every reporter is its own file, and says its name', async () => {
  for (const [id, load] of Object.entries(reporters)) expect((await load()).id).toBe(id);
  expect(formats).toEqual(['terminal', 'json', 'sarif', 'junit', 'markdown']);
});
test.each<Format>(['terminal', 'json', 'sarif', 'junit', 'markdown'])(
  '%s: the same result gives the same bytes, also when it was saved in between',
  async (format) => {
    const options = { verbose: true };
    const first = await text(format, options);
    const saved: ScanResult = readResult('fixtures/results/full.json');
    expect(await text(format, options)).toBe(first);
    expect(await text(format, options, saved)).toBe(first);
  },
);
