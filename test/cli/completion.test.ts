import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { complete, type Candidate, type Ids } from '../../src/cli/completion/complete.ts';
import { scripts } from '../../src/cli/completion/scripts.ts';
import { build } from '../../src/cli/program.ts';
import { builtInRules } from '../../src/judge/rules/built-in.ts';
import { catalogue } from '../support/judge-input.ts';
import { command, runtime } from '../support/command.ts';

const ids: Ids = {
  rules: () => Promise.resolve([{ value: 'x/rule', about: 'a rule' }]),
  frameworks: () =>
    Promise.resolve([
      { value: 'alpha-1', about: 'A' },
      { value: 'beta', about: 'B' },
    ]),
  controls: () => Promise.resolve([{ framework: 'alpha-1', value: '1.2(a)', about: 'C' }]),
};
const program = build(runtime().runtime);
const asked = async (line: string): Promise<Awaited<ReturnType<typeof complete>>> => {
  const all = line.split(' ');
  return complete(program, all.slice(0, -1), all.at(-1) ?? '', ids);
};
const values = async (line: string): Promise<readonly string[]> => (await asked(line)).candidates.map(({ value }) => value);

const pathOf = (one: Command): readonly string[] => (one.parent ? [...pathOf(one.parent), one.name()] : []);
const all = (one: Command): readonly Command[] => [one, ...one.commands.flatMap(all)];
const shown = all(program).filter((one) => !one.name().startsWith('__'));

describe('all that the program knows is offered', () => {
  test.each(shown.map((one) => [pathOf(one).join(' '), one] as const))('encaudit %s', async (path, one) => {
    const lead = path === '' ? '' : `${path} `;
    const [flags, words] = [await values(`${lead}-`), await values(lead)];
    for (const { long, short } of one.options) for (const flag of [long, short]) if (flag) expect(flags).toContain(flag);
    expect(flags).toContain('--help');
    for (const { name } of one.commands.map((below) => ({ name: below.name() }))) if (!name.startsWith('__')) expect(words).toContain(name);
    expect(words.filter((word) => word.startsWith('__'))).toEqual([]);
  });
  test('and each candidate says what it means', async () => {
    for (const one of shown) for (const { about } of (await asked([...pathOf(one), '--'].join(' '))).candidates) expect(about).not.toBe('');
  });
});

test.each<readonly [string, readonly string[]]>([
  ['sca', ['scan']],
  ['scan --fail-on ', ['critical', 'high', 'medium', 'low', 'info', 'none']],
  ['scan --fail-on h', ['high']],
  ['scan --fail-on=h', ['--fail-on=high']],
  ['scan example.com --fail-on h', ['high']],
  ['scan -q --only x', ['x/rule']],
  ['scan -qf jun', ['junit']],
  ['scan -f json=a --fail-on h', ['high']],
  ['scan --framework ', ['alpha-1', 'beta']],
  ['scan --framework alpha-1,b', ['alpha-1,beta']],
  ['scan --framework=alpha-1,b', ['--framework=alpha-1,beta']],
  ['scan --fail-on-control alpha-1:1', ['alpha-1:1.2(a)']],
  ['scan -- --fail', []],
  ['scan --timeout ', []],
  ['controls b', ['beta']],
  ['controls -f ', ['terminal', 'json', 'markdown']],
  ['rules show ', ['x/rule']],
  ['explain ', ['x/rule', '1.2(a)']],
  ['baseline ', ['create', 'update', 'prune']],
  ['help baseline p', ['prune']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['scan scan --fail-on n', ['none']], // a target may be called like a command
  ['nothing --x ', []],
])('%j', async (line, expected) => {
  expect(await values(line)).toEqual(expected);
});
test.each([
  ['scan --ca ', 'files', ''],
  ['scan --rules ', 'folders', ''],
  ['scan -f sarif=out/', 'files', 'sarif='],
  ['scan --format=sarif=out/', 'files', '--format=sarif='],
  ['scan @li', 'files', '@'],
  ['report ', 'files', ''],
  ['diff a.json ', 'files', ''],
  ['rules test ', 'folders', ''],
  ['scan -f ', 'partial', ''],
])('%j: the shell knows it', async (line, kind, prefix) => {
  expect(await asked(line)).toMatchObject({ kind, prefix });
});

test('the hidden command: kind and prefix, then a candidate a line with what it means', async () => {
  const { stdout, status } = await command(['__complete', '--', 'explain', '']);
  expect(status).toBe(0);
  const [head, ...lines] = stdout.trimEnd().split('\n');
  expect(head).toBe(':words:');
  const offered = lines.map((line): Candidate => ({ value: line.split('\t')[0] ?? '', about: line.split('\t')[1] ?? '' }));
  const known = [
    ...builtInRules().map(({ file: { id, title } }) => ({ value: id, about: title })),
    ...catalogue.frameworks.flatMap(({ controls }) => controls.map(({ id, title }) => ({ value: id, about: title }))),
  ];
  expect(offered).toEqual(known);
  expect(await command(['__complete', '--', 'client', '--', '-'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^:words:/) });
  expect((await command(['__complete'])).stdout).toContain('\nscan\t');
});
test('scripts are printed for three shells, ask the hidden command, and run the encaudit of the PATH', async () => {
  for (const [shell, script] of Object.entries(scripts)) {
    expect(await command(['completion', shell])).toMatchObject({ status: 0, stdout: script });
    expect(script.match(/\bencaudit __complete -- /g)).toHaveLength(1);
    expect(script).toContain('command encaudit __complete -- ');
  }
  expect(await command(['completion', 'tcsh'])).toMatchObject({ status: 2, stdout: '', why: expect.stringContaining('bash, zsh, fish') });
  expect((await command(['--help'])).stdout).not.toContain('__complete');
});
