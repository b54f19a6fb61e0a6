import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import type { RenderOptions } from '../../src/model/reporter.ts';
import type { ScanResult } from '../../src/model/result.ts';
import { json } from '../../src/report/json.ts';
import { terminal } from '../../src/report/terminal.ts';
import { displayWidth } from '../../src/util/text.ts';
import { estate } from '../support/estate.ts';
import { fullResult } from '../support/full-result.ts';

const render = (result: ScanResult, options: Partial<RenderOptions> = {}): string =>
  [...terminal.render(result, { color: false, width: 80, ...options })].join('');
const widest = (text: string): number => Math.max(...text.split('\n').map(displayWidth));

test.each([60, 61, 72, 80, 99, 100, 120, 133, 160, 200, 240])('nothing is wider than %i columns, and nothing ends in spaces', (width) => {
  for (const verbose of [false, true]) {
    const text = render(fullResult(), { width, verbose });
    expect(widest(text)).toBeLessThanOrEqual(width);
    expect(text).not.toMatch(/ $/m);
  }
});
test('widths out of range are brought into it', () => {
  expect(render(fullResult(), { width: 10 })).toBe(render(fullResult(), { width: 60 }));
  expect(render(fullResult(), { width: 1000 })).toBe(render(fullResult(), { width: 240 }));
});
test('wide characters keep the columns of a table in line', () => {
  const result = fullResult();
  const [first, ...rest] = result.subjects.filter(({ kind }) => kind === 's3-bucket');
  if (!first) throw new Error('no bucket');
  const subjects = [{ ...first, summary: { ...first.summary, label: '帳票バケット😀' } }, ...rest];
  const lines = render({ ...result, subjects })
    .split('\n')
    .filter((line) => line.includes('eu-west-1'));
  const at = lines.map((line) => displayWidth(line.slice(0, line.indexOf('eu-west-1'))));
  expect(at).toHaveLength(2);
  expect(new Set(at).size).toBe(1);
});
test('colour changes nothing but colour', () => {
  const colored = render(fullResult(), { color: true, verbose: true });
  expect(colored).toMatch(/\u001b\[1m/);
  expect(colored.replaceAll(/\u001b\[\d+m/g, '').replaceAll(/ +$/gm, '')).toBe(render(fullResult(), { verbose: true }));
});
test('commands are quoted, and long ones break where a shell reads on', () => {
  const text = render(fullResult(), { verbose: true });
  expect(text).toContain(`'hostile'\\''.example.com $(id)'`);
  expect(text).toMatch(/openssl s_client .* \\\n {8}\S/);
});
test('unknowns of one cause are one line', () => {
  expect(render(fullResult())).toMatch(/\? critical {2}4 rules +not decided: no answer within 5000 ms/);
});
test('no framework chosen: one line says how', () => {
  const result = fullResult();
  const frameworks = result.frameworks.map((one) => ({ ...one, chosen: false }));
  expect(render({ ...result, frameworks })).toContain('--framework ID');
  expect(render(result)).not.toContain('--framework ID');
});
test('findings of a scope that has no subject are told', () => {
  const result = fullResult();
  const [first] = result.findings;
  if (!first) throw new Error('no finding');
  const lost: Finding = {
    ...first,
    rule: 's3/declared-tier',
    subject: 'aws://111122223333/eu-central-1/s3',
    verdict: 'unknown',
    message: 'not decided: the buckets could not be listed',
    because: [],
  };
  expect(render({ ...result, findings: [...result.findings, lost] })).toMatch(/not decided: the buckets could not be\s+listed/);
});
test('a clean scan is short', () => {
  const result = fullResult();
  const [, , site] = result.subjects;
  if (!site) throw new Error('no subject');
  const text = render({
    ...result,
    findings: [],
    subjects: [site],
    overrides: [],
    populations: [],
    policySource: 'policy-file',
    waivers: { expired: [], expiring: [], unused: [], overMatching: [] },
  });
  expect(text).toContain('✓ no finding on acme-site (2 passed)');
});

test('2,000 endpoints: a reader gets a page, and JSON comes in small pieces', () => {
  const big = estate(2000, 25);
  const text = render(big);
  expect(text.split('\n').length).toBeLessThan(400);
  expect(text).toContain('on 400 subjects of 2,000');
  expect(text).toContain('and 1,950 more endpoints');
  let bytes = 0;
  let largest = 0;
  for (const chunk of json.render(big, { color: false, width: 80 })) {
    bytes += Buffer.byteLength(chunk);
    largest = Math.max(largest, chunk.length);
  }
  expect(bytes).toBeLessThan(60 * 1024 * 1024);
  expect(largest).toBeLessThan(64 * 1024);
});
