import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ruleDir } from '../../src/judge/rules/dir.ts';
import { exampleSubject } from '../../src/judge/rules/examples.ts';
import { judge, prepare } from '../../src/judge/rules/judge.ts';
import { loadRules } from '../../src/judge/rules/load.ts';

const rules = loadRules(ruleDir(), { builtIn: true });
const now = new Date('2026-01-01T00:00:00Z');

test('each rule lies where its id says', () => {
  const files = readdirSync(ruleDir(), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml') && !name.startsWith('frameworks'));
  expect(files.map((name) => name.replace(/\.yaml$/, '')).sort()).toEqual(rules.map(({ file }) => file.id).sort());
});
test.each(rules.filter(({ file }) => file.subject === 'endpoint' && file.id !== 'tls/offered').map((loaded) => [loaded.file.id, loaded] as const))(
  '%s says nothing of a port without TLS',
  (_id, { file, rule }) => {
    expect(judge(rule, prepare(exampleSubject(file.subject, { service: { protocol: 'tls' }, tls: { offered: false } }), now))).toBe('not-applicable');
  },
);
test.each(rules.filter(({ file }) => file.id.startsWith('http/')).map((loaded) => [loaded.file.id, loaded] as const))(
  '%s says nothing of a port without HTTP',
  (_id, { file, rule }) => {
    expect(judge(rule, prepare(exampleSubject(file.subject, { tls: { offered: true }, http: { spoken: false } }), now))).toBe('not-applicable');
  },
);
test.each(rules.map((loaded) => [loaded.file.id, loaded] as const))(
  '%s shows nothing unobserved in the first of its failing examples',
  (_id, { file, rule }) => {
    const example = file.examples.find(({ verdict }) => verdict === 'fail');
    const judgement = judge(rule, prepare(exampleSubject(file.subject, example?.facts ?? {}), new Date(example?.now ?? now)));
    expect(typeof judgement === 'string' ? judgement : judgement.message).not.toMatch(/not observed|\n/);
    expect(file.remediation).toMatch(/^[A-Z].*?\.(?: |$)/);
  },
);
