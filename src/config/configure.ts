import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { CiRun } from '../model/result.ts';
import type { Target } from '../model/target.ts';
import { FileError } from '../util/file-error.ts';
import { detectCi, type Ci, type Env } from './ci.ts';
import { declare, over } from './details.ts';
import { findConfig, loadConfig, noConfig, type LoadedConfig, type RuleSetting } from './load.ts';
import { resolveSettings, settingsFromEnv, settingsFromFlags, type Resolved } from './settings.ts';

/** All that configures a scan, and who decided it. Notes are for stderr, a line each. */
export interface Configuration extends Resolved {
  readonly config: LoadedConfig;
  readonly policy?: LoadedConfig;
  readonly policySource: 'policy-file' | 'checkout' | 'defaults';
  readonly overrides: readonly RuleSetting[];
  readonly ci?: CiRun;
  readonly pullRequest: boolean; // or a CI run that does not tell
  readonly strict: boolean;
  readonly notes: readonly string[];
}
export interface Asked {
  readonly cwd: string;
  readonly env: Env;
  readonly flags: Readonly<Record<string, unknown>>; // commander's options: config, policy, strictPolicy and those of settings.ts
}

/**
 * Who decides. Gate settings, waivers, baseline, rules, trust anchors, limits, frameworks and outputs come from the policy file alone where there is one: what it
 * does not say is the default, whatever the checkout says. Targets: see chooseTargets. A policy inside the checkout is the checkout's own word: it is named
 * `checkout`, and under --strict-policy refused. Strict also wants to know: a CI run that does not tell whether it is of a pull request counts as one.
 * Throws FileError.
 */
export function configure({ cwd, env, flags }: Asked): Configuration {
  const ci = detectCi(env);
  const pullRequest = ci !== undefined && ci.pullRequest !== false;
  const strict = flags['strictPolicy'] === true || /^(1|true|yes)$/i.test(env['ENCAUDIT_STRICT_POLICY'] ?? '');
  const configFile = findConfig(cwd, env, word(flags['config']));
  const policyWord = word(flags['policy']) ?? (env['ENCAUDIT_POLICY'] || undefined);
  const policyFile = policyWord === undefined ? undefined : resolve(cwd, policyWord);
  const config = configFile === undefined ? noConfig : loadConfig(configFile, shown(cwd, configFile));
  const policy = policyFile === undefined ? undefined : loadConfig(policyFile, shown(cwd, policyFile));
  const inside = policyFile !== undefined && isInside(policyFile, checkouts(cwd, ci));

  if (strict && pullRequest && policy === undefined)
    throw new FileError('--strict-policy: a pull request (or a CI run that does not say) needs --policy FILE from outside the checkout');
  if (strict && pullRequest && inside)
    throw new FileError(
      `${policy?.file}: lies inside the checkout, so a pull request can change it; --strict-policy wants it outside, such as in the runner's temporary folder`,
    );
  const resolved = resolveSettings({
    flag: settingsFromFlags(flags, cwd),
    env: settingsFromEnv(env, cwd),
    ...(policy && { policy: policy.says }),
    config: config.says,
  });
  const ignored = [...resolved.ignored, ...(policy && config.overrides.length > 0 ? ['rules'] : [])];
  const usual = resolve(cwd, configFile === undefined ? '.' : dirname(configFile).replace(/[\\/]\.encaudit$/, ''), '.encaudit', 'rules');
  const ownRules = policy === undefined && resolved.sources.rulesDirs === 'default' && existsSync(usual);
  return {
    ...resolved,
    ...(ownRules && { settings: { ...resolved.settings, rulesDirs: [usual] }, sources: { ...resolved.sources, rulesDirs: 'config' as const } }),
    ignored,
    config,
    ...(policy && { policy }),
    policySource: policy && !inside ? 'policy-file' : policy || config.file !== undefined ? 'checkout' : 'defaults',
    overrides: (policy ?? config).overrides,
    ...(ci && { ci: ci.run }),
    pullRequest,
    strict,
    notes: [
      ...(pullRequest && policy === undefined && config.file !== undefined
        ? [`policySource: checkout: the gate is set by ${config.file}, which a pull request can change; give --policy FILE from outside the checkout`]
        : []),
      ...(pullRequest && inside ? [`policySource: checkout: ${policy?.file} lies inside the checkout, where a pull request can change it`] : []),
      ...(ignored.length > 0 ? [`${config.file}: ${ignored.join(', ')}: not used, for ${policy?.file} decides`] : []),
    ],
  };
}

export interface Chosen {
  readonly targets: readonly Target[];
  readonly source: 'command line' | 'policy-file' | 'checkout' | 'none';
  readonly notes: readonly string[];
}
/**
 * What is scanned. Targets of the command line come first; else those of the policy where it names any (the checkout's are not used then, so that a pull request
 * can neither shrink the scope nor aim the scanner); else those of the checkout, which --strict-policy refuses on a pull request. What is said of a target:
 * the policy's own word, then its defaults, and only where both are silent and the policy names no targets, the checkout's. Throws FileError.
 */
export function chooseTargets(named: readonly Target[], { config, policy, pullRequest, strict }: Configuration): Chosen {
  const ruled = policy?.namesTargets === true;
  if (named.length === 0 && !ruled && policy !== undefined && pullRequest && strict && config.entries.length > 0)
    throw new FileError(
      `${policy.file}: names no targets, and those of ${config.file} can be changed by a pull request; --strict-policy wants them in the policy`,
    );
  const file = ruled ? policy : config;
  const known = new Map(file.entries.map((entry) => [entry.target.id, entry]));
  const far = ruled ? policy.defaults : config.defaults;
  const floor = policy?.defaults ?? {};
  const finish = (target: Target): Target => {
    const entry = known.get(target.id);
    const said = over(entry?.said ?? {}, far);
    return declare(entry ? { ...entry.target, ...(target.declaredAt && { declaredAt: target.declaredAt }) } : target, ruled ? said : over(floor, said));
  };
  if (named.length > 0) return { targets: named.map(finish), source: 'command line', notes: [] };
  const targets = file.entries.map(({ target }) => finish(target));
  const unused = ruled && config.entries.length > 0 ? [`${config.file}: its targets are not used, for ${policy.file} names some`] : [];
  return { targets, source: targets.length === 0 ? 'none' : ruled ? 'policy-file' : 'checkout', notes: unused };
}

const word = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
/** Files are named as seen from the working directory: no machine's paths in reports, unless they lie elsewhere. */
function shown(cwd: string, file: string): string {
  const path = relative(cwd, file);
  return path === '' || path.startsWith('..') ? file : path.split(sep).join('/');
}
/** The outermost git root around `cwd` (a submodule lies in its parent's checkout), or `cwd`; and what the runner calls its workspace. */
function checkouts(cwd: string, ci: Ci | undefined): readonly string[] {
  let root = resolve(cwd);
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) root = folder;
    if (dirname(folder) === folder) break;
  }
  return [root, ...(ci?.workspace === undefined ? [] : [resolve(ci.workspace)])];
}
/** By name or through links: a link of the checkout that leads out of it is still the checkout's word. */
function isInside(file: string, roots: readonly string[]): boolean {
  const below = (path: string, root: string): boolean => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
  return roots
    .flatMap((root) => [root, real(root)])
    .some((root) => below(file, root) || below(real(file), root) || below(join(real(dirname(file)), 'x'), root));
}
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
