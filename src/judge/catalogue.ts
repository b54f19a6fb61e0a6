import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Catalogue, DataTag, Edge, Framework } from '../model/catalogue.ts';
import { readYaml, type Complaint } from '../util/yaml-file.ts';
import { packed } from '../util/package-root.ts';
import { conditionNames } from './conditions.ts';
import { ruleDir } from './rules/dir.ts';

const text = z.string().min(1);
const domains = ['transit', 'rest', 'keys', 'certificates', 'clients', 'inventory', 'process'] as const;
const Control = z.strictObject({
  id: text,
  title: text,
  text,
  obligation: z.enum(['required', 'addressable', 'future-dated-in-force', 'proposed', 'guidance']),
  effective: z.iso.date().optional(),
  futureDatedPart: z.strictObject({ effective: z.iso.date(), part: text }).optional(),
  appliesTo: text.optional(),
  customizedApproach: z.literal('excluded').optional(),
  domain: z.enum([...domains, 'access']),
  automation: z.enum(['full', 'partial', 'none']),
  canSee: text,
  cannotSee: text,
  askFor: text,
  note: text.optional(),
  url: z.url(),
});
const FileEdge = z.strictObject({
  id: text,
  strength: z.enum(['direct', 'supporting']),
  when: text.optional(),
  otherwise: z.literal('supporting').optional(),
  why: text,
});
const FrameworkFile = z.strictObject({
  id: z.string().regex(/^[a-z0-9.-]+$/),
  name: text,
  version: text,
  published: text,
  publishedConfirmed: z.boolean().optional(),
  status: text,
  asOf: z.iso.date(),
  url: z.url(),
  licence: text,
  appliesTo: text,
  idPattern: text,
  maxStrength: z.enum(['direct', 'supporting']).optional(),
  checkedAgainst: z.array(text),
  notes: z.array(text).optional(),
  controls: z.array(Control).min(1),
  edges: z.record(z.string(), z.array(FileEdge).min(1)),
});
type FrameworkFile = z.output<typeof FrameworkFile>;
const FamiliesFile = z.strictObject({
  families: z.record(
    z.string(),
    z.strictObject({ title: text, domain: z.enum(domains), kind: z.enum(['finding', 'evidence', 'informational']), note: text.optional() }),
  ),
});
const SemanticsFile = z.strictObject({
  schema: z.literal(1),
  asOf: z.iso.date(),
  disclaimer: text,
  semantics: z.record(z.string(), text),
  conditions: z.record(z.string(), z.strictObject({ how: text, text })),
});

/** Choosing a framework declares its data for targets without a tag of their own (semantics.yaml, `untagged`). */
const declares: readonly (readonly [prefix: string, data: DataTag])[] = [
  ['pci-dss-', 'pci'],
  ['hipaa-', 'phi'],
  ['gdpr', 'personal'],
  ['cis-controls-', 'sensitive'],
];

/** Reads the catalogue that ships with the rules; throws FileError where it contradicts itself. */
export function loadCatalogue(folder = join(ruleDir(), 'frameworks')): Catalogue {
  const read = <T>(name: string, schema: z.ZodType<T>): ReturnType<typeof readYaml<T>> => readYaml(name, readFileSync(join(folder, name), 'utf8'), schema);
  const semantics = read('semantics.yaml', SemanticsFile);
  const { families } = read('families.yaml', FamiliesFile).data;
  const unhandled = Object.keys(semantics.data.conditions).filter((name) => !conditionNames.has(name));
  if (unhandled.length > 0) semantics.refuse(unhandled.map((name) => ({ path: ['conditions', name], what: 'no code decides this condition' })));
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'semantics.yaml' && name !== 'families.yaml')
    .sort()
    .map((name) => {
      const file = read(name, FrameworkFile);
      const wrong = contradictions(file.data, new Set(Object.keys(families)), new Set(Object.keys(semantics.data.conditions)));
      return wrong.length > 0 ? file.refuse(wrong) : file.data;
    });
  const edges: Record<string, Edge[]> = {};
  for (const file of files) for (const [family, list] of Object.entries(file.edges)) (edges[family] ??= []).push(...list.map((edge) => edgeOf(file.id, edge)));
  return {
    asOf: semantics.data.asOf,
    disclaimer: semantics.data.disclaimer,
    frameworks: files.map(frameworkOf),
    families: Object.fromEntries(Object.entries(families).map(([id, { note, ...family }]) => [id, { ...family, ...(note !== undefined && { note }) }])),
    edges,
  };
}
function contradictions(
  { id: framework, controls, idPattern, edges, maxStrength }: FrameworkFile,
  families: ReadonlySet<string>,
  conditions: ReadonlySet<string>,
): readonly Complaint[] {
  const pattern = new RegExp(idPattern);
  const ids = new Set(controls.map(({ id }) => id));
  const twice = controls.flatMap(({ id }, i) =>
    controls.findIndex((other) => other.id === id) < i ? [{ path: ['controls', i, 'id'], what: `${id} stands twice` }] : [],
  );
  const strange = controls.flatMap(({ id }, i) =>
    pattern.test(id) ? [] : [{ path: ['controls', i, 'id'], what: `${id} does not look like a control of ${framework}` }],
  );
  const loose = Object.entries(edges).flatMap(([family, list]) =>
    list.flatMap((edge, i) => {
      const path = ['edges', family, i];
      const unknown = conditionsOf(edge.when).filter((name) => !conditions.has(name));
      return [
        ...(families.has(family) ? [] : [{ path, what: `no family ${family}` }]),
        ...(ids.has(edge.id) ? [] : [{ path, what: `no control ${edge.id}` }]),
        ...(list.findIndex((other) => other.id === edge.id) < i ? [{ path, what: `a second edge to ${edge.id}` }] : []),
        ...unknown.map((name) => ({ path, what: `no condition "${name}"` })),
        ...(maxStrength === 'supporting' && edge.strength === 'direct' ? [{ path, what: 'stronger than maxStrength' }] : []),
      ];
    }),
  );
  return [...twice, ...strange, ...loose];
}
const conditionsOf = (when: string | undefined): readonly string[] => when?.split('; ') ?? [];
const edgeOf = (framework: string, { id, strength, when, otherwise, why }: z.output<typeof FileEdge>): Edge => ({
  framework,
  id,
  strength,
  ...(when !== undefined && { when: conditionsOf(when) }),
  ...(otherwise && { otherwise }),
  why,
});
function frameworkOf({ id, name, version, status, url, controls }: FrameworkFile): Framework {
  const data = declares.find(([prefix]) => id.startsWith(prefix))?.[1];
  return {
    id,
    name,
    version,
    status,
    url,
    ...(data && { declares: data }),
    controls: controls.map(({ id: control, title, text: words, obligation, domain, automation, canSee, cannotSee, askFor, url: link, customizedApproach }) => ({
      id: control,
      title,
      text: words,
      obligation,
      domain,
      automation,
      canSee,
      cannotSee,
      askFor,
      url: link,
      ...(customizedApproach && { customizedApproach }),
    })),
  };
}

const Packed = z.custom<Catalogue>((value) => typeof value === 'object' && value !== null && 'frameworks' in value && 'edges' in value);
/** The catalogue of this package: from the JSON of the build where there is one (a test holds it equal), else from its YAML. */
export function builtInCatalogue(): Catalogue {
  const file = packed('catalogue.json');
  return file ? Packed.parse(JSON.parse(readFileSync(file, 'utf8'))) : loadCatalogue();
}
