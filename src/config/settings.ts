import { resolve } from 'node:path';
import * as z from 'zod';
import type { ControlRef, GateSettings } from '../model/gate.ts';
import { FileError } from '../util/file-error.ts';
import { closest } from '../util/suggest.ts';
import type { Env } from './ci.ts';
import { limitFields, settingFields } from './schema.ts';

export interface Output {
  readonly format: string;
  readonly path?: string; // none: standard output
}
/** All that flag, variable, policy and configuration can set. Times in milliseconds; paths absolute, but those of outputs. */
export interface Settings extends Omit<GateSettings, 'minScore'> {
  readonly minScore?: number;
  readonly frameworks: readonly string[];
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly concurrency: number;
  readonly perHost: number;
  readonly delayMs: number;
  readonly ca: readonly string[];
  readonly system: boolean;
  readonly mozilla: boolean;
  readonly baseline?: string;
  readonly waivers?: string;
  readonly rulesDirs: readonly string[];
  readonly outputs: readonly Output[];
}
/** What one layer says; an absent setting says nothing. */
export type Said = { readonly [K in keyof Settings]?: Settings[K] | undefined };
const defaultSettings: Settings = {
  failOn: 'high',
  failOnControls: [],
  failOnNew: false,
  maxUnknown: 0,
  allowCritical: false,
  exitZero: false,
  frameworks: [],
  timeoutMs: 10_000,
  deadlineMs: 900_000,
  concurrency: 32,
  perHost: 4,
  delayMs: 0,
  ca: [],
  system: false,
  mozilla: true,
  rulesDirs: [],
  outputs: [],
};
export type SettingSource = 'flag' | 'env' | 'policy' | 'config' | 'default';

/** Setting ← flag (its variable is ENCAUDIT_ and the flag in capitals). */
const flags = {
  failOn: 'fail-on',
  minScore: 'min-score',
  failOnControls: 'fail-on-control',
  failOnNew: 'fail-on-new',
  maxUnknown: 'max-unknown',
  allowCritical: 'allow-critical',
  exitZero: 'exit-zero',
  frameworks: 'framework',
  timeoutMs: 'timeout',
  deadlineMs: 'deadline',
  concurrency: 'concurrency',
  perHost: 'per-host',
  delayMs: 'delay',
  ca: 'ca',
  baseline: 'baseline',
  waivers: 'waivers',
  rulesDirs: 'rules',
  outputs: 'format',
} as const;
type Flagged = keyof typeof flags;
const { failOnNew, allowCritical, ...texts } = settingFields;
const paths = z.array(z.string().min(1));
const Given = z
  .strictObject({ ...texts, ...limitFields, failOnNew, allowCritical, exitZero: z.boolean(), ca: paths, rulesDirs: paths, outputs: paths })
  .partial();
const numbers: ReadonlySet<Flagged> = new Set<Flagged>(['minScore', 'maxUnknown', 'timeoutMs', 'deadlineMs', 'concurrency', 'perHost', 'delayMs']);
const booleans: ReadonlySet<Flagged> = new Set<Flagged>(['failOnNew', 'allowCritical', 'exitZero']);
const lists: ReadonlySet<Flagged> = new Set<Flagged>(['failOnControls', 'frameworks', 'ca', 'rulesDirs', 'outputs']);
const names = Object.keys(flags).filter((key): key is Flagged => key in flags);
/** Lists of ids may be written with commas; a path may hold one. */
const ids: ReadonlySet<Flagged> = new Set<Flagged>(['failOnControls', 'frameworks']);
const camel = (flag: string): string => flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
const envName = (flag: string): string => `ENCAUDIT_${flag.toUpperCase().replaceAll('-', '_')}`;

/** Settings out of commander's options (keys in camel case, texts or lists of texts) or out of the environment. Throws FileError that names flag or variable. */
export function settingsFromFlags(options: Readonly<Record<string, unknown>>, cwd: string): Said {
  return given(
    (flag) => options[camel(flag)],
    (flag) => `--${flag}`,
    cwd,
  );
}
export function settingsFromEnv(env: Env, cwd: string): Said {
  return given((flag) => env[envName(flag)] || undefined, envName, cwd);
}
function given(valueOf: (flag: string) => unknown, nameOf: (flag: string) => string, cwd: string): Said {
  const raw = Object.fromEntries(names.map((key) => [key, shaped(key, valueOf(flags[key]))] as const).filter(([, value]) => value !== undefined));
  const { data, error } = Given.safeParse(raw);
  if (!data) {
    const complaints = (error?.issues ?? []).map((issue) => {
      const key = names.find((name) => name === issue.path[0]);
      const value = key === undefined ? undefined : raw[key];
      return `${key === undefined ? '' : nameOf(flags[key])}: ${complaint(issue, typeof value === 'string' || typeof value === 'number' ? String(value) : undefined)}`;
    });
    throw new FileError(complaints.join('\n'));
  }
  const { failOnControls, outputs, ca, rulesDirs, baseline, waivers, ...rest } = data;
  const at = (path: string): string => resolve(cwd, path);
  return {
    ...rest,
    ...(failOnControls && { failOnControls: failOnControls.map(controlRef) }),
    ...(outputs && { outputs: outputs.map(output) }),
    ...(ca && { ca: ca.map(at) }),
    ...(rulesDirs && { rulesDirs: rulesDirs.map(at) }),
    ...(baseline !== undefined && { baseline: at(baseline) }),
    ...(waivers !== undefined && { waivers: at(waivers) }),
  };
}
/** In our words; a value is quoted only where the flag or variable was one word. */
function complaint(issue: z.core.$ZodIssue, value: string | undefined): string {
  const given = value === undefined ? 'it' : `"${value}"`;
  if (issue.code === 'invalid_type') return `${given} is no ${issue.expected === 'int' ? 'whole number' : issue.expected}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String);
    return `${given} is none of ${words.join(', ')}${value === undefined ? '' : closest(value, words)}`;
  }
  return issue.message;
}
function shaped(key: Flagged, value: unknown): unknown {
  if (lists.has(key)) {
    const all: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
    return all.length === 0 ? undefined : all.flatMap((one) => (typeof one === 'string' && ids.has(key) ? one.split(',').map((part) => part.trim()) : [one]));
  }
  if (typeof value !== 'string') return value;
  if (numbers.has(key)) return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (booleans.has(key)) return /^(1|true|yes)$/i.test(value) ? true : /^(0|false|no)$/i.test(value) ? false : value;
  return value;
}
function output(text: string): Output {
  const equals = text.indexOf('=');
  return equals < 0 ? { format: text } : { format: text.slice(0, equals), path: text.slice(equals + 1) };
}
/** `pci-dss-4.0.1:4.2.1`; the schema has seen to its form. */
export const controlRef = (text: string): ControlRef => ({ framework: text.slice(0, text.indexOf(':')), id: text.slice(text.indexOf(':') + 1) });

export interface Layers {
  readonly flag: Said;
  readonly env: Said;
  readonly policy?: Said;
  readonly config: Said;
}
export interface Resolved {
  readonly settings: Settings;
  readonly sources: Readonly<Partial<Record<keyof Settings, SettingSource>>>;
  readonly ignored: readonly string[]; // what the configuration said and a policy does not let it say
}
/**
 * Flag, then variable, then policy, then configuration, then default; a list is taken whole from the nearest that has one.
 * With a policy the configuration has no word in any of these: what the policy does not say is the default, or a pull request could loosen it.
 */
export function resolveSettings({ flag, env, policy, config }: Layers): Resolved {
  const layers = [
    ['default', defaultSettings],
    ...(policy ? [['policy', policy] as const] : [['config', config] as const]),
    ['env', env],
    ['flag', flag],
  ] as const;
  const sources: Partial<Record<string, SettingSource>> = {};
  for (const [source, values] of layers) for (const key of saidKeys(values)) sources[key] = source;
  const settings: Settings = Object.assign(
    {},
    ...layers.map(([, values]) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))),
  );
  return { settings, sources, ignored: policy ? saidKeys(config).toSorted() : [] };
}
const saidKeys = (said: Said): readonly string[] =>
  Object.entries(said)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key);
