import { expect, test } from 'vitest';
import { builtInRules } from '../../src/judge/rules/built-in.ts';
import type { FrameworkCoverage } from '../../src/model/coverage.ts';
import { catalogue } from '../support/judge-input.ts';
import { command } from '../support/command.ts';

const parsed = async (...argv: readonly string[]): Promise<readonly FrameworkCoverage[]> => {
  const { frameworks }: { readonly frameworks: readonly FrameworkCoverage[] } = JSON.parse((await command(['controls', '-f', 'json', ...argv])).stdout);
  return frameworks;
};

test('all frameworks, the sums first, each control with its way out', async () => {
  const { status, stdout } = await command(['controls']);
  expect(status).toBe(0);
  const head = stdout.slice(0, stdout.indexOf('\n\n', stdout.indexOf('\nframework ')));
  for (const { id, controls } of catalogue.frameworks) {
    expect(head).toMatch(new RegExp(`^${id.replaceAll('.', '\\.')} +${controls.length} `, 'm'));
    for (const control of controls) expect(stdout).toContain(`  ${control.id}  ${control.title} [`);
  }
  expect(stdout.match(/^ {6}ask for: \S/gm)).toHaveLength(catalogue.frameworks.flatMap(({ controls }) => controls).length);
  expect(stdout).not.toMatch(/compliant|undefined/);
});
test('one framework, by the start of its name; others are refused with a hint', async () => {
  expect((await parsed('pci')).map(({ id }) => id)).toEqual(['pci-dss-4.0.1']);
  expect(await command(['controls', 'pci-dss-4.0.2'])).toMatchObject({ status: 2, stdout: '', why: expect.stringContaining('did you mean "pci-dss-4.0.1"') });
  expect(await command(['controls', '-f', 'sarif'])).toMatchObject({ status: 2, stdout: '', why: expect.stringContaining('terminal, json, markdown') });
});
test('the sums are those of the controls, and every named rule exists', async () => {
  const ids = new Set(builtInRules().map(({ file }) => file.id));
  for (const { counts, controls } of await parsed()) {
    for (const [judged, count] of Object.entries(counts)) expect(controls.filter((one) => one.judged === judged)).toHaveLength(count);
    expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(controls.length);
    for (const rule of controls.flatMap(({ families }) => families.flatMap(({ rules }) => rules))) expect(ids).toContain(rule);
  }
});
test('as a table of Markdown, a row a control', async () => {
  const { stdout } = await command(['controls', 'hipaa', '-f', 'markdown']);
  const hipaa = catalogue.frameworks.find(({ id }) => id.startsWith('hipaa'));
  expect(stdout.match(/^\| 164\./gm)).toHaveLength(hipaa?.controls.length ?? 0);
  for (const line of stdout.split('\n').filter((one) => one.startsWith('| 164.'))) expect(line.match(/(?<!\\)\|/g)).toHaveLength(7);
});
