import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { byCodeUnit } from '../../util/text.ts';
import { ruleDir } from './dir.ts';
import { compiled, loadRules, type LoadedRule } from './load.ts';
import type { RuleFile } from './schema.ts';

/** What the build writes beside the code, from files that it has checked. */
const Packed = z.custom<{ readonly rules: readonly RuleFile[] }>((value) => typeof value === 'object' && value !== null && 'rules' in value);
const packedPath = (): URL => new URL('../../rules.json', import.meta.url); // dist/rules.json; in src/ there is none

/** The rules of this package: from the JSON of the build where there is one, else from their YAML. */
export const builtInRules = (): readonly LoadedRule[] =>
  existsSync(packedPath()) ? unpack(readFileSync(packedPath(), 'utf8')) : loadRules(ruleDir(), { builtIn: true });

/** The text of dist/rules.json. */
export const pack = (): string => JSON.stringify({ rules: loadRules(ruleDir(), { builtIn: true }).map(({ file }) => file) });
export const unpack = (text: string): readonly LoadedRule[] => Packed.parse(JSON.parse(text)).rules.map(compiled);

/** The day on which a built-in rule last changed its meaning. */
const version = '2026-11-25';
/** Which rules judged: `+n` counts those of the user; the hash is over all files, whatever their order and spelling. */
export function rulesetOf(rules: readonly LoadedRule[]): { readonly version: string; readonly sha256: string } {
  const own = rules.filter(({ rule }) => !rule.info.builtIn).length;
  const files = rules.map(({ file }) => canonical(file)).sort(byCodeUnit);
  return { version: own > 0 ? `${version}+${own}` : version, sha256: createHash('sha256').update(JSON.stringify(files)).digest('hex') };
}
/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => byCodeUnit(a, b)))
      : inner,
  );
}
