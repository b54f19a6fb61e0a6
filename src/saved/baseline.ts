import * as z from 'zod';
import type { Baseline } from '../model/gate.ts';
import { FileError } from '../util/file-error.ts';
import { readJson } from './json-file.ts';

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

const makes = '`encaudit baseline create RESULT.json` makes one';

/** Reads .encaudit/baseline.json; throws FileError that names the file. */
export function readBaseline(file: string): Baseline {
  const parsed = BaselineFile.safeParse(readJson(file, maxBytes, `; ${makes}`));
  if (parsed.success) return parsed.data;
  throw new FileError(`${file}: not a baseline of encaudit (${parsed.error.issues[0]?.path.join('.') || 'its root'} is not as it should be); ${makes}`);
}
/** One entry a line, so that a review of a change shows what came and went. */
export const baselineText = ({ entries, ...head }: Baseline): string =>
  `${JSON.stringify(head).slice(0, -1)},"entries":[${entries.map((entry) => `\n${JSON.stringify(entry)}`).join(',')}\n]}\n`;
