import { expect, test } from 'vitest';
import type { ScanResult } from '../../src/model/result.ts';
import { markdown } from '../../src/report/markdown.ts';
import { estate } from '../support/estate.ts';
import { fullResult } from '../support/full-result.ts';

const render = (result: ScanResult): string => [...markdown.render(result, { color: false, width: 80 })].join('');

test('never longer than a comment may be, and what does not fit is counted', () => {
  const result = estate(2000, 25);
  const text = render(result);
  expect(text.length).toBeLessThanOrEqual(65_536);
  const shown = text.match(/^\| (?:fail|unknown) /gm)?.length ?? 0;
  const left = Number(/^([\d,]+) findings left out: they are in the JSON report\.$/m.exec(text)?.[1]?.replaceAll(',', ''));
  expect(shown + left).toBe(result.findings.length);
  expect(text).toMatch(/\nTechnical evidence, not an attestation\.\n$/);
});
test('a report that fits leaves nothing out', () => {
  expect(render(fullResult())).not.toContain('left out');
});
test('no link that a target wrote can be followed', () => {
  const result = fullResult();
  const findings = result.findings.map((one) => ({ ...one, message: 'see https://evil.example www.evil.example [a](http://x) <a href="//x"> ![i](//x)' }));
  const text = render({ ...result, findings });
  expect(text).not.toMatch(/https?:\/\/|www\.|<a|[^\\]\]\(/);
  expect(text).toContain('https&#58;//evil.example www&#46;evil.example');
});
