import { createRequire } from 'node:module';
import type { Document } from 'yaml';
import * as z from 'zod';
import { FileError } from './file-error.ts';
import { closest } from './suggest.ts';

export interface Spot {
  readonly line: number;
  readonly column: number;
}
export type Path = readonly PropertyKey[];
/** A file that fits its schema, and where its parts stand in the text. */
export interface YamlFile<T> {
  readonly data: T;
  /** Where a value starts; a value that is missing is looked for at its parent. */
  readonly spotOf: (path: Path, of?: 'key') => Spot;
  /** Throws: the complaints, each at the place of a value, `offset` characters into it. */
  readonly refuse: (complaints: readonly Complaint[]) => never;
}
export interface Complaint {
  readonly path: Path;
  readonly what: string;
  readonly offset?: number;
  readonly key?: boolean; // the place is that of the key, not of its value
}

/** Loaded with the first file that is read: a scan of named targets reads none, and this is a tenth of its time. */
const require = createRequire(import.meta.url);
const yaml = (): typeof import('yaml') => require('yaml');

const maxBytes = 4 * 1024 * 1024;
const maxComplaints = 20; // a broken file can have one a byte
const prototypeKeys: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype']);

/** Parses and checks; throws FileError with every complaint. Aliases are refused: they can grow without bound. */
export function readYaml<T>(name: string, text: string, schema: z.ZodType<T>): YamlFile<T> {
  if (text.length > maxBytes) throw new FileError(`${name}: larger than ${maxBytes / 1024 / 1024} MiB`);
  if (text.includes('\u0000')) throw new FileError(`${name}: a binary file, not YAML`);
  const lines = new (yaml().LineCounter)();
  const document = yaml().parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
  const at = (offset: number): Spot => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const refuseAt = (complaints: readonly (readonly [offset: number, what: string])[]): never => {
    throw new FileError(
      complaints
        .slice(0, maxComplaints)
        .map(([offset, what]) => {
          const { line, column } = at(offset);
          return `${name}:${line}:${column}: ${what}`;
        })
        .join('\n'),
    );
  };
  if (document.errors.length > 0) return refuseAt(document.errors.map(({ pos, code }) => [pos[0], `broken YAML: ${code.toLowerCase().replaceAll('_', ' ')}`]));
  const unwanted = unwantedNodes(document);
  if (unwanted.length > 0) return refuseAt(unwanted);
  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) return refuseAt(parsed.error.issues.flatMap((issue) => complain(document, schema, issue)));
  return {
    data: parsed.data,
    spotOf: (path, of) => at(of === 'key' ? ownKey(document, path) : startOf(document, path)),
    refuse: (complaints) =>
      refuseAt(
        complaints.map(({ path, what, offset, key }) => [
          key === true ? ownKey(document, path) : startOf(document, path) + (offset === undefined ? 0 : inside(document, text, path, offset)),
          what,
        ]),
      ),
  };
}

function unwantedNodes(document: Document): readonly (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  yaml().visit(document, {
    Alias: (_key, { range }) => {
      found.push([range?.[0] ?? 0, 'aliases are not allowed']);
    },
    Pair: (_key, { key }) => {
      if (yaml().isScalar(key) && prototypeKeys.has(key.value)) found.push([key.range?.[0] ?? 0, `the key ${String(key.value)} is not allowed`]);
    },
  });
  return found;
}
function complain(document: Document, schema: z.core.$ZodType, issue: z.core.$ZodIssue): readonly (readonly [number, string])[] {
  if (issue.code === 'invalid_union') return complainOfUnion(document, schema, issue);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => [keyStart(document, issue.path, key), `unknown field ${key}${closest(key, fieldsAt(schema, issue.path))}`]);
  const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  const given: unknown = document.getIn(issue.path);
  const hint = issue.code === 'invalid_value' && typeof given === 'string' ? closest(given, issue.values.map(String)) : '';
  return [[startOf(document, issue.path), `${where}${issue.message}${hint}`]];
}
/** Of the branches of a union the one that got furthest into the value speaks; where none takes its type, all of them do. */
function complainOfUnion(document: Document, schema: z.core.$ZodType, issue: z.core.$ZodIssueInvalidUnion): readonly (readonly [number, string])[] {
  const wrongType = (branch: readonly z.core.$ZodIssue[]): boolean => branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  const depth = (branch: readonly z.core.$ZodIssue[]): number => Math.max(0, ...branch.map(({ path }) => path.length));
  const [best] = issue.errors.filter((branch) => !wrongType(branch)).toSorted((a, b) => depth(b) - depth(a));
  if (best) return best.flatMap((inner) => complain(document, schema, { ...inner, path: [...issue.path, ...inner.path] }));
  const expected = issue.errors.flat().flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : []));
  const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return [[startOf(document, issue.path), `${where}expected ${[...new Set(expected)].join(' or ')}`]];
}
/** The fields that the schema knows at a path, through whatever wraps an object. */
function fieldsAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  const [key, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<PropertyKey, z.core.$ZodType>> = schema.shape;
    if (key === undefined) return Object.keys(shape);
    const field = shape[key];
    return field ? fieldsAt(field, rest) : [];
  }
  if (schema instanceof z.ZodArray) return fieldsAt(schema.element, rest);
  if (schema instanceof z.ZodRecord) return fieldsAt(schema.valueType, rest);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => fieldsAt(option, path));
  if (schema instanceof z.ZodPipe) return fieldsAt(schema.in, path);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodReadonly || schema instanceof z.ZodNullable)
    return fieldsAt(schema.unwrap(), path);
  return [];
}
function startOf(document: Document, path: Path): number {
  const node = path.length > 0 ? document.getIn(path, true) : document.contents;
  if (yaml().isNode(node)) return node.range?.[0] ?? 0;
  return path.length > 0 ? startOf(document, path.slice(0, -1)) : 0;
}
function keyStart(document: Document, path: Path, key: string): number {
  const parent = path.length > 0 ? document.getIn(path, true) : document.contents;
  const pair = yaml().isMap(parent) ? parent.items.find((item) => yaml().isScalar(item.key) && String(item.key.value) === key) : undefined;
  return yaml().isNode(pair?.key) ? (pair.key.range?.[0] ?? 0) : startOf(document, path);
}
const ownKey = (document: Document, path: Path): number => keyStart(document, path.slice(0, -1), String(path.at(-1)));
/** An offset into a value counts only where the file holds it as one plain or quoted line; else its start must do. */
function inside(document: Document, text: string, path: Path, offset: number): number {
  const value: unknown = document.getIn(path);
  const start = startOf(document, path);
  const lead = [0, 1].find((n) => typeof value === 'string' && text.startsWith(value, start + n));
  return lead === undefined ? 0 : lead + offset;
}
