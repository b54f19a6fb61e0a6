import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configText } from '../../src/cli/init/config-text.ts';
import { ciFiles, ciTexts } from '../../src/cli/init/ci-text.ts';
import { version } from '../../src/cli/version.ts';
import { checkNames, loadConfig, parseConfig } from '../../src/config/load.ts';
import { ConfigFile, limitFields } from '../../src/config/schema.ts';
import { builtInRules } from '../../src/judge/rules/built-in.ts';
import { catalogue } from '../support/judge-input.ts';
import { folder } from '../e2e/run.ts';
import { command } from '../support/command.ts';

const uncommented = (text: string): string => text.replace(/^#(?! \S|$)/gm, '');

describe('the configuration', () => {
  test('loads as it was written, and names the targets', async () => {
    const cwd = folder();
    const { status, stdout, why } = await command(['init', '--ci', 'none', 'example.com', 'https://user:secret@shop.example:8443/x', 'aws:s3', 'EXAMPLE.com'], {
      cwd,
    });
    expect([status, why]).toEqual([0, 'wrote encaudit.yaml']);
    expect(stdout).toMatch(/^wrote encaudit.yaml\n[^]*next: encaudit doctor && encaudit scan\n$/);
    const loaded = loadConfig(join(cwd, 'encaudit.yaml'));
    expect(loaded.targets.map(({ id }) => id)).toEqual(['endpoint://example.com:443', 'endpoint://shop.example:8443', 'aws://default/*/s3']);
    expect(loaded.says).toMatchObject({ failOn: 'high' });
    expect(readFileSync(join(cwd, 'encaudit.yaml'), 'utf8')).not.toContain('secret');
  });
  test('without targets it names none, and says so', async () => {
    const cwd = folder();
    expect((await command(['init', '--ci', 'none'], { cwd })).stdout).toContain('name targets in encaudit.yaml');
    expect(loadConfig(join(cwd, 'encaudit.yaml')).targets).toEqual([]);
  });
  test.each([[[]], [['host.example:8443']]])('every setting that is commented out is a real one: %j', (labels) => {
    const text = uncommented(configText(labels));
    const loaded = parseConfig('encaudit.yaml', text, '/nowhere');
    checkNames(loaded, { rules: builtInRules().map(({ file }) => file.id), frameworks: catalogue.frameworks.map(({ id }) => id) });
    const file: Readonly<Record<string, object>> = parse(text);
    expect(Object.keys(file).toSorted()).toEqual(Object.keys(ConfigFile.shape).toSorted());
    expect(Object.keys(file['limits'] ?? {}).toSorted()).toEqual(Object.keys(limitFields).toSorted());
    expect(loaded.targets).toHaveLength(3 + labels.length);
  });
  test('no setting stands among the sentences', () => {
    for (const line of configText(['a.example']).split('\n').slice(1)) expect(line).not.toMatch(/^# [a-zA-Z]+:( |$)/);
  });
});

describe('the CI job', () => {
  test.each([
    ['github', '.github/dependabot.yml', 'x'],
    ['gitlab', '.gitlab-ci.yml', 'x'],
    ['github', '.git/config', '[remote "origin"]\n\turl = git@github.com:acme/x.git\n'],
    ['gitlab', '.git/config', '[remote "origin"]\n\turl = https://gitlab.example.com/acme/x.git\n'],
  ] as const)('%s is guessed from %s', async (system, file, text) => {
    const cwd = folder({ [file]: text });
    const { status, stdout } = await command(['init'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain(`wrote ${ciFiles[system]}\n`);
    expect(stdout).toContain(`the CI was guessed (${system})`);
    expect(readFileSync(join(cwd, ciFiles[system]), 'utf8')).toBe(ciTexts[system]);
  });
  test('none where none is recognised, and how to get one', async () => {
    const cwd = folder({ '.git/config': '[remote "origin"]\n\turl = ssh://git.example.com/github-tools.git\n' });
    const { status, stdout } = await command(['init'], { cwd });
    expect([status, existsSync(join(cwd, '.github')), existsSync(join(cwd, '.gitlab'))]).toEqual([0, false, false]);
    expect(stdout).toContain('--ci github or --ci gitlab');
  });
  interface Step {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }
  interface Workflow {
    readonly on: object;
    readonly permissions: object;
    readonly jobs: Readonly<Record<string, { readonly permissions: object; readonly steps: readonly Step[] }>>;
  }
  test('GitHub: least permissions, pinned majors, no secret, the upload, and a policy from outside the checkout', () => {
    const workflow: Workflow = parse(ciTexts.github);
    const [job] = Object.values(workflow.jobs);
    expect(workflow.permissions).toEqual({});
    expect(job?.permissions).toEqual({ contents: 'read', 'security-events': 'write' });
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
    const uses = job?.steps.flatMap((step) => step.uses ?? []) ?? [];
    expect(uses).toHaveLength(3);
    for (const action of uses) expect(action).toMatch(/^(actions|github)\/[\w/-]+@v\d+$/);
    expect(job?.steps.find(({ uses: action }) => action?.startsWith('actions/checkout'))?.with).toMatchObject({ 'persist-credentials': false });
    expect(ciTexts.github).not.toMatch(/secrets\.|set -x|\$\{\{\s*github\.(head_ref|event\.pull_request\.(title|head\.ref|body))/);
    expect(ciTexts.github).toContain('ENCAUDIT_POLICY=$RUNNER_TEMP/');
  });
  test.each(['github', 'gitlab'] as const)('%s: the scan is a command that this version takes', async (system) => {
    const words = /\/encaudit"? (scan .*?)'?$/m.exec(ciTexts[system])?.[1]?.split(' ') ?? [];
    expect(words).toContain('scan');
    expect(ciTexts[system]).toContain(`encaudit@${version}`);
    const cwd = folder();
    expect(await command(words, { cwd })).toMatchObject({ status: 2, why: expect.stringContaining('no target') }); // all flags were taken
    const texts: unknown = parse(ciTexts[system]);
    expect(texts).toBeTypeOf('object');
  });
});

describe('what it must not do', () => {
  test('nothing is overwritten without --force', async () => {
    const cwd = folder({ 'encaudit.yaml': 'failOn: low\n' });
    expect(await command(['init', '--ci', 'none'], { cwd })).toMatchObject({ status: 2, stdout: '', why: expect.stringContaining('--force') });
    expect(await command(['init', '--ci', 'none', 'a.example'], { cwd })).toMatchObject({ status: 2, why: expect.stringContaining('add the targets to it') });
    expect(readFileSync(join(cwd, 'encaudit.yaml'), 'utf8')).toBe('failOn: low\n');
    expect(await command(['init', '--ci', 'github'], { cwd })).toMatchObject({ status: 0, stdout: expect.stringContaining('kept  encaudit.yaml') });
    expect(readFileSync(join(cwd, 'encaudit.yaml'), 'utf8')).toBe('failOn: low\n');
    expect(await command(['init', '--ci', 'github', '--force'], { cwd })).toMatchObject({ status: 0, why: `wrote encaudit.yaml and ${ciFiles.github}` });
    expect(readFileSync(join(cwd, 'encaudit.yaml'), 'utf8')).toBe(configText([]));
  });
  test.each([
    ['the file', 'encaudit.yaml', 'none'],
    ['a folder', '.github', 'github'],
  ])('nothing is written through a link: %s', async (_what, name, ci) => {
    const [cwd, elsewhere] = [folder(), folder({ 'victim.yaml': 'x' })];
    symlinkSync(name === '.github' ? elsewhere : join(elsewhere, 'victim.yaml'), join(cwd, name));
    expect(await command(['init', '--force', '--ci', ci], { cwd })).toMatchObject({ status: 2, stdout: '', why: expect.stringContaining('links') });
    expect(readFileSync(join(elsewhere, 'victim.yaml'), 'utf8')).toBe('x');
    expect(existsSync(join(elsewhere, 'workflows'))).toBe(false);
    if (name !== 'encaudit.yaml') expect(existsSync(join(cwd, 'encaudit.yaml'))).toBe(false);
  });
  test('a second configuration in one folder', async () => {
    for (const name of ['encaudit.yml', '.encaudit/config.yaml']) {
      const cwd = folder({ [name]: '' });
      expect(await command(['init', '--ci', 'none', '--force'], { cwd })).toMatchObject({ status: 2, why: expect.stringContaining(name) });
      expect(existsSync(join(cwd, 'encaudit.yaml'))).toBe(false);
    }
  });
  test.each([['htps://a.example'], ['@list.txt'], ['-']])('a target that is none: %s', async (word) => {
    const cwd = folder();
    expect(await command(['init', '--ci', 'none', '--', word], { cwd })).toMatchObject({ status: 2, stdout: '' });
    expect(existsSync(join(cwd, 'encaudit.yaml'))).toBe(false);
  });
});

test('the shell lines of the jobs are shell', () => {
  const lines = [...ciTexts.github.matchAll(/run: \|\n((?: {10}.*\n)+)/g), ...ciTexts.gitlab.matchAll(/- \|\n((?: {6}.*\n)+)/g)].map(([, text = '']) => text);
  expect(lines.length).toBeGreaterThan(2);
  for (const text of lines) expect(spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});
