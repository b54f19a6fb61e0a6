import { expect, test } from 'vitest';
import * as z from 'zod';
import { FactsByKind, type Kind } from '../../src/facts/index.ts';
import { namespacesOf } from '../../src/facts/namespaces.ts';
import { builtInRules } from '../../src/judge/rules/built-in.ts';
import { groupBy } from '../../src/util/group.ts';
import { plural, thousands } from '../../src/util/text.ts';

/** A field as JSON Schema tells of it. */
interface Field {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Field;
  readonly properties?: Readonly<Record<string, Field>>;
}
interface Row {
  readonly path: string; // as rules read it
  readonly shown: string; // with [] behind a list
  readonly field: Field;
}
const rules = builtInRules().map(({ rule }) => rule.info);
const kinds = FactsByKind.keyof().options;
const schemaOf = (kind: Kind, namespace: string): Field => (z.toJSONSchema(FactsByKind.shape[kind]) as Field).properties?.[namespace] ?? {};
/** Zod bounds every integer by what a number holds: that says nothing. */
const bound = (n: number | undefined): number | undefined => (n === undefined || Math.abs(n) === Number.MAX_SAFE_INTEGER ? undefined : n);

function typeOf(field: Field): string {
  if (field.enum) return `one of ${field.enum.map((word) => `\`${word}\``).join(', ')}`;
  if (field.type === 'array') {
    const least = field.minItems === undefined ? 'up to' : `${field.minItems} to`;
    return `list of ${least} ${thousands(field.maxItems ?? 0)}: ${typeOf(field.items ?? {})}`;
  }
  if (field.type === 'integer' || field.type === 'number') {
    const [from, to] = [bound(field.minimum), bound(field.maximum)];
    const range =
      from !== undefined && to !== undefined ? `, ${from} to ${to}` : from !== undefined ? `, ${from} or more` : to !== undefined ? `, ${to} or less` : '';
    return `${field.type === 'integer' ? 'whole number' : 'number'}${range}`;
  }
  if (field.type === 'string')
    return field.format === 'date-time' ? 'time (RFC 3339)' : `text${field.maxLength ? `, up to ${thousands(field.maxLength)} characters` : ''}`;
  return field.type === 'boolean' ? 'true or false' : 'object';
}
function rowsOf(path: string, shown: string, field: Field): readonly Row[] {
  const inner = field.items?.properties ?? field.properties ?? {};
  const mark = field.items ? '[]' : '';
  return [{ path, shown, field }, ...Object.entries(inner).flatMap(([name, child]) => rowsOf(`${path}.${name}`, `${shown}${mark}.${name}`, child))];
}
const cell = (text: string): string => text.replaceAll('|', '\\|');
function line({ path, shown, field }: Row, of: readonly Kind[]): string {
  const readers = rules.filter(({ subject, reads }) => of.includes(subject) && reads.includes(path)).map(({ id }) => `\`${id}\``);
  const list = readers.length > 8 ? plural(readers.length, 'rule') : readers.join(', ');
  return `| \`${shown}\` | ${cell(typeOf(field))} | ${cell(field.description ?? '')} | ${list} |`;
}

/** Namespaces with the kinds that have them: one that several kinds share (declared) is told once. */
const shared = groupBy(
  kinds.flatMap((kind) => namespacesOf(kind).map((namespace) => ({ kind, namespace, schema: JSON.stringify(schemaOf(kind, namespace)) }))),
  ({ namespace, schema }) => `${namespace} ${schema}`,
);
function section(same: readonly { readonly kind: Kind; readonly namespace: string }[]): string {
  const [first] = same;
  if (!first) return '';
  const of = same.map(({ kind }) => kind);
  const schema = schemaOf(first.kind, first.namespace);
  const rows = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => rowsOf(`${first.namespace}.${name}`, `${first.namespace}.${name}`, field));
  const about = `${schema.description ? `${schema.description}. ` : ''}${of.length === kinds.length ? 'Every kind has it.' : `Of ${of.map((kind) => `\`${kind}\``).join(', ')}.`}`;
  return `## ${first.namespace}\n\n${about}\n\n| fact | type | what it says | read by |\n|---|---|---|---|\n${rows.map((row) => line(row, of)).join('\n')}\n`;
}
const page = (): string => `# Facts

Made from the schemas in [\`src/facts\`](../src/facts) and the rules by \`npm run docs\`; do not edit.

What a rule may read, by kind of subject. Every fact can be absent: then nobody observed it, a gap says why, and a rule that needs it is unknown. A fact that is
derived follows from others and is never saved. A list in a fact stands for all that was seen, so that it is as long as its bound at most; \`[]\` stands where a rule
names the item of an \`each\`.

| kind | namespaces | built-in rules |
|---|---|---|
${kinds
  .map(
    (kind) =>
      `| \`${kind}\` | ${namespacesOf(kind)
        .map((name) => `[${name}](#${name.toLowerCase()})`)
        .join(', ')} | ${plural(rules.filter(({ subject }) => subject === kind).length, 'rule')} |`,
  )
  .join('\n')}

${[...shared.values()].map(section).join('\n')}`;

test('docs/facts.md is that of the schemas', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/facts.md');
});
test('every fact that a rule reads stands in it', () => {
  const text = page();
  const told = new Set([...text.matchAll(/^\| `([\w.[\]]+)`/gm)].map(([, path]) => path?.replaceAll('[]', '')));
  for (const { id, reads } of rules) for (const read of reads) expect([id, read, told.has(read)]).toEqual([id, read, true]);
});
