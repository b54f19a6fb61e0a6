import { expect, test } from 'vitest';
import { judge, prepare } from '../../src/judge/rules/judge.ts';
import { loadRule } from '../../src/judge/rules/load.ts';
import { ruleText } from '../support/rule-text.ts';

const said = (names: readonly string[]): string => {
  const { rule } = loadRule('x.yaml', ruleText({ message: 'names: ${certificate.chain.map(c, c.sanDns)}' }));
  const facts = { tls: { offered: false }, certificate: { chain: [{ position: 0, sha256: 'aa', subject: 'CN=a', sanDns: names }] } };
  const judgement = judge(rule, prepare({ id: 'endpoint://a:443', kind: 'endpoint', views: [{ facts, gaps: [], evidence: [], drift: [] }] }, new Date(0)));
  return typeof judgement === 'string' ? judgement : judgement.message;
};
test('a list is cut short and says so', () => {
  expect(said(['a', 'b', 'c', 'd'])).toBe('names: a, b, c, d');
  expect(said(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('names: a, b, c, d, and 2 more');
  expect(said([])).toBe('names: none');
});
test('hostile text is one short line', () => {
  expect(said(['a\n::error::b\u001b[31m\u202e'])).toBe('names: a : :error::b');
  expect(said(['x'.repeat(4096)]).length).toBeLessThan(140);
  expect(said(['😀'.repeat(2000)])).toMatch(/^names: (?:😀)+…$/u);
});
