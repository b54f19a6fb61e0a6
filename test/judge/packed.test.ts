import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadCatalogue } from '../../src/judge/catalogue.ts';
import { pack } from '../../src/judge/rules/built-in.ts';

// `npm test` builds first. The command reads these files, the other tests the YAML: what they show of the one must hold for the other.
test('the catalogue that the command reads is the one of the YAML', () => {
  expect(JSON.parse(readFileSync('dist/catalogue.json', 'utf8'))).toEqual(loadCatalogue());
});
test('so are the rules', () => {
  expect(readFileSync('dist/rules.json', 'utf8')).toBe(pack());
});
