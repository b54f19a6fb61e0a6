import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { Baseline, WaiverEntry } from '../model/gate.ts';
import type { RuleChange } from '../judge/overrides.ts';
import type { ScanOptions } from '../scan.ts';
import type { Target } from '../model/target.ts';
import { closest } from '../util/suggest.ts';
import type { Wanted } from './formats.ts';
import { wanted } from './formats.ts';
import { instant } from './instant.ts';
import { knowledge, type Knowledge } from './knowledge.ts';
import { readStdin } from './read-stdin.ts';
import { UsageError, type Runtime } from './runtime.ts';
import { version } from './version.ts';

/** Commander's options: texts, lists of texts, true. */
export interface ScanFlags {
  readonly [flag: string]: unknown;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly ip?: string;
  readonly servername?: string;
  readonly saveObservations?: string;
  readonly observations?: string;
  readonly now?: string;
}
export interface Plan {
  /** A file of saved observations: it is judged, and nothing is looked at. */
  readonly saved?: string;
  readonly saveTo?: string;
  readonly options: Omit<ScanOptions, 'signal' | 'now' | 'onProgress'>;
  readonly outputs: readonly Wanted[];
  readonly notes: readonly string[]; // for stderr
}

/** Everything that is decided before the first packet. Throws FileError, TargetError and UsageError. */
export async function plan(words: readonly string[], flags: ScanFlags, runtime: Runtime): Promise<Plan> {
  const { configure, chooseTargets } = await import('../config/configure.ts');
  const { checkNames } = await import('../config/load.ts');
  const configuration = configure({ cwd: runtime.cwd, env: runtime.env, flags });
  const { settings, config, policy } = configuration;
  const known = await knowledge(settings.rulesDirs);
  const ids = known.rules.map(({ file }) => file.id);
  for (const file of [config, ...(policy ? [policy] : [])]) checkNames(file, { rules: ids, frameworks: known.catalogue.frameworks.map(({ id }) => id) });

  const { saved, saveTo, judgedAt } = whenAndWhence(words, flags, runtime);
  const named = saved === undefined ? await namedTargets(words, runtime) : { targets: [], notes: [] };
  const chosen = saved === undefined ? chooseTargets(named.targets, configuration) : { targets: [], notes: [] };
  if (saved === undefined && chosen.targets.length === 0)
    throw new UsageError('no target: name one (encaudit scan example.com), let `encaudit init` write an encaudit.yaml, or try `encaudit demo`');
  const targets = pointed(chosen.targets, flags);

  const { applyOverrides } = await import('../judge/overrides.ts');
  const { rulesetOf } = await import('../judge/rules/built-in.ts');
  const changes = [...configuration.overrides.map(({ rule, to, reason, owner }) => ({ id: rule, set: to, reason, owner })), ...unchosen(ids, flags)];
  const overridden = applyOverrides(known.rules, lastOfEach(changes));
  const frameworks = settings.frameworks.map((name) => frameworkOf(name, known));
  const { minScore, failOnControls, failOn, failOnNew, maxUnknown, allowCritical, exitZero } = settings;
  const baseline = await baselineOf(settings.baseline);
  if (failOnNew && baseline === undefined)
    throw new UsageError('--fail-on-new compares with a baseline: give --baseline FILE (encaudit baseline create makes one)');
  const waivers = await waiversOf(settings.waivers, configuration, known, overridden.rules, runtime);
  const source = configuration.policySource === 'defaults' && (waivers.implied || settings.rulesDirs.length > 0) ? 'checkout' : configuration.policySource;
  return {
    ...(saved !== undefined && { saved }),
    ...(saveTo !== undefined && { saveTo }),
    options: {
      targets,
      ...(judgedAt !== undefined && { judgedAt }),
      trust: { ca: settings.ca, system: settings.system, mozilla: settings.mozilla },
      limits: { concurrency: settings.concurrency, perHost: settings.perHost, delayMs: settings.delayMs },
      timeoutMs: settings.timeoutMs,
      deadlineMs: settings.deadlineMs,
      judge: {
        ...overridden,
        catalogue: known.catalogue,
        frameworks,
        waivers: waivers.entries,
        ...(baseline && { baseline }),
        gate: {
          failOn,
          ...(minScore !== undefined && { minScore }),
          failOnControls: failOnControls.map(({ framework, id }) => controlOf(framework, id, known)),
          failOnNew,
          maxUnknown,
          allowCritical,
          exitZero,
        },
        policySource: source,
        tool: { name: 'encaudit', version, node: process.versions.node, openssl: process.versions.openssl },
        ruleset: rulesetOf(known.rules),
        ...(configuration.ci && { ci: configuration.ci }),
      },
    },
    outputs: settings.outputs.map(wanted),
    notes: [...configuration.notes, ...named.notes, ...chosen.notes],
  };
}

/** Saved observations have their targets in them, and nothing is asked of anybody: what speaks of targets or connections contradicts them. */
function whenAndWhence(
  words: readonly string[],
  flags: ScanFlags,
  { env }: Runtime,
): { readonly saved?: string | undefined; readonly saveTo?: string | undefined; readonly judgedAt?: string | undefined } {
  const saved = flags.observations ?? (env['ENCAUDIT_OBSERVATIONS'] || undefined);
  const saveTo = flags.saveObservations ?? (env['ENCAUDIT_SAVE_OBSERVATIONS'] || undefined);
  const now = flags.now ?? (env['ENCAUDIT_NOW'] || undefined);
  if (saved !== undefined) {
    if (words.length > 0)
      throw new UsageError(`--observations judges what ${saved} holds; leave out the target${words.length > 1 ? 's' : ''}, or leave out --observations`);
    const [idle] = (['ip', 'servername', 'ca', 'saveObservations'] as const).filter((flag) => flags[flag] !== undefined);
    if (idle !== undefined)
      throw new UsageError(`--${idle === 'saveObservations' ? 'save-observations' : idle} belongs to a scan; --observations judges an earlier one`);
  }
  return { saved, saveTo, ...(now !== undefined && { judgedAt: instant(now, '--now') }) };
}

export async function namedTargets(
  words: readonly string[],
  runtime: Runtime,
): Promise<{ readonly targets: readonly Target[]; readonly notes: readonly string[] }> {
  const { expandTargets } = await import('../observe/targets/list.ts');
  const { readTextFile } = await import('../config/read-file.ts');
  const stdin = words.includes('-') ? (await readStdin(runtime, maxList)).toString('utf8') : undefined;
  return expandTargets(words, { readFile: (file) => readTextFile(file, maxList), ...(stdin !== undefined && { stdin }) });
}
const maxList = 16 * 1024 * 1024;

/** Reports name files as seen from the working directory: no machine's paths, unless they lie elsewhere. */
export const shownAs = (cwd: string, path: string): string => (path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path);

/** `--ip` and `--servername` speak of one endpoint. */
function pointed(targets: readonly Target[], { ip, servername }: ScanFlags): readonly Target[] {
  if (ip === undefined && servername === undefined) return targets;
  const flag = ip === undefined ? '--servername' : '--ip';
  const [only] = targets;
  if (targets.length !== 1 || only === undefined)
    throw new UsageError(`${flag} speaks of one target, and there are ${targets.length}; write ip and servername beside each target in encaudit.yaml`);
  if (only.is !== 'endpoint') throw new UsageError(`${flag} speaks of an endpoint, and ${only.label} is none`);
  if (ip !== undefined && isIP(ip) === 0) throw new UsageError(`--ip: "${ip}" is no IP address`);
  return [{ ...only, ...(ip !== undefined && { ip }), ...(servername !== undefined && { servername }) }];
}

/** What --only and --skip leave out is switched off like any other rule: a scan of fewer rules must not look like a better one. */
function unchosen(ids: readonly string[], { only = [], skip = [] }: ScanFlags): readonly RuleChange[] {
  const [wantedOnes, unwanted] = [only, skip].map((patterns) => patterns.map((pattern) => matching(pattern, ids)));
  return ids.flatMap((id) => {
    if (unwanted?.some((test) => test(id))) return [{ id, set: 'off' as const, reason: '--skip', owner: 'command line' }];
    return wantedOnes && wantedOnes.length > 0 && !wantedOnes.some((test) => test(id))
      ? [{ id, set: 'off' as const, reason: '--only', owner: 'command line' }]
      : [];
  });
}
/** Which ids a pattern means; one that means none is a mistake. */
export function matching(pattern: string, ids: readonly string[]): (id: string) => boolean {
  const expression = new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  if (!ids.some((id) => expression.test(id)))
    throw new UsageError(`no rule is called "${pattern}"${closest(pattern, ids)}; \`encaudit rules list\` names them`);
  return (id) => expression.test(id);
}
const lastOfEach = (changes: readonly RuleChange[]): readonly RuleChange[] => [...new Map(changes.map((change) => [change.id, change])).values()];

/** `pci-dss-4.0.1`, or `pci` where one framework begins so. */
export function frameworkOf(name: string, { catalogue }: Pick<Knowledge, 'catalogue'>): string {
  const ids = catalogue.frameworks.map(({ id }) => id);
  const found = ids.includes(name) ? [name] : ids.filter((id) => id.startsWith(`${name}-`));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  throw new UsageError(`unknown framework "${name}"${closest(name, ids) || `; ${ids.join(', ')} are known`}`);
}
export function controlOf(framework: string, id: string, known: Pick<Knowledge, 'catalogue'>): { readonly framework: string; readonly id: string } {
  const full = frameworkOf(framework, known);
  const ids = known.catalogue.frameworks.find((one) => one.id === full)?.controls.map((control) => control.id) ?? [];
  if (!ids.includes(id)) throw new UsageError(`${full} has no control "${id}"${closest(id, ids)}`);
  return { framework: full, id };
}

async function baselineOf(path: string | undefined): Promise<Baseline | undefined> {
  if (path === undefined) return undefined;
  const { readBaseline } = await import('../saved/baseline.ts');
  return readBaseline(path);
}
interface Files {
  readonly config: { readonly file?: string };
  readonly policy?: unknown;
}
/** Waivers named by a setting, else those that lie beside the configuration; with a policy file, the checkout's are nobody's. */
export function waiversPath(named: string | undefined, { config, policy }: Files, cwd: string): string | undefined {
  const usual = join(config.file === undefined ? cwd : dirname(resolve(cwd, config.file)).replace(/[\\/]\.encaudit$/, ''), '.encaudit', 'waivers.yaml');
  return named ?? (policy === undefined && existsSync(usual) ? usual : undefined);
}
async function waiversOf(
  named: string | undefined,
  files: Files,
  { rules: all, catalogue }: Knowledge,
  rules: Knowledge['rules'],
  { cwd }: Runtime,
): Promise<{ readonly entries: readonly WaiverEntry[]; readonly implied: boolean }> {
  const path = waiversPath(named, files, cwd);
  if (path === undefined) return { entries: [], implied: false };
  const { readTextFile } = await import('../config/read-file.ts');
  const { readWaivers } = await import('../judge/waivers.ts');
  const shown = shownAs(cwd, path);
  return {
    entries: readWaivers(
      shown,
      readTextFile(path, 4 * 1024 * 1024, shown),
      new Map([...all, ...rules].map(({ rule }) => [rule.info.id, rule.info])),
      catalogue,
    ),
    implied: named === undefined,
  };
}
