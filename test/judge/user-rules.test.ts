import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInRules, pack, rulesetOf, unpack } from '../../src/judge/rules/built-in.ts';
import { ruleDir } from '../../src/judge/rules/dir.ts';
import { loadRules, loadUserRules } from '../../src/judge/rules/load.ts';
import { testRules } from '../../src/judge/rules/test-rules.ts';
import { ruleText } from '../support/rule-text.ts';

const families = ['tls-legacy-version', 'cert-expired'];
function folder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'encaudit-rules-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}
const builtIn = builtInRules();
const load = (...folders: readonly string[]) => loadUserRules(folders, builtIn, families);

test('the packed rules are those of the YAML', () => {
  const yaml = loadRules(ruleDir(), { builtIn: true });
  const packed = unpack(pack());
  expect(packed.map(({ file }) => file)).toEqual(yaml.map(({ file }) => file));
  expect(packed.map(({ rule }) => rule.info)).toEqual(yaml.map(({ rule }) => rule.info));
  expect(packed.every(({ rule }) => rule.info.builtIn)).toBe(true);
});
test('a user’s rule is none of ours, in sub-folders too; hidden files and other files are left alone', () => {
  const root = folder({ 'a.yaml': ruleText({ id: 'own/a' }), 'deep/b.yml': ruleText({ id: 'own/b' }), '.c.yaml': 'broken: [', 'README.md': '' });
  expect(load(root).map(({ rule }) => [rule.info.id, rule.info.builtIn])).toEqual([
    ['own/a', false],
    ['own/b', false],
  ]);
});
test('the id of a built-in rule is refused', () => {
  expect(() => load(folder({ 'a.yaml': ruleText({ id: 'tls/offered' }) }))).toThrow(/a\.yaml:1:5: tls\/offered is already the id of a built-in rule$/);
});
test('an id that is there twice is refused, and both files are named', () => {
  const text = ruleText({ id: 'own/a' });
  expect(() => load(folder({ 'a.yaml': text, 'b.yaml': text }))).toThrow(/b\.yaml:1:5: own\/a is already the id of .*a\.yaml$/);
  const first = folder({ 'a.yaml': text });
  expect(() => load(first, folder({ 'b.yaml': text }))).toThrow(`already the id of ${join(first, 'a.yaml')}`);
});
test('a family that the catalogue does not know is refused', () => {
  expect(() => load(folder({ 'a.yaml': ruleText({ id: 'own/a', family: 'cert-expird' }) }))).toThrow(
    /a\.yaml:5:9: no family "cert-expird" in the catalogue; did you mean "cert-expired"\?$/,
  );
});
test('a link counts inside the folder, and never leads out of it', () => {
  const outside = folder({ 'x.yaml': ruleText({ id: 'own/x' }) });
  const root = folder({ '.data/a.yaml': ruleText({ id: 'own/a' }) });
  symlinkSync('.data/a.yaml', join(root, 'a.yaml'));
  expect(load(root).map(({ file }) => file.id)).toEqual(['own/a']);
  symlinkSync(join(outside, 'x.yaml'), join(root, 'x.yaml'));
  expect(() => load(root)).toThrow(/x\.yaml: a link that leads out of the folder/);
  const dangling = folder({});
  symlinkSync('nowhere', join(dangling, 'a.yaml'));
  expect(() => load(dangling)).toThrow(/a\.yaml: does not exist/);
  const linked = folder({});
  symlinkSync(outside, join(linked, 'sub'));
  expect(load(linked)).toEqual([]); // folders behind links are not walked
});
test('what is no folder, no file, or too large is refused', () => {
  expect(() => load('/nowhere/at/all')).toThrow(/does not exist/);
  expect(() => load(folder({ 'a.yaml': `# ${'x'.repeat(65_536)}` }))).toThrow(/a\.yaml: larger than 64 KiB/);
});
test('rules test: every file by itself', () => {
  const root = folder({ 'a.yaml': ruleText({ id: 'own/a' }), 'b.yaml': 'a: [', 'c.yaml': ruleText({ id: 'own/c', expect: '!tls.offered' }) });
  expect(testRules(root)).toMatchObject([
    { id: 'own/a', complaints: [] },
    { id: '', file: join(root, 'b.yaml'), complaints: [expect.stringMatching(/b\.yaml:1:\d+: broken YAML/)] },
    { id: 'own/c', complaints: ['"new" is fail, not pass', '"old" is pass, not fail'] },
  ]);
});
test('the hash of a ruleset is over the meaning of its files, not over their order', () => {
  const own = load(folder({ 'a.yaml': ruleText({ id: 'own/a' }) }));
  expect(rulesetOf(builtIn.toReversed())).toEqual(rulesetOf(builtIn));
  expect(rulesetOf(builtIn.slice(1)).sha256).not.toBe(rulesetOf(builtIn).sha256);
  expect(rulesetOf([...builtIn, ...own]).version).toBe(`${rulesetOf(builtIn).version}+1`);
});
