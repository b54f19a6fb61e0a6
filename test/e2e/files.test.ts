import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeAll, expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { folder, run } from './run.ts';

const rule = readFileSync(join(import.meta.dirname, '../../rules/tls/offered.yaml'), 'utf8');
let cwd = '';
beforeAll(() => {
  cwd = folder({
    'broken.yaml': 'targets:\n  - a.test\n bad: [\n',
    'unknown.yaml': 'targts:\n  - a.test\n',
    'wrong.yaml': 'targets: [a.test]\nrules:\n  tls/ofered: { severity: off, reason: x, owner: y }\n',
    'unowned.yaml': 'targets: [a.test]\nrules:\n  tls/offered: { severity: off, reason: x }\n',
    'twice.yaml': 'targets:\n  - a.test\n  - https://A.test:443\n',
    'targets.txt': 'a.test\nb.test:99999\n',
    'typo/x.yaml': rule.replace(/^id: .*/m, 'id: my/offered').replaceAll('tls.offered', 'tls.ofered'),
    binary: '\u0000\u0001\u0002',
    text: 'hello\n',
    'runner-env': '',
    'other.json': '{"hello":1}\n',
  });
  writeFileSync(join(cwd, 'huge'), '');
  truncateSync(join(cwd, 'huge'), 3 * 1024 ** 3); // sparse
  mkdirSync(join(cwd, 'folder'));
  execFileSync('mkfifo', [join(cwd, 'fifo')]);
  symlinkSync('loop', join(cwd, 'loop'));
});

/** Where a file of the user's is read: argv, with its name in place of FILE. */
const readers = {
  '--config': ['scan', 'a.test', '--config', 'FILE'],
  '--policy': ['scan', 'a.test', '--policy', 'FILE'],
  '@targets': ['scan', '@FILE'],
  '--ca': ['scan', 'a.test', '--ca', 'FILE'],
  '--waivers': ['scan', 'a.test', '--waivers', 'FILE'],
  '--baseline': ['scan', 'a.test', '--baseline', 'FILE'],
  report: ['report', 'FILE'],
};
const strange = ['missing', 'folder', 'huge', 'binary', 'loop'];
const within = (argv: readonly string[], file: string): readonly string[] => argv.map((word) => word.replace('FILE', join(cwd, file)));
test.each(Object.entries(readers))('%s: what cannot be read is named, and 2', async (_, argv) => {
  for (const file of strange) {
    const { status, stdout, why } = await command(within(argv, file), { cwd });
    expect({ status, stdout }, file).toEqual({ status: 2, stdout: '' });
    expect(why, file).toMatch(new RegExp(`^(?:\\S*/)?${file}: [^\\n]+$`));
  }
});
test.concurrent('nobody waits for a pipe into which no one writes', async () => {
  const all = await Promise.all(Object.values(readers).map((argv) => run(within(argv, 'fifo'), { cwd })));
  for (const { status, stderr } of all) expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/^exit 2: (?:\S*\/)?fifo: [^\n]+\n$/) });
});

const wrong: readonly (readonly [readonly string[], string | RegExp])[] = [
  [['scan', '--config', './broken.yaml'], /^(?:\S*\/)?broken\.yaml:3:\d+: broken YAML: /],
  [['scan', '--config', './unknown.yaml'], /^(?:\S*\/)?unknown\.yaml:1:1: unknown field targts; did you mean "targets"\?$/],
  [['scan', '--config', './wrong.yaml'], /^(?:\S*\/)?wrong\.yaml:3:3: unknown rule tls\/ofered; did you mean "tls\/offered"\?$/],
  [['scan', '--config', './unowned.yaml'], /^(?:\S*\/)?unowned\.yaml:3:16: rules\.tls\/offered\.owner: /],
  [['scan', '--config', './twice.yaml'], /^(?:\S*\/)?twice\.yaml:3:5: .* is declared at twice\.yaml:2:5 already/],
  [['scan', '@./targets.txt'], /^(?:\S*\/)?targets\.txt:2:1: /],
  [['scan', '-'], /^-:2:1: /],
  [['scan', 'a.test', '--rules', './typo'], /^\S*typo\/x\.yaml:\d+:\d+: .*; did you mean "offered"\?$/],
  [['rules', 'list', '--rules', './text'], /^(?:\S*\/)?text: /],
  [['rules', 'list', '--rules', './missing'], /^(?:\S*\/)?missing: no such folder of rules$/],
  [['rules', 'test', './folder'], /^(?:\S*\/)?folder: no rule in this folder; /],
  [['report', './other.json'], /^(?:\S*\/)?other\.json: not a result of encaudit; results are written by -f json=FILE$/],
  [['gate', './text'], /^(?:\S*\/)?text: not JSON$/],
  [['scan', 'a.test', '--baseline', './other.json'], /^\S*other\.json: not a baseline of encaudit /],
  [['scan', 'a.test', '--ca', './text'], /^\S*text: holds no certificate in PEM form$/],
  [
    ['baseline', 'update', './other.json', '--file', './.encaudit/baseline.json'],
    /^\S*\.encaudit\/baseline\.json: no such file; `encaudit baseline create RESULT\.json` makes one$/,
  ],
];
test.each(wrong)('%j', async (argv, said) => {
  const stdin = (): AsyncIterable<Uint8Array> => Readable.from([Buffer.from('a.test\nb.test:99999\n')]);
  const ended = await command(
    argv.map((word) => word.replace('./', `${cwd}/`)),
    { cwd, stdin },
  );
  expect(ended).toMatchObject({ status: 2, stdout: '' });
  expect(ended.stderr.replace(/^encaudit: /, '') || ended.why).toMatch(said);
});

const outputs: readonly (readonly [string, RegExp])[] = [
  ['/dev/full', /below the working directory/],
  ['../out.json', /below the working directory/],
  ['folder', /is a folder/],
  ['loop', /through links/],
  ['fifo', /no regular file/],
  ['nowhere/out.json', /its folder does not exist/],
  ['text/out.json', /its folder is a file/],
  ['.git/config', /\.git/],
  ['runner-env', /GITHUB_ENV/],
];
test.each(outputs)('no output goes to %s, and nothing is scanned first', async (path, said) => {
  const env = { GITHUB_ENV: join(cwd, 'runner-env') };
  for (const argv of [
    ['scan', 'a.test', '-f', `json=${path}`],
    ['report', 'result.json', '-f', `json=${path}`],
  ]) {
    const { status, why } = await command(argv, { cwd, env });
    expect(status, why).toBe(2);
    expect(why).toMatch(said);
    expect(why.startsWith(`${path}: `)).toBe(true);
  }
});
