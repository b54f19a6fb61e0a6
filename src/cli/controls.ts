import { Option, type Command } from 'commander';
import type { ControlCoverage, FamilyCoverage, FrameworkCoverage, Judged } from '../model/coverage.ts';
import { wrap } from '../util/text.ts';
import { collect } from './formats.ts';
import { knowledge } from './knowledge.ts';
import { frameworkOf } from './plan.ts';
import { paragraph } from './prose.ts';
import type { Runtime } from './runtime.ts';

const help = `
Says of each control, before any scan: can a tool judge it, by which rules, what no tool sees, and what to ask for instead.
  direct       a rule exists whose failure fails the control
  supporting   rules exist that can only put it at risk
  no rule yet  a tool could tell, this one has no rule for it
  manual       people alone can tell
A control that no tool can judge never counts as met.

Examples:
  encaudit controls                          all frameworks, their sums first
  encaudit controls pci-dss-4.0.1            or just: encaudit controls pci
  encaudit controls hipaa -f markdown        for a wiki
  encaudit explain 4.2.1                     one control with the reason for each tie

Exit codes: 0 printed, 2 no such framework or a rule that cannot be loaded.`;

const formats = ['terminal', 'json', 'markdown'] as const;
type Format = (typeof formats)[number];
interface Options {
  readonly format: Format;
  readonly rules?: readonly string[];
}
export const controls = (program: Command, runtime: Runtime): unknown =>
  program
    .command('controls')
    .description('the control catalogue: what can be tested, by which rules, and what cannot')
    .argument('[framework]', 'id of a framework, or how it begins (pci, hipaa); none: all')
    .addOption(new Option('-f, --format <fmt>', 'how to print it').choices(formats).default('terminal'))
    .option('--rules <dir>', 'rules of your own too; repeatable', collect)
    .addHelpText('after', help)
    .action(async (name: string | undefined, { format, rules: dirs = [] }: Options) => {
      const [{ rules, catalogue }, { coverage }] = await Promise.all([knowledge(dirs), import('../judge/coverage.ts')]);
      const id = name === undefined ? undefined : frameworkOf(name, { catalogue });
      const all = coverage(
        catalogue,
        rules.map(({ file }) => file),
        catalogue.frameworks.filter((one) => id === undefined || one.id === id),
      );
      const about = { asOf: catalogue.asOf, disclaimer: catalogue.disclaimer };
      if (format === 'json') return runtime.stdout.write(`${JSON.stringify({ ...about, frameworks: all }, null, 2)}\n`);
      for (const part of format === 'markdown' ? markdown(all, about) : terminal(all, about, Math.min(runtime.stdout.columns, 100)))
        await runtime.stdout.write(part);
      return undefined;
    });

interface About {
  readonly asOf: string;
  readonly disclaimer: string;
}
const words: Readonly<Record<Judged, string>> = { direct: 'direct', supporting: 'supporting', 'no-rule-yet': 'no rule yet', manual: 'manual' };
const kinds: readonly Judged[] = ['direct', 'supporting', 'no-rule-yet', 'manual'];
/** `direct, in part`: what the tool reads decides only some of it. */
const judgedText = ({ judged, automation }: ControlCoverage): string =>
  `${words[judged]}${(judged === 'direct' || judged === 'supporting') && automation === 'partial' ? ', in part' : ''}`;
const named = ({ family, rules, when = [], otherwise }: FamilyCoverage): string => {
  const condition = when.length === 0 ? '' : `, when ${when.join(' and ')}${otherwise === undefined ? '' : `, else ${otherwise}`}`;
  return `${rules.length > 0 ? rules.join(', ') : 'no rule yet'} (${family}${condition})`;
};
const bearing = ({ families }: ControlCoverage, strength: FamilyCoverage['strength']): readonly string[] =>
  families.filter((one) => one.strength === strength).map(named);

function* terminal(all: readonly FrameworkCoverage[], { asOf, disclaimer }: About, width: number): Iterable<string> {
  yield `${wrap(`Control catalogue of ${asOf}. ${disclaimer}`, width).join('\n')}\n\n`;
  const long = Math.max(...all.map(({ id }) => id.length), 9);
  yield `${'framework'.padEnd(long)}  controls  ${kinds.map((kind) => words[kind]).join('  ')}\n`;
  for (const { id, controls: own, counts } of all)
    yield `${id.padEnd(long)}  ${String(own.length).padStart(8)}  ${kinds.map((kind) => String(counts[kind]).padStart(words[kind].length)).join('  ')}\n`;
  for (const framework of all) {
    yield `\n${framework.name} ${framework.version} (${framework.id})\n`;
    for (const control of framework.controls) yield terminalControl(control, width);
  }
}
function terminalControl(control: ControlCoverage, width: number): string {
  const part = (name: string, text: string): string => (text === '' ? '' : paragraph(`${name}: ${text}`, width - 2).replace(/^ {2}/gm, '      '));
  return [
    `\n  ${control.id}  ${control.title} [${judgedText(control)}]\n`,
    paragraph(control.text, width - 2).replace(/^ {2}/gm, '    '),
    part('direct', bearing(control, 'direct').join('; ')),
    part('supporting', bearing(control, 'supporting').join('; ')),
    part('not seen', control.cannotSee),
    part('ask for', control.askFor),
  ].join('');
}

const cell = (text: string): string => text.replace(/[\\`*_[\]|<>]/g, '\\$&').replace(/\s+/g, ' ');
function* markdown(all: readonly FrameworkCoverage[], { asOf, disclaimer }: About): Iterable<string> {
  yield `# What can be tested\n\nControl catalogue of ${asOf}. ${cell(disclaimer)}\n\n`;
  yield `| framework | controls | ${kinds.map((kind) => words[kind]).join(' | ')} |\n|---|${'---:|'.repeat(kinds.length + 1)}\n`;
  for (const { id, controls: own, counts } of all) yield `| ${id} | ${own.length} | ${kinds.map((kind) => counts[kind]).join(' | ')} |\n`;
  for (const framework of all) {
    yield `\n## ${cell(framework.name)} ${framework.version}\n\n| control | in our words | judged | rules | not seen | ask for |\n|---|---|---|---|---|---|\n`;
    for (const control of framework.controls) {
      const rules = [...bearing(control, 'direct'), ...bearing(control, 'supporting').map((text) => `${text}, supporting`)].join('; ') || '–';
      const cells = [`${control.id} ${control.title}`, control.text, judgedText(control), rules, control.cannotSee, control.askFor];
      yield `| ${cells.map(cell).join(' | ')} |\n`;
    }
  }
}
