import type { Command } from 'commander';
import type { Catalogue, CatalogueControl, Edge } from '../model/catalogue.ts';
import { closest } from '../util/suggest.ts';
import { collect } from './formats.ts';
import { knowledge } from './knowledge.ts';
import { inert, paragraph, section } from './prose.ts';
import { UsageError, type Runtime } from './runtime.ts';

const help = `
Examples:
  encaudit explain tls/no-legacy-versions
  encaudit explain 4.2.1
  encaudit explain 'hipaa-security-rule 164.312(e)(1)'`;

export const explain = (program: Command, runtime: Runtime): unknown =>
  program
    .command('explain')
    .description('a rule or a control in full: why it matters, what is looked at, what to do')
    .argument('<rule|control>', 'id of a rule (tls/offered) or of a control (4.2.1)')
    .option('--rules <dir>', 'rules of your own too; repeatable', collect)
    .addHelpText('after', help)
    .action(async (id: string, { rules = [] }: { readonly rules?: readonly string[] }) => {
      const { rules: all, catalogue } = await knowledge(rules);
      const width = Math.min(runtime.stdout.columns, 100);
      const rule = all.find(({ file }) => file.id === id);
      if (rule) return runtime.stdout.write(inert(ruleText(rule.file, catalogue, width)));
      const found = controlsNamed(id, catalogue);
      if (found.length > 0) {
        const families = new Map(all.map(({ file }) => [file.id, file.family]));
        for (const { framework, control } of found) await runtime.stdout.write(controlText(framework, control, catalogue, families, width));
        return undefined;
      }
      const known = [...all.map(({ file }) => file.id), ...catalogue.frameworks.flatMap(({ controls }) => controls.map((control) => control.id))];
      throw new UsageError(`no rule or control is called "${id}"${closest(id, known)}; \`encaudit rules list\` names the rules`);
    });

interface RuleText {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly family: string;
  readonly subject: string;
  readonly when?: string | undefined;
  readonly each?: { readonly in: string; readonly as: string; readonly when?: string | undefined } | undefined;
  readonly expect: string;
  readonly why: string;
  readonly remediation: string;
  readonly snippets: Readonly<Record<string, string>>;
  readonly references: readonly string[];
  readonly cwe: readonly string[];
}
/** A rule as a person reads it. */
export function ruleText(rule: RuleText, catalogue: Catalogue, width: number): string {
  const edges = catalogue.edges[rule.family] ?? [];
  return [
    `${rule.id}: ${rule.title}\n`,
    `${rule.severity} · ${rule.subject} · family ${rule.family}\n`,
    section('Why', paragraph(rule.why, width)),
    section('What is looked at', paragraph(lookedAt(rule), width)),
    section(
      'What to do',
      paragraph(rule.remediation, width),
      ...Object.entries(rule.snippets).map(([product, text]) => `\n  ${product}:\n${text.trimEnd().replace(/^/gm, '    ')}\n`),
    ),
    section(
      'Controls',
      ...(edges.length > 0 ? edges.map((edge) => edgeText(edge, width)) : [paragraph('None: a finding of this family bears on no control.', width)]),
    ),
    section('Read more', ...[...rule.references, ...rule.cwe].map((line) => `  ${line}\n`)),
  ].join('');
}
const lookedAt = ({ when, each, expect }: RuleText): string =>
  [
    ...(when === undefined ? [] : [`Applies where ${when}.`]),
    ...(each === undefined ? [] : [`For each ${each.as} in ${each.in}${each.when === undefined ? '' : ` where ${each.when}`}:`]),
    `passes where ${expect}`,
  ].join(' ');
const edgeText = ({ framework, id, strength, when, why }: Edge, width: number): string =>
  paragraph(`${framework} ${id} (${strength}${when ? `, when ${when.join(' and ')}` : ''}): ${why}`, width);

function controlsNamed(name: string, { frameworks }: Catalogue): readonly { readonly framework: string; readonly control: CatalogueControl }[] {
  const [first = '', second] = name.trim().split(/[\s:]+/);
  const [scope, id] = second === undefined ? ['', first] : [first, second];
  return frameworks
    .filter((framework) => framework.id.startsWith(scope))
    .flatMap((framework) =>
      framework.controls.filter((control) => control.id.toLowerCase() === id.toLowerCase()).map((control) => ({ framework: framework.id, control })),
    );
}
function controlText(framework: string, control: CatalogueControl, catalogue: Catalogue, families: ReadonlyMap<string, string>, width: number): string {
  const bearing = [...families].flatMap(([rule, family]) =>
    (catalogue.edges[family] ?? []).filter((edge) => edge.framework === framework && edge.id === control.id).map((edge) => ({ rule, edge })),
  );
  return [
    `${framework} ${control.id}: ${control.title}\n`,
    `${control.obligation} · ${control.domain} · a tool can decide this: ${{ full: 'yes', partial: 'in part', none: 'no' }[control.automation]}\n`,
    section('In our words', paragraph(control.text, width)),
    section('What the tool can see', paragraph(control.canSee, width)),
    section('What it cannot see', paragraph(control.cannotSee, width)),
    section('What to ask for', paragraph(control.askFor, width)),
    section(
      'Rules that bear on it',
      ...(bearing.length > 0
        ? bearing.map(({ rule, edge }) => paragraph(`${rule} (${edge.strength}${edge.when ? `, when ${edge.when.join(' and ')}` : ''}): ${edge.why}`, width))
        : [paragraph('None.', width)]),
    ),
    `  ${control.url}\n\n`,
  ].join('');
}
