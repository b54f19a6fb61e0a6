import * as z from 'zod';
import { FactsByKind } from '../facts/index.ts';
import type { View } from '../model/observation.ts';
import type { ScanResult } from '../model/result.ts';
import { FileError } from '../util/file-error.ts';
import { parseJson, readJson } from './json-file.ts';

/** The published form of a result (schema/result.schema.json). Each type here is held against src/model by the assertions at the end. */
export const text = z.string();
export const count = z.int().min(0);
const points = z.number().min(0);
export const strings = z.array(text);
export const maybe = <T extends z.core.$ZodType>(schema: T): z.ZodExactOptional<T> => z.exactOptional(schema);

export const SubjectId = z.union([
  z.templateLiteral(['endpoint://', z.string(), ':', z.int()]),
  z.templateLiteral(['client://', z.string()]),
  z.templateLiteral(['arn:', z.string()]),
  z.templateLiteral(['aws://', z.string(), '/', z.string(), '/', z.string()]),
]);
const EvidenceId = z.templateLiteral(['ev-', z.string()]);
const evidenceIds = z.array(EvidenceId);
export const Kind = FactsByKind.keyof();
const Severity = z.enum(['critical', 'high', 'medium', 'low', 'info']);
const Domain = z.enum(['transit', 'rest', 'keys', 'certificates', 'clients', 'inventory', 'process']);
const GapCode = z.enum([
  'dns',
  'refused',
  'unreachable',
  'timeout',
  'reset',
  'closed',
  'tls-alert',
  'malformed',
  'no-credentials',
  'expired-credentials',
  'access-denied',
  'throttled',
  'not-found',
  'unsupported',
  'unprovable',
  'conflict',
  'too-large',
  'budget',
  'cancelled',
  'not-attempted',
  'unexpected',
  'bug',
]);
export const Gap = z.strictObject({ path: text, code: GapCode, by: text, detail: text, tries: count, evidence: evidenceIds });
export const Evidence = z.strictObject({
  id: EvidenceId,
  paths: strings,
  by: text,
  at: text,
  sent: maybe(text),
  received: maybe(text),
  requestId: maybe(text),
  raw: maybe(z.strictObject({ sha256: text, bytes: count })),
  reproduce: maybe(strings),
});

const facts: z.ZodType<View['facts']> = z.union(Object.values(FactsByKind.shape));
const SubjectResult = z.strictObject({
  id: SubjectId,
  kind: Kind,
  target: maybe(SubjectId),
  summary: z.strictObject({ label: text, cells: z.record(text, text), worst: maybe(Severity), unknowns: count }),
  passed: strings,
  notApplicable: strings,
  views: z.array(z.strictObject({ address: maybe(text), facts, drift: strings, gaps: z.array(Gap) })),
});

const Item = z.strictObject({ verdict: z.enum(['fail', 'unknown']), key: text, message: text, evidence: evidenceIds, addresses: maybe(strings) });
const WaiverType = z.enum(['risk-acceptance', 'compensating-control', 'customized-approach', 'addressable-alternative', 'false-positive']);
const Finding = z.strictObject({
  rule: text,
  subject: SubjectId,
  verdict: z.enum(['fail', 'unknown']),
  severity: Severity,
  message: text,
  addresses: maybe(strings),
  items: z.array(Item),
  evidence: evidenceIds,
  because: z.array(Gap),
  fingerprint: text,
  controls: z.array(z.strictObject({ framework: text, id: text, strength: z.enum(['direct', 'supporting']) })),
  baseline: maybe(z.enum(['new', 'known', 'worse'])),
  waiver: maybe(z.strictObject({ id: text, covers: z.enum(['fail', 'unknown']), type: WaiverType, owner: text, reason: text, expires: text })),
});

const partScore = {
  value: z.number().min(0).max(100),
  raw: z.number().min(0).max(100),
  atMost: z.boolean(),
  grade: maybe(z.enum(['A+', 'A', 'B', 'C', 'D', 'F'])),
  unknowns: count,
  causes: count,
  families: z.array(z.strictObject({ family: text, points })),
};
const Score = z.strictObject({ scoringVersion: z.literal(1), ...partScore, domains: z.partialRecord(Domain, z.strictObject(partScore)) });

const ControlState = z.enum(['failed', 'failed-waived', 'at-risk', 'incomplete', 'no-failure-found', 'not-applicable', 'not-assessed', 'manual']);
const Control = z.strictObject({
  framework: text,
  id: text,
  title: text,
  text,
  obligation: z.enum(['required', 'addressable', 'future-dated-in-force', 'proposed', 'guidance']),
  domain: z.enum([...Domain.options, 'access']),
  automation: z.enum(['full', 'partial', 'none']),
  canSee: text,
  cannotSee: text,
  askFor: text,
  url: text,
  customizedApproach: maybe(z.literal('excluded')),
  state: ControlState,
  partial: z.boolean(),
  why: maybe(text),
  findings: strings,
  rules: strings,
});
const Framework = z.strictObject({
  id: text,
  name: text,
  version: text,
  status: text,
  url: text,
  chosen: z.boolean(),
  states: z.record(ControlState, count),
  partial: count,
});
const Rule = z.strictObject({
  id: text,
  title: text,
  severity: Severity,
  subject: Kind,
  family: text,
  builtIn: z.boolean(),
  why: text,
  remediation: text,
  snippets: z.record(text, text),
  references: strings,
  cwe: strings,
  reads: strings,
});
export const Population = z.strictObject({
  scope: SubjectId,
  kind: Kind,
  state: z.enum(['complete', 'partial', 'failed']),
  count: maybe(count),
  gap: maybe(Gap),
});
export const FileSpot = z.strictObject({ file: text, line: z.int(), column: z.int() });
export const Tool = z.strictObject({ name: z.literal('encaudit'), version: text, node: text, openssl: text });
export const Caller = z.strictObject({ account: text, arn: text });
export const CiRun = z.strictObject({ provider: text, repository: text, run: text, commit: text });
export const Trust = z.strictObject({ source: text, version: maybe(text), count, sha256: text });
export const Interruption = z.enum(['SIGINT', 'SIGTERM', 'deadline']);
const Target = z.strictObject({
  id: SubjectId,
  label: text,
  tags: strings,
  owner: maybe(text),
  declaredAt: maybe(FileSpot),
});
const BaselineEntry = z.strictObject({
  fingerprint: text,
  rule: text,
  subject: text,
  verdict: z.enum(['fail', 'unknown']),
  severity: Severity,
  items: strings,
  firstSeen: text,
});

export const ResultFile = z.strictObject({
  schemaVersion: z.literal(1),
  tool: Tool,
  ruleset: z.strictObject({ version: text, sha256: text }),
  policySource: z.enum(['policy-file', 'checkout', 'defaults']),
  overrides: z.array(z.strictObject({ rule: text, from: Severity, to: z.union([Severity, z.literal('off')]), owner: text, reason: text })),
  scope: z.strictObject({ sha256: text, targets: z.array(Target), excluded: z.array(z.strictObject({ id: text, reason: text })) }),
  identity: z.strictObject({
    accounts: z.array(Caller),
    ci: maybe(CiRun),
  }),
  trust: z.array(Trust),
  judgedAt: text,
  observedFrom: text,
  observedTo: text,
  interrupted: maybe(z.enum([...Interruption.options, 'cut-off'])),
  rules: z.record(text, Rule),
  populations: z.array(Population),
  subjects: z.array(SubjectResult),
  evidence: z.record(EvidenceId, Evidence),
  findings: z.array(Finding),
  score: Score,
  frameworks: z.array(Framework),
  controls: z.array(Control),
  waivers: z.strictObject({
    expired: strings,
    expiring: strings,
    unused: strings,
    overMatching: z.array(z.strictObject({ id: text, matches: count, allowed: count })),
  }),
  baseline: maybe(z.strictObject({ known: count, new: count, worse: count, fixed: z.array(BaselineEntry), sameScope: z.boolean(), sameRuleset: z.boolean() })),
  gate: z.strictObject({ exit: z.literal([0, 1, 2, 3, 4, 130, 143]), reasons: strings }),
});

export const maxBytes = 256 * 1024 * 1024;
const maxComplaints = 10;

/** Reads a result that `-f json` wrote. Throws FileError: missing, no file, larger than 256 MB, binary, not JSON, something else, another version. */
export const readResult = (file: string): ScanResult => resultOf(file, readJson(file, maxBytes));
/** The same from standard input, say; whoever reads that stops at `maxBytes`. */
export const parseResult = (name: string, bytes: Uint8Array): ScanResult => resultOf(name, parseJson(name, bytes));
function resultOf(file: string, value: unknown): ScanResult {
  if (!isRecord(value)) throw new FileError(`${file}: not a result of encaudit`);
  if (Array.isArray(value['runs'])) throw new FileError(`${file}: a SARIF file, not a result; results are written by -f json=FILE`);
  const { schemaVersion } = value;
  if (schemaVersion === undefined || !isRecord(value['tool'])) throw new FileError(`${file}: not a result of encaudit; results are written by -f json=FILE`);
  if (schemaVersion !== 1)
    throw new FileError(
      `${file}: a result of another version (schemaVersion ${typeof schemaVersion === 'number' ? schemaVersion : 'unknown'}); this encaudit reads version 1`,
    );
  const parsed = ResultFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const lines = issues
    .slice(0, maxComplaints)
    .map(({ path, code }) => `${file}: ${path.join('.') || 'the result'}: ${wrong[code] ?? 'not as the schema says'}`);
  throw new FileError([...lines, ...(issues.length > maxComplaints ? [`${file}: and ${issues.length - maxComplaints} more`] : [])].join('\n'));
}
/** Our own words: the library's may hold what the file says. */
export const wrong: Readonly<Record<string, string>> = {
  invalid_type: 'missing, or of another type',
  unrecognized_keys: 'has fields that the schema does not know',
  invalid_value: 'a value that the schema does not know',
  too_big: 'more than the schema allows',
  too_small: 'less than the schema allows',
};

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

export type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
export type Holds<T extends true> = T;
/** The file's type and the model's type, each within the other. */
export type SameAsModel = Holds<
  DeepReadonly<z.infer<typeof ResultFile>> extends ScanResult ? (ScanResult extends DeepReadonly<z.infer<typeof ResultFile>> ? true : false) : false
>;
