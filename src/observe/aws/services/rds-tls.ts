import type { RdsInstance } from '../../../facts/rds.ts';
import type { Gap } from '../../../model/observation.ts';
import { atLeast, isRelease, versionOf, type Version } from './rds-version.ts';

/** One parameter of a group as the API lists it; without a value the engine's own default holds. `source`: user, system or engine-default. */
export interface Parameter {
  readonly value?: string;
  readonly source?: string;
}
export type Parameters = ReadonlyMap<string, Parameter>;
export interface Engine {
  readonly engine: string;
  readonly version: string;
}
/** Why it cannot be told; with the call and its evidence, where one failed. */
export type Unknown = { readonly is: 'gap' } & Pick<Gap, 'code' | 'detail'> & Partial<Pick<Gap, 'by' | 'tries' | 'evidence'>>;
type By = NonNullable<RdsInstance['tlsEnforcedBy']>;
/** What the configuration says, whether or not it is in force. */
export type Configured = { readonly is: 'known'; readonly on: boolean; readonly by: By; readonly setting: string } | Unknown;

interface Row {
  readonly engine: RegExp;
  readonly parameter: string;
  /** What holds where the group sets nothing; undefined where the documentation does not say. */
  readonly byDefault: (version: Version) => boolean | undefined;
  /** What no parameter can change. */
  readonly always?: (version: Version) => boolean | undefined;
  readonly values?: ReadonlyMap<string, boolean>;
}
const switches: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'on', 'true', 'yes', 'required'].map((word) => [word, true] as const),
  ...['0', 'off', 'false', 'no'].map((word) => [word, false] as const),
]);
/** DocumentDB API reference, Parameter: what is not `disabled` takes sessions over TLS alone. */
const docdbValues: ReadonlyMap<string, boolean> = new Map([
  ...['enabled', 'tls1.2+', 'tls1.3+', 'fips-140-3'].map((word) => [word, true] as const),
  ['disabled', false],
]);
/**
 * Which parameter makes TLS mandatory, and its documented default by version. Sources (read 2026-11): RDS User Guide "Requiring SSL/TLS for all
 * connections" to MySQL (9.7: on; 8.4 and lower: off) and MariaDB (from 10.5; 11.4 and earlier: off; 11.8 and later: on), "Using SSL with a
 * PostgreSQL DB instance" (15 and later: on), "Updating applications … SQL Server … certificates" (off); Aurora User Guide, security of Aurora
 * PostgreSQL (17 and later: on) and Aurora MySQL (off); DocumentDB Developer Guide "Encrypting data in transit"; Neptune User Guide "security-ssl".
 */
const rows: readonly Row[] = [
  { engine: /^postgres$/, parameter: 'rds.force_ssl', byDefault: (version) => atLeast(version, 15) },
  { engine: /^aurora-postgresql$/, parameter: 'rds.force_ssl', byDefault: (version) => atLeast(version, 17) },
  {
    engine: /^mysql$/,
    parameter: 'require_secure_transport',
    byDefault: (version) => (isRelease(version, 9, 7) ? true : atLeast(version, 8, 5) ? undefined : false),
  },
  {
    engine: /^mariadb$/,
    parameter: 'require_secure_transport',
    byDefault: (version) => (atLeast(version, 11, 8) ? true : atLeast(version, 11, 5) ? undefined : false),
    always: (version) => (atLeast(version, 10, 5) ? undefined : false), // before that only single users can be held to TLS
  },
  {
    engine: /^aurora(-mysql)?$/,
    parameter: 'require_secure_transport',
    byDefault: (version) => (atLeast(version, 8, 1) ? undefined : false),
    always: (version) => (atLeast(version, 5, 7) ? undefined : false), // version 1 has no such parameter
  },
  { engine: /^sqlserver-/, parameter: 'rds.force_ssl', byDefault: () => false },
  { engine: /^docdb$/, parameter: 'tls', byDefault: () => true, values: docdbValues },
  {
    engine: /^neptune$/,
    parameter: 'neptune_enforce_ssl',
    byDefault: () => undefined, // it hangs on when the group was made
    always: (version) => (atLeast(version, 1, 0, 4) ? true : undefined),
  },
];
const rowOf = (engine: string): Row | undefined => rows.find((row) => row.engine.test(engine));
/** The parameter that decides for an engine; undefined where this version of ours cannot tell. */
export const tlsParameter = (engine: string): string | undefined => rowOf(engine)?.parameter;

/** What a parameter group, or the engine where that is silent, says about sessions without TLS. Never a guess: what is not documented is a gap. */
export function configuredTls({ engine, version }: Engine, parameters: Parameters): Configured {
  const row = rowOf(engine);
  if (!row) return { is: 'gap', code: 'unsupported', detail: `whether ${named(engine)} demands TLS is not resolved yet` };
  const numbers = versionOf(version);
  if (!numbers) return { is: 'gap', code: 'malformed', detail: 'no engine version' };
  const always = row.always?.(numbers);
  if (always !== undefined)
    return { is: 'known', on: always, by: 'engine', setting: `${engine} ${version} ${always ? 'always requires' : 'cannot require'} TLS` };
  const value = parameters.get(row.parameter)?.value;
  if (value !== undefined) {
    const on = (row.values ?? switches).get(value.trim().toLowerCase());
    if (on === undefined) return { is: 'gap', code: 'unsupported', detail: `a value of ${row.parameter} that is not known` };
    return { is: 'known', on, by: 'parameter', setting: `${row.parameter} = ${value.trim()}` };
  }
  const on = row.byDefault(numbers);
  if (on === undefined) return { is: 'gap', code: 'unsupported', detail: `${row.parameter} is not set, and its default in this version is not documented` };
  return { is: 'known', on, by: 'engine-default', setting: `${row.parameter} is not set, the default of ${engine} ${version} is ${on ? 'on' : 'off'}` };
}
/** Engine names come from the API; what does not look like one is not repeated. */
const named = (engine: string): string => (/^[a-z0-9-]{1,40}$/.test(engine) ? engine : 'this engine');

/** What is in force. Status: API reference, DBParameterGroupStatus and DBClusterMember. */
export type InForce = { readonly is: 'known'; readonly enforced: boolean; readonly on: boolean; readonly by: By; readonly setting: string } | Unknown;
export function inForce(configured: Configured, status: string | undefined): InForce {
  if (configured.is === 'gap') return configured;
  const { on, by, setting } = configured;
  if (!on || by === 'engine' || status === 'in-sync') return { is: 'known', enforced: on, on, by, setting };
  if (status === 'pending-reboot') return { is: 'known', enforced: false, on, by, setting };
  const said = status !== undefined && /^[a-z-]{1,40}$/.test(status) ? status : 'not known';
  return { is: 'gap', code: 'unprovable', detail: `${setting}, but the status of the parameter group is ${said}` };
}

/** A member of a cluster: the status of the cluster's group there, and its own group, which wins where somebody set the parameter in it. */
export interface Member {
  readonly id: string;
  readonly status: string | undefined;
  readonly own?: { readonly is: 'known'; readonly parameters: Parameters; readonly status: string | undefined } | Unknown;
}
export interface ClusterInForce {
  readonly tls: InForce;
  /** Members that take sessions without TLS, or may. */
  readonly open: readonly string[];
}
/**
 * A cluster enforces TLS where each of its instances does. Source: Aurora User Guide "DB cluster and DB instance parameters": what was edited in the
 * instance's group overrides the cluster's; defaults there do not.
 */
export function clusterInForce(engine: Engine, parameters: Parameters, members: readonly Member[]): ClusterInForce {
  const configured = configuredTls(engine, parameters);
  const name = tlsParameter(engine.engine);
  const each = members.map((member) => ({ id: member.id, tls: memberInForce(engine, configured, name, member) }));
  const open = each.flatMap(({ id, tls }) => (tls.is === 'known' && !tls.enforced ? [id] : []));
  const failing = each.find(({ tls }) => tls.is === 'known' && !tls.enforced)?.tls;
  const unknown = each.find(({ tls }) => tls.is === 'gap')?.tls;
  const [first] = each;
  return { tls: failing ?? unknown ?? first?.tls ?? inForce(configured, undefined), open };
}
function memberInForce(engine: Engine, configured: Configured, name: string | undefined, { status, own }: Member): InForce {
  if (!own || name === undefined || (configured.is === 'known' && configured.by === 'engine')) return inForce(configured, status);
  if (own.is === 'gap') return own;
  if (!isSet(own.parameters.get(name))) return inForce(configured, status);
  return inForce(configuredTls(engine, own.parameters), own.status);
}
/** Somebody gave it a value; replies without a source list only such parameters. */
export const isSet = (parameter: Parameter | undefined): boolean =>
  parameter?.value !== undefined && (parameter.source === undefined || parameter.source === 'user');
