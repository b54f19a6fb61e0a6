import type { Evidence, Gap, SubjectId } from '../../../model/observation.ts';
import { evidence } from '../../../util/evidence.ts';

/** A fact that a reply did not give, and why. */
export interface Missing {
  readonly path: string;
  readonly code: Gap['code'];
  readonly detail: string;
}
/** What a reply gave. */
export interface Found<F> {
  readonly facts: F;
  readonly missing: readonly Missing[];
}
/** Facts of plain fields; one that the reply left out is missing. */
export function fields<F extends object>(
  said: { readonly [K in keyof F]-?: F[K] | undefined },
  names: { readonly [K in keyof F]-?: string },
): Found<Partial<F>> {
  const facts: Partial<F> = {};
  const missing: Missing[] = [];
  for (const key in said) {
    const value = said[key];
    if (value === undefined) missing.push({ path: `rds.${key}`, code: 'unsupported', detail: `the reply has no ${names[key]}` });
    else facts[key] = value;
  }
  return { facts, missing };
}
/** Of a page that listed many, the record of one: what it said of this one, and the call that shows it alone. */
export const ofOne = (page: Evidence, paths: readonly string[], received: object, reproduce: readonly string[]): Evidence =>
  evidence({
    paths,
    by: page.by,
    at: page.at,
    received: JSON.stringify(received).slice(0, 1024),
    ...(page.requestId !== undefined && { requestId: page.requestId }),
    reproduce,
  });
export const gapsOf = (missing: readonly Missing[], { by, id }: Pick<Evidence, 'by' | 'id'>): readonly Gap[] =>
  missing.map((one) => ({ ...one, by, tries: 1, evidence: [id] }));

/** The ARN of a subject, if that is what it is: it names a subject in every report. */
export function arnOf(text: string | undefined, type: 'db' | 'cluster' | 'snapshot' | 'cluster-snapshot'): SubjectId | undefined {
  const [, said] =
    /^arn:aws[a-z-]{0,20}:rds:[a-z0-9-]{1,40}:\d{12}:(db|cluster|snapshot|cluster-snapshot):[A-Za-z0-9][A-Za-z0-9:._-]{0,254}$/.exec(text ?? '') ?? [];
  return said === type && isArn(text) ? text : undefined;
}
const isArn = (text: string | undefined): text is `arn:${string}` => text?.startsWith('arn:') === true;

/** Identifiers go into calls and argv; API reference, CreateDBInstance: letters, digits, hyphens. Snapshots of the system have `rds:` in front. */
export const isIdentifier = (text: string | undefined): text is string => text !== undefined && /^[A-Za-z][A-Za-z0-9:._-]{0,254}$/.test(text);
export const timeOf = (date: Date | undefined): string | undefined => (date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString());
