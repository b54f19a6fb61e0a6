import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { packed } from '../../util/package-root.ts';
import { byCodeUnit } from '../../util/text.ts';
import { ruleDir } from './dir.ts';
import { packedRule } from './compile.ts';
import { loadRules, type LoadedRule } from './load.ts';
import type { RuleFile } from './schema.ts';

/** What the build writes beside the code, from files that it has checked. */
interface PackedRule {
  readonly file: RuleFile;
  readonly reads: readonly string[];
  readonly sha256: string;
}
const Packed = z.custom<{ readonly rules: readonly PackedRule[] }>((value) => typeof value === 'object' && value !== null && 'rules' in value);

/** The rules of this package: from the JSON of the build where there is one, else from their YAML. */
export function builtInRules(): readonly LoadedRule[] {
  const file = packed('rules.json');
  return file ? unpack(readFileSync(file, 'utf8')) : loadRules(ruleDir(), { builtIn: true });
}

/** The text of dist/rules.json. */
export const pack = (): string =>
  JSON.stringify({
    rules: loadRules(ruleDir(), { builtIn: true }).map(({ file, rule }): PackedRule => ({ file, reads: rule.info.reads, sha256: hashOf(file) })),
  });
export const unpack = (text: string): readonly LoadedRule[] =>
  Packed.parse(JSON.parse(text)).rules.map(({ file, reads, sha256 }) => ({ file, rule: packedRule(file, reads), sha256 }));

/** The day on which a built-in rule last changed its meaning. */
const version = '2026-11-25';
/** Which rules judged: `+n` counts those of the user; the hash is over those of all files, whatever their order and spelling. */
export function rulesetOf(rules: readonly LoadedRule[]): { readonly version: string; readonly sha256: string } {
  const own = rules.filter(({ rule }) => !rule.info.builtIn).length;
  const files = rules.map(({ file, sha256 }) => sha256 ?? hashOf(file)).sort(byCodeUnit);
  return { version: own > 0 ? `${version}+${own}` : version, sha256: hex(files.join()) };
}
const hashOf = (file: RuleFile): string => hex(canonical(file));
const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => byCodeUnit(a, b)))
      : inner,
  );
}
