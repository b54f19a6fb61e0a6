import { closeSync, readSync } from 'node:fs';
import * as z from 'zod';
import { Declared } from '../facts/declared.ts';
import { FactsByKind } from '../facts/index.ts';
import { Protocol } from '../facts/service.ts';
import type { Observation } from '../model/observation.ts';
import type { Recorded } from '../model/recorded.ts';
import { FileError } from '../util/file-error.ts';
import { inertJson } from '../util/text.ts';
import { openFile } from './json-file.ts';
import { linesOf, type Line } from './lines.ts';
import {
  Caller,
  CiRun,
  count,
  Evidence,
  FileSpot,
  Gap,
  Interruption,
  isRecord,
  Kind,
  maybe,
  Population,
  strings,
  SubjectId,
  text,
  Tool,
  Trust,
  wrong,
  type DeepReadonly,
  type Holds,
} from './result.ts';

/** The first line of a file of saved observations begins with these. */
const format = 'encaudit-observations';
const version = 1;
const maxLine = 32 * 1024 * 1024; // bytes; the bounds of the facts keep an observation below it

const Start = z.strictObject({
  format: z.literal(format),
  version: z.literal(version),
  is: z.literal('start'),
  tool: Tool,
  observedFrom: z.iso.datetime(),
  limits: z.strictObject({ concurrency: count, perHost: count, delayMs: count, timeoutMs: count, deadlineMs: maybe(count) }),
  reads: strings,
  ci: maybe(CiRun),
});
const common = { id: SubjectId, label: text, declared: Declared, tags: strings, owner: maybe(text), declaredAt: maybe(FileSpot) };
const Target = z.discriminatedUnion('is', [
  z.strictObject({
    ...common,
    is: z.literal('endpoint'),
    protocol: Protocol,
    name: text,
    port: count,
    servername: maybe(text),
    ip: maybe(text),
    httpPort: maybe(count),
  }),
  z.strictObject({
    ...common,
    is: z.literal('aws'),
    services: z.array(z.enum(['s3', 'rds', 'kms'])),
    regions: maybe(strings),
    profile: maybe(text),
    buckets: maybe(strings),
    include: maybe(strings),
    exclude: maybe(strings),
  }),
]);
const ObservationLine = z.strictObject({
  is: z.literal('observation'),
  target: SubjectId,
  observation: z.strictObject({
    subject: SubjectId,
    kind: Kind,
    origin: z.enum(['declared', 'api', 'wire']),
    by: text,
    vantage: maybe(z.strictObject({ address: text, servername: maybe(text) })),
    facts: z.record(z.string(), z.unknown()), // checked apart, by its kind
    evidence: z.array(Evidence),
    gaps: z.array(Gap),
    links: z.array(z.strictObject({ rel: z.enum(['encrypted-by', 'member-of', 'serves', 'declares']), to: SubjectId })),
  }),
});
/** Lines, and what `encaudit` makes of them; the number of lines before the last one shows whether some were lost. */
const Plain = z.discriminatedUnion('is', [
  Start,
  z.strictObject({ is: z.literal('target'), target: Target }),
  z.strictObject({ is: z.literal('trust'), trust: Trust }),
  z.strictObject({ is: z.literal('population'), population: Population }),
  z.strictObject({ is: z.literal('caller'), caller: Caller }),
  z.strictObject({ is: z.literal('done'), target: SubjectId }),
  z.strictObject({ is: z.literal('end'), observedTo: z.iso.datetime(), interrupted: maybe(Interruption), lines: count }),
]);
const AnyLine = z.discriminatedUnion('is', [...Plain.options, ObservationLine]);

/** Makes lines of records, one of each; the last one counts those before it. */
export function lineMaker(): (record: Recorded) => string {
  let lines = 0;
  return (record) => {
    const head = record.is === 'start' ? { format, version, ...record } : record.is === 'end' ? { ...record, lines } : record;
    const line = `${inertJson(head)}\n`;
    if (Buffer.byteLength(line) > maxLine) throw new FileError(`an observation of more than ${maxLine / 1024 / 1024} MB cannot be saved`);
    lines++;
    return line;
  };
}

/** A record of a file, and for an observation how to read it again, so that nobody need keep it. */
export interface SavedRecord {
  readonly record: Recorded;
  readonly again?: () => Observation;
}
export interface SavedObservations {
  /** In the order of the file, once. A last line that was cut off is left out, and so is then the end. Throws FileError with file and line. */
  readonly records: Iterable<SavedRecord>;
  readonly close: () => void;
}
const makes = '`encaudit scan --save-observations FILE` writes them';

/** Opens what `scan --save-observations` wrote. Throws FileError: missing, no file, not such a file, of a newer version. */
export function openObservations(file: string): SavedObservations {
  const handle = openFile(file, `; ${makes}`);
  return { records: recordsOf(handle, file), close: () => closeSync(handle) };
}
function* recordsOf(handle: number, file: string): Generator<SavedRecord, void> {
  let [seen, ended] = [0, false];
  for (const line of linesOf(handle, file, maxLine)) {
    const refuse = (what: string): never => {
      throw new FileError(`${file}:${line.number}: ${what}`);
    };
    const value = valueOf(line.bytes);
    if (line.number === 1) checkFirst(value, line, file);
    if (value === undefined && !line.ended) return; // cut off in the middle of a line
    if (ended) refuse('something behind the last line; these are several files in one, or one that was changed');
    const record = value === undefined ? refuse(`not JSON; ${damaged}`) : recordFrom(value, refuse);
    if (record.is === 'start' && line.number > 1) refuse('a second beginning; these are several files in one');
    if (record.is === 'end') {
      ended = true;
      const lines = isRecord(value) ? value['lines'] : undefined;
      if (lines !== seen) refuse(`says that ${String(lines)} lines stand before it, and ${seen} do; ${damaged}`);
    }
    seen++;
    yield record.is === 'observation' ? { record, again: againFrom(handle, line, file) } : { record };
  }
  if (seen === 0) throw new FileError(`${file}: empty; ${makes}`);
}
const damaged = 'the file was changed or damaged: scan again';

/** What the first line says of the rest: another file altogether, or one of another version. */
function checkFirst(value: unknown, { number }: Line, file: string): void {
  if (!isRecord(value) || value['format'] !== format)
    throw new FileError(
      isRecord(value) && value['schemaVersion'] !== undefined
        ? `${file}: a result, not observations: encaudit report and encaudit gate read it`
        : `${file}: no saved observations of encaudit; ${makes}`,
    );
  if (value['version'] === version) return;
  const tool = Tool.safeParse(value['tool']).data?.version;
  const by = tool !== undefined && /^[\w.+-]{1,40}$/.test(tool) ? ` by encaudit ${tool}` : '';
  throw new FileError(
    `${file}:${number}: written${by} in another version of the format; this encaudit reads version ${version}: judge it with that one, or scan again`,
  );
}
function valueOf(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return value;
  } catch {
    return undefined;
  }
}
/** The value itself and not what zod makes of it: the order of its keys is part of what is judged. */
function recordFrom(value: unknown, refuse: (what: string) => never): Recorded {
  const [issue] = issuesOf(value);
  if (issue)
    refuse(`${issue.path.join('.') || 'the line'}: ${wrong[issue.code] ?? 'not as the schema says'}; ${damaged}, or judge it with the encaudit that wrote it`);
  return isRecorded(value) ? value : refuse(damaged);
}
function issuesOf(value: unknown): readonly z.core.$ZodIssue[] {
  const { data, error } = AnyLine.safeParse(value);
  if (!data) return error?.issues ?? [];
  if (data.is !== 'observation') return [];
  const facts = FactsByKind.shape[data.observation.kind].safeParse(data.observation.facts);
  return (facts.error?.issues ?? []).map((issue) => ({ ...issue, path: ['observation', 'facts', ...issue.path] }));
}
const isRecorded = (value: unknown): value is Recorded => issuesOf(value).length === 0;

/** Remembers where the line lies, and nothing of what it says. */
function againFrom(handle: number, { position, bytes: { length }, number }: Line, file: string): () => Observation {
  return () => {
    const bytes = Buffer.alloc(length);
    const got = readSync(handle, bytes, 0, length, position);
    const value = valueOf(bytes.subarray(0, got));
    if (isRecorded(value) && value.is === 'observation') return value.observation;
    throw new FileError(`${file}:${number}: changed while it was read`);
  };
}

type Other = Exclude<Recorded, { readonly is: 'observation' }>;
type Told = DeepReadonly<{ [K in Other['is']]: Extract<Other, { readonly is: K }> }>;
type Read = { readonly [K in Other['is']]: Omit<Extract<DeepReadonly<z.infer<typeof Plain>>, { readonly is: K }>, 'format' | 'version' | 'lines'> };
/** The file's lines and the model's records, each within the other. @public */
export type SameAsModel = Holds<Read extends Told ? (Told extends Read ? true : false) : false>;
