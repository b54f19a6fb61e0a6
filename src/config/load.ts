import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Severity } from '../model/rule.ts';
import type { FileSpot, Target } from '../model/target.ts';
import { FileError } from '../util/file-error.ts';
import { closest } from '../util/suggest.ts';
import { readYaml, type Complaint, type Path, type YamlFile } from '../util/yaml-file.ts';
import { awsId } from '../observe/targets/aws.ts';
import { TargetError } from '../observe/targets/error.ts';
import { parseTarget } from '../observe/targets/parse.ts';
import type { Env } from './ci.ts';
import { declare, over } from './details.ts';
import { readTextFile } from './read-file.ts';
import { ConfigFile, type Details, type TargetObject } from './schema.ts';
import { controlRef, type Said } from './settings.ts';

/** A target of a file: `said` is what target and group say, without the defaults. */
export interface Entry {
  readonly target: Target;
  readonly said: Details;
}
export interface RuleSetting {
  readonly rule: string;
  readonly to: Severity | 'off';
  readonly reason: string;
  readonly owner: string;
  readonly at: FileSpot;
}
/** A configuration or policy file, read. Paths are absolute (relative ones start at the file's folder), but those of outputs, which belong to the working directory. */
export interface LoadedConfig {
  readonly file?: string; // as it is shown; none: no file was found
  readonly entries: readonly Entry[];
  readonly namesTargets: boolean;
  readonly defaults: Details;
  readonly targets: readonly Target[]; // the entries with the defaults of this file
  readonly says: Said;
  readonly overrides: readonly RuleSetting[];
  readonly frameworksAt: readonly FileSpot[];
}
export const noConfig: LoadedConfig = { entries: [], namesTargets: false, defaults: {}, targets: [], says: {}, overrides: [], frameworksAt: [] };

const places = ['encaudit.yaml', 'encaudit.yml', '.encaudit/config.yaml'];
/** --config, then ENCAUDIT_CONFIG, then the first of the usual places from `cwd` up to the git root. Two of them in one folder: FileError. */
export function findConfig(cwd: string, env: Env = {}, given?: string): string | undefined {
  const named = given ?? (env['ENCAUDIT_CONFIG'] || undefined);
  if (named !== undefined) return resolve(cwd, named);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = places.map((place) => join(folder, place)).filter((file) => existsSync(file));
    if (found.length > 1) throw new FileError(`${found[0]}: there is ${found.slice(1).join(' and ')} too; keep one`);
    if (found[0] !== undefined) return found[0];
    if (existsSync(join(folder, '.git')) || dirname(folder) === folder) return undefined;
  }
}
/** Throws FileError: missing, unreadable, too large, binary, no YAML, not of the schema, duplicate targets. */
export const loadConfig = (file: string, name = file): LoadedConfig => parseConfig(name, readTextFile(file, undefined, name), dirname(file));

/** The same from text; `folder` is where relative paths start. */
export function parseConfig(name: string, text: string, folder: string): LoadedConfig {
  const yaml = readYaml(name, text, ConfigFile.nullable());
  const file = yaml.data ?? {};
  const spot = (path: Path, of?: 'key'): FileSpot => ({ file: name, ...yaml.spotOf(path, of) });
  const entries = entriesOf(yaml, file, spot);
  const { targets: _targets, defaults = {}, groups: _groups, rules = {}, limits, trust, rulesDir, baseline, waivers, failOnControls, ...plain } = file;
  const at = (path: string): string => resolve(folder, path);
  const many = (paths: string | readonly string[]): readonly string[] => (typeof paths === 'string' ? [at(paths)] : paths.map(at));
  return {
    file: name,
    entries,
    namesTargets: file.targets !== undefined || file.groups !== undefined,
    defaults,
    targets: entries.map(({ target, said }) => declare(target, over(said, defaults))),
    says: {
      ...plain,
      ...limits,
      ...(failOnControls && { failOnControls: failOnControls.map(controlRef) }),
      ...(trust?.ca !== undefined && { ca: many(trust.ca) }),
      ...(trust?.system !== undefined && { system: trust.system }),
      ...(trust?.mozilla !== undefined && { mozilla: trust.mozilla }),
      ...(baseline !== undefined && { baseline: at(baseline) }),
      ...(waivers !== undefined && { waivers: at(waivers) }),
      ...(rulesDir !== undefined && { rulesDirs: many(rulesDir) }),
    },
    overrides: Object.entries(rules).map(([rule, { severity, reason, owner }]) => ({ rule, to: severity, reason, owner, at: spot(['rules', rule], 'key') })),
    frameworksAt: (file.frameworks ?? []).map((_, index) => spot(['frameworks', index])),
  };
}
function entriesOf(yaml: YamlFile<unknown>, file: ConfigFile, spot: (path: Path) => FileSpot): readonly Entry[] {
  const complaints: Complaint[] = [];
  const byId = new Map<string, FileSpot>();
  const read = (list: readonly (string | TargetObject)[], path: Path, group: Details): readonly Entry[] =>
    list.flatMap((item, index): readonly Entry[] => {
      const here = [...path, index];
      try {
        const object = typeof item === 'string' ? { target: item } : item;
        const target = { ...targetOf(object), declaredAt: spot(here) };
        const first = byId.get(target.id);
        if (first) {
          complaints.push({ path: here, what: `${target.label} is declared at ${first.file}:${first.line}:${first.column} already (${target.id})` });
          return [];
        }
        byId.set(target.id, target.declaredAt);
        return [{ target, said: over(saidOf(object), group) }];
      } catch (error) {
        if (!(error instanceof TargetError)) throw error;
        complaints.push({ path: typeof item === 'string' ? here : [...here, 'host' in item ? 'host' : 'target'], what: error.message });
        return [];
      }
    });
  const entries = [
    ...read(file.targets ?? [], ['targets'], {}),
    ...Object.entries(file.groups ?? {}).flatMap(([name, { targets, ...said }]) => read(targets, ['groups', name, 'targets'], said)),
  ];
  if (complaints.length > 0) yaml.refuse(complaints);
  return entries;
}
function saidOf({
  target: _t,
  host: _h,
  port: _p,
  protocol: _o,
  servername: _s,
  ip: _i,
  httpPort: _q,
  profile: _f,
  include: _n,
  exclude: _x,
  ...said
}: TargetObject): Details {
  return said;
}
function targetOf({ target, host, port, protocol, servername, ip, httpPort, profile, include, exclude, ...said }: TargetObject): Target {
  if ((target === undefined) === (host === undefined)) throw new TargetError('needs either target or host');
  if (target !== undefined && port !== undefined) throw new TargetError('port goes with host; write the port into the target', target);
  if (host?.includes('://')) throw new TargetError('a scheme belongs into target, or name a protocol', host);
  const text = target ?? `${host?.includes(':') && !host.startsWith('[') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
  const named = protocol === undefined || text.includes('://');
  const parsed = parseTarget(named ? text : `${protocol}://${text}`);
  if (parsed.is === 'aws') {
    const strange = Object.entries({ protocol, servername, ip, httpPort, mtls: said.mtls, minTls: said.minTls, certDays: said.certDays }).find(
      ([, value]) => value !== undefined,
    );
    if (strange) throw new TargetError(`${strange[0]} is for endpoints`, text);
    const filters = { ...(include && { include }), ...(exclude && { exclude }) };
    if (parsed.id.startsWith('arn:') && (include ?? exclude))
      throw new TargetError('include and exclude are for whole services, this names one resource', text);
    return { ...parsed, ...filters, ...(profile !== undefined && { profile, ...(!parsed.id.startsWith('arn:') && { id: awsId(profile, parsed) }) }) };
  }
  const awsOnly = Object.entries({ profile, minTier: said.minTier, include, exclude }).find(([, value]) => value !== undefined);
  if (awsOnly) throw new TargetError(`${awsOnly[0]} is for AWS targets`, text);
  if (protocol !== undefined && protocol !== parsed.protocol) throw new TargetError(`its scheme and the protocol ${protocol} differ`, text);
  if (httpPort !== undefined && parsed.protocol !== 'https' && parsed.protocol !== 'tls') throw new TargetError('httpPort is for HTTPS', text);
  return {
    ...parsed,
    ...(servername !== undefined && { servername: servername.toLowerCase().replace(/\.$/, '') }),
    ...(ip !== undefined && { ip }),
    ...(httpPort !== undefined && { httpPort }),
  };
}

export interface Known {
  readonly rules: Iterable<string>;
  readonly frameworks: Iterable<string>;
}
/** Rule and framework ids that nobody knows: FileError with their places. Asked once the rules are loaded, for the file says where those are. */
export function checkNames({ overrides, says, frameworksAt }: LoadedConfig, known: Known): void {
  const rules = new Set(known.rules);
  const frameworks = new Set(known.frameworks);
  const at = (spot: FileSpot | undefined, what: string): string => `${spot?.file}:${spot?.line}:${spot?.column}: ${what}`;
  const wrong = [
    ...overrides.filter(({ rule }) => !rules.has(rule)).map(({ rule, at: spot }) => at(spot, `unknown rule ${rule}${closest(rule, rules)}`)),
    ...(says.frameworks ?? []).flatMap((id, index) =>
      frameworks.has(id) ? [] : [at(frameworksAt[index], `unknown framework ${id}${closest(id, frameworks)}`)],
    ),
  ];
  if (wrong.length > 0) throw new FileError(wrong.join('\n'));
}
