import { expect, test } from 'vitest';
import { coverage } from '../../src/judge/coverage.ts';
import type { Catalogue, CatalogueControl } from '../../src/model/catalogue.ts';

const control = (id: string, automation: CatalogueControl['automation'] = 'partial'): CatalogueControl => ({
  id,
  title: id,
  text: id,
  obligation: 'required',
  domain: 'transit',
  automation,
  canSee: 'a',
  cannotSee: 'b',
  askFor: 'c',
  url: 'https://example.com',
});
const edge = (id: string, strength: 'direct' | 'supporting') => ({ framework: 'f', id, strength, why: 'w' });
const family = (kind: 'finding' | 'evidence') => ({ title: kind, domain: 'transit', kind }) as const;
const made: Catalogue = {
  asOf: '2026-11-25',
  disclaimer: 'd',
  frameworks: [
    {
      id: 'f',
      name: 'F',
      version: '1',
      status: 's',
      url: 'https://example.com',
      controls: [control('both'), control('weak'), control('bare'), control('untied'), control('people', 'none'), control('evidence only', 'none')],
    },
  ],
  families: { weak: family('finding'), strong: family('finding'), ruleless: family('finding'), proof: family('evidence') },
  edges: {
    weak: [edge('weak', 'supporting'), edge('both', 'supporting')],
    strong: [edge('both', 'direct')],
    ruleless: [edge('bare', 'direct'), edge('weak', 'direct')],
    proof: [edge('evidence only', 'direct')],
  },
};
const rules = [
  { id: 'x/b', family: 'weak' },
  { id: 'x/a', family: 'weak' },
  { id: 'x/c', family: 'strong' },
  { id: 'x/d', family: 'proof' },
];

test('a control is judged by the strongest tie that has a rule', () => {
  const [only] = coverage(made, rules);
  expect(only?.controls.map(({ id, judged }) => [id, judged])).toEqual([
    ['both', 'direct'],
    ['weak', 'supporting'],
    ['bare', 'no-rule-yet'],
    ['untied', 'no-rule-yet'],
    ['people', 'manual'],
    ['evidence only', 'manual'],
  ]);
  expect(only?.counts).toEqual({ direct: 1, supporting: 1, 'no-rule-yet': 2, manual: 2 });
});
test('families stand with the strong ones first, rules by name', () => {
  const [only] = coverage(made, rules);
  expect(only?.controls[0]?.families.map(({ family: id, rules: own }) => [id, own])).toEqual([
    ['strong', ['x/c']],
    ['weak', ['x/a', 'x/b']],
  ]);
});
