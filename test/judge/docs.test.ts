import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkExamples } from '../../src/judge/rules/examples.ts';
import { loadRule } from '../../src/judge/rules/load.ts';

test('the rule in docs/writing-a-rule.md keeps its examples', () => {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/writing-a-rule.md', 'utf8')) ?? [];
  expect(checkExamples(loadRule('writing-a-rule.md', text))).toEqual([]);
});
