import { version } from './cli/version.ts';
import { undeclared, type Declared } from './facts/declared.ts';
import { builtInCatalogue } from './judge/catalogue.ts';
import { judgeScan as judgeWhole } from './judge/judgement.ts';
import { applyOverrides, type RuleChange } from './judge/overrides.ts';
import { builtInRules, rulesetOf } from './judge/rules/built-in.ts';
import { loadUserRules, type LoadedRule } from './judge/rules/load.ts';
import type { Baseline, GateSettings, WaiverEntry } from './model/gate.ts';
import type { Observation, Population } from './model/observation.ts';
import type { Recorded } from './model/recorded.ts';
import type { RenderOptions } from './model/reporter.ts';
import type { ScanResult, TrustSource } from './model/result.ts';
import type { Limits } from './model/source.ts';
import type { Target } from './model/target.ts';
import type { TrustSettings } from './observe/endpoint/roots.ts';
import { parseTarget } from './observe/targets/parse.ts';
import { rejudge } from './rejudge.ts';
import { reporters, type Format } from './report/index.ts';
import { scan as scanWhole, type JudgeSettings } from './scan.ts';

/** How to judge; what is left out is what `encaudit scan` does without flags and files. */
export interface JudgeOptions {
  readonly rules?: readonly LoadedRule[]; // of rules()
  readonly changes?: readonly RuleChange[];
  readonly frameworks?: readonly string[]; // ids: pci-dss-4.0.1, hipaa-security-rule
  readonly waivers?: readonly WaiverEntry[];
  readonly baseline?: Baseline;
  readonly gate?: Partial<GateSettings>;
}
/** What to look at, and how hard. Nothing of a working directory or an environment is read, but AWS credentials as the SDK finds them. */
export interface ScanOptions extends JudgeOptions {
  readonly targets: readonly (string | Target)[]; // texts as on the command line
  readonly declared?: Declared; // of targets that are texts
  readonly trust?: Partial<TrustSettings>;
  readonly limits?: Partial<Limits>;
  readonly timeoutMs?: number; // one connection or call; 10,000
  readonly deadlineMs?: number; // the whole scan; none
  readonly signal?: AbortSignal; // stops the scan; there is a result all the same
  readonly now?: () => Date;
  readonly judgedAt?: string; // RFC 3339, UTC; without it, the end of the scan
  readonly record?: (record: Recorded) => void; // hears of everything as it comes; must not throw
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

/** The rules of this package, then those of your folders. Throws FileError: no such folder, not a rule, an id or a family that is taken or unknown. */
export function rules(...folders: readonly string[]): readonly LoadedRule[] {
  const builtIn = builtInRules();
  return [...builtIn, ...loadUserRules(folders, builtIn, Object.keys(builtInCatalogue().families))];
}

function settings({ rules: loaded = rules(), changes = [], frameworks = [], waivers = [], baseline, gate = {} }: JudgeOptions): JudgeSettings {
  return {
    ...applyOverrides(loaded, changes),
    catalogue: builtInCatalogue(),
    frameworks,
    waivers,
    ...(baseline && { baseline }),
    gate: { failOn: 'high', failOnControls: [], failOnNew: false, maxUnknown: 0, allowCritical: false, exitZero: false, ...gate },
    policySource: 'defaults',
    tool: { name: 'encaudit', version, node: process.versions.node, openssl: process.versions.openssl },
    ruleset: rulesetOf(loaded),
  };
}

/** Looks at targets and judges what it saw. Throws TargetError for a text that is no target and FileError for roots that cannot be read; never for what the world does. */
export function scan(options: ScanOptions): Promise<ScanResult> {
  const { targets, declared = {}, trust, limits, timeoutMs = 10_000, ...rest } = options;
  const { rules: _r, changes: _c, frameworks: _f, waivers: _w, baseline: _b, gate: _g, ...how } = rest;
  return scanWhole({
    ...how,
    targets: targets.map((target) => (typeof target === 'string' ? { ...parseTarget(target), declared: { ...undeclared, ...declared } } : target)),
    judge: settings(options),
    trust: { ca: [], system: false, ...trust },
    limits: { concurrency: 32, perHost: 4, delayMs: 0, ...limits },
    timeoutMs,
  });
}

/** Observations of your own, or a selection of saved ones. Those from outside go through `checked` first: a fact that the schema refuses becomes a gap. */
export interface Observed {
  readonly observations: readonly Observation[];
  readonly populations?: readonly Population[];
  readonly targets?: readonly Target[];
  readonly trust?: readonly TrustSource[];
  readonly observedFrom: string; // RFC 3339, UTC, as are the others
  readonly observedTo: string;
}
/** Judges observations; no packet, no clock: `judgedAt` is the end of the observation unless it is given. */
export const judgeObservations = (observed: Observed, options: JudgeOptions & { readonly judgedAt?: string } = {}): ScanResult =>
  judgeWhole({
    ...settings(options),
    callers: [],
    populations: [],
    targets: [],
    trust: [],
    ...observed,
    judgedAt: options.judgedAt ?? observed.observedTo,
  });

/** Judges a file that `scan --save-observations` or `observationLines` wrote: no packet, no call. Throws FileError with file and line. */
export const judgeFile = (file: string, options: JudgeOptions & { readonly judgedAt?: string } = {}): ScanResult =>
  rejudge(file, { judge: settings(options), judgedAt: options.judgedAt ?? new Date().toISOString() });

/** A report, piece by piece: it may be longer than a string can be. */
export async function* render(result: ScanResult, format: Format, options: Partial<RenderOptions> = {}): AsyncGenerator<string, void> {
  yield* (await reporters[format]()).render(result, { color: false, width: 100, ...options });
}
