import { readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import type { Baseline } from '../model/gate.ts';
import { FileError } from '../util/file-error.ts';

const text = z.string().max(4096);
const Entry = z.strictObject({
  fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
  rule: text,
  subject: text,
  verdict: z.enum(['fail', 'unknown']),
  severity: z.enum(['critical', 'high', 'medium', 'low', 'info']),
  items: z.array(text).max(10_000),
  firstSeen: z.iso.datetime(),
});
export const BaselineFile = z.strictObject({ version: z.literal(1), scope: text, ruleset: text, entries: z.array(Entry).max(1_000_000) });
const maxBytes = 64 * 1024 * 1024;

/** Reads .encaudit/baseline.json; throws FileError that names the file. */
export function readBaseline(file: string): Baseline {
  const refuse = (what: string): never => {
    throw new FileError(`${file}: ${what}`);
  };
  const stat = statSync(file, { throwIfNoEntry: false }) ?? refuse('no such file; `encaudit baseline create RESULT.json` makes one');
  if (!stat.isFile()) return refuse('no regular file');
  if (stat.size > maxBytes) return refuse('larger than 64 MiB');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return refuse('not JSON');
  }
  const parsed = BaselineFile.safeParse(value);
  return parsed.success ? parsed.data : refuse(`not a baseline of encaudit (${parsed.error.issues[0]?.path.join('.') || 'its root'} is not as it should be)`);
}
/** One entry a line, so that a review of a change shows what came and went. */
export const baselineText = ({ entries, ...head }: Baseline): string =>
  `${JSON.stringify(head).slice(0, -1)},"entries":[${entries.map((entry) => `\n${JSON.stringify(entry)}`).join(',')}\n]}\n`;
