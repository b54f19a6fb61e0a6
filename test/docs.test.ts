import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { expect, test } from 'vitest';
import { parseConfig } from '../src/config/load.ts';
import { builtInCatalogue } from '../src/judge/catalogue.ts';
import { builtInRules } from '../src/judge/rules/built-in.ts';
import { readWaivers } from '../src/judge/waivers.ts';
import { build } from '../src/cli/program.ts';
import type { Runtime } from '../src/cli/runtime.ts';

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
const nobody: Runtime = {
  signal: new AbortController().signal,
  cwd: '.',
  env: {},
  stdout: { isTTY: false, columns: 80, write: async () => {} },
  stderr: { isTTY: false, columns: 80, write: async () => {} },
  stdin: async function* () {},
  now: () => new Date(0),
  end: () => {},
};
const program = build(nobody);
const outside = /<!-- output: \w+ -->.*?<!-- \/output -->/gs;

test.each(pages)('%s: what it links to is there', (page) => {
  const text = readFileSync(page, 'utf8');
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
  const missing = links.filter((link) => {
    const path = posix.normalize(posix.join(posix.dirname(page), link));
    return !pages.includes(path) && !exists(path);
  });
  expect(missing).toEqual([]);
});
test.each(pages)('%s: its commands and flags exist', (page) => {
  const text = readFileSync(page, 'utf8').replace(outside, '');
  const lines = [...text.matchAll(/(?:^|[`\s])encaudit(?:@[\d.]+)? ((?:[a-z-]+ ?){1,2})([^`\n]*)/gm)];
  for (const [whole, words = '', rest = ''] of lines) {
    const [name = '', sub = ''] = words.trim().split(' ');
    const command = program.commands.find((one) => one.name() === name);
    if (!command || sub === '--') continue; // prose, or the flags of somebody else's command
    const own = command.commands.find((one) => one.name() === sub) ?? command;
    const flags = [...(/^.*?(?=(?:^| )-- | #|$)/.exec(rest)?.[0] ?? '').matchAll(/(?:^|\s)(--?[a-z][a-z-]*)/g)].map(([, flag = '']) => flag);
    const known = new Set([
      '--help',
      '-h',
      ...own.options.flatMap(({ long, short }) => [long, short]),
      ...program.options.flatMap(({ long, short }) => [long, short]),
    ]);
    expect([whole, flags.filter((flag) => !known.has(flag))]).toEqual([whole, []]);
  }
});
test.each(pages)('%s: its YAML is YAML', (page) => {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/```ya?ml\n(.*?)```/gs)].map(([, body = '']) => body);
  for (const block of blocks)
    for (const document of parseAllDocuments(block)) expect([block, 'errors' in document ? document.errors : []]).toEqual([block, []]);
});

test.each(pages)('%s: files of ours that it shows are read without a complaint', (page) => {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/```ya?ml\n(# \S*(?:encaudit|waivers)\.yaml\n.*?)```/gs)].map(([, body = '']) => body);
  const rules = new Map(builtInRules().map(({ rule }) => [rule.info.id, rule.info]));
  for (const block of blocks) {
    if (block.startsWith('# .encaudit/waivers')) expect(readWaivers(page, block, rules, builtInCatalogue()).length).toBeGreaterThan(0);
    else expect(parseConfig(page, block, '.').targets.length).toBeGreaterThan(0);
  }
});

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EISDIR';
  }
}
