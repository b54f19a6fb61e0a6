import type { TlsVersion } from '../../../facts/tls.ts';
import { isSet, type Engine, type Member, type Parameters, type Unknown } from './rds-tls.ts';
import { atLeast, compare, isRelease, versionOf, type Version } from './rds-version.ts';

export type Oldest = { readonly is: 'known'; readonly version: TlsVersion } | Unknown;
const known = (version: TlsVersion): Oldest => ({ is: 'known', version });
const unsupported = (detail: string): Oldest => ({ is: 'gap', code: 'unsupported', detail });
const byName: ReadonlyMap<string, TlsVersion> = new Map<string, TlsVersion>([
  ['tlsv1', 'TLSv1'],
  ['tlsv1.0', 'TLSv1'],
  ['tlsv1.1', 'TLSv1.1'],
  ['tlsv1.2', 'TLSv1.2'],
  ['tlsv1.3', 'TLSv1.3'],
]);
const oldestFirst: readonly TlsVersion[] = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const oldestOf = (versions: readonly TlsVersion[]): TlsVersion | undefined => oldestFirst.find((version) => versions.includes(version));

interface Row {
  readonly engine: RegExp;
  readonly parameters: readonly string[];
  readonly oldest: (version: Version, parameters: Parameters, engine: string) => Oldest;
}
const rows: readonly Row[] = [
  { engine: /^(aurora-)?postgres(ql)?$/, parameters: ['ssl_min_protocol_version'], oldest: postgres },
  { engine: /^(mysql|mariadb|aurora|aurora-mysql)$/, parameters: ['tls_version'], oldest: mysqlLike },
  { engine: /^sqlserver-/, parameters: ['rds.tls10', 'rds.tls11'], oldest: sqlServer },
  { engine: /^docdb$/, parameters: ['tls'], oldest: docdb },
  { engine: /^neptune$/, parameters: [], oldest: neptune },
];
/** The parameters that say which versions of TLS an engine takes. */
export const versionParameters = (engine: string): readonly string[] => rows.find((row) => row.engine.test(engine))?.parameters ?? [];

/** The oldest version of TLS that the configuration accepts; what is neither set nor documented is a gap. */
export function oldestTls({ engine, version }: Engine, parameters: Parameters): Oldest {
  const row = rows.find((one) => one.engine.test(engine));
  const numbers = versionOf(version);
  if (!row) return unsupported('the TLS versions of this engine are not resolved yet');
  if (!numbers) return { is: 'gap', code: 'malformed', detail: 'no engine version' };
  return row.oldest(numbers, parameters, engine);
}

/** PostgreSQL documentation, ssl_min_protocol_version: TLSv1.2 unless set, from 13 on; TLSv1 in 12, which has it first. It holds where RDS leaves it to the engine. */
function postgres(version: Version, parameters: Parameters): Oldest {
  const parameter = parameters.get('ssl_min_protocol_version');
  if (parameter?.value !== undefined && parameter.value !== '') return named(parameter.value);
  if (parameter?.source === 'engine-default' && atLeast(version, 12)) return known(atLeast(version, 13) ? 'TLSv1.2' : 'TLSv1');
  return unsupported('ssl_min_protocol_version is not set, and its default on RDS is not documented');
}
function named(value: string): Oldest {
  const version = byName.get(value.trim().toLowerCase());
  return version ? known(version) : unsupported('a TLS version that is not known');
}
/** A list of versions. Defaults: RDS User Guide "SSL/TLS support" for MySQL (8.0, 8.4) and MariaDB (from 10.11: nothing below TLS 1.2; 5.7: TLS 1.0 to 1.2). */
function mysqlLike(version: Version, parameters: Parameters, engine: string): Oldest {
  const value = parameters.get('tls_version')?.value;
  if (value !== undefined && value.trim() !== '') {
    const versions = value.split(',').map((one) => byName.get(one.trim().toLowerCase()));
    const oldest = oldestOf(versions.flatMap((one) => one ?? []));
    return oldest && !versions.includes(undefined) ? known(oldest) : unsupported('a value of tls_version that is not known');
  }
  if (engine === 'mysql' && (isRelease(version, 8, 0) || isRelease(version, 8, 4))) return known('TLSv1.2');
  if (engine === 'mysql' && isRelease(version, 5, 7)) return known('TLSv1');
  if (engine === 'mariadb' && ['10.11', '11.4', '11.8', '12.3'].some((release) => isRelease(version, ...release.split('.').map(Number))))
    return known('TLSv1.2');
  return unsupported('tls_version is not set, and which versions this release takes is not documented');
}
/** RDS User Guide "Configuring SQL Server security protocols and ciphers": disabled by default after these builds, enabled up to them. */
const lastWithOldTls: readonly Version[] = [
  [16, 0, 4120, 1],
  [15, 0, 4365, 2],
  [14, 0, 3465, 1],
  [13, 0, 6435, 1],
  [12, 0, 6449, 1],
];
function sqlServer(version: Version, parameters: Parameters): Oldest {
  const last = lastWithOldTls.find(([major]) => major === version[0]);
  const byDefault = last && compare(version, last) <= 0;
  const isOn = (name: string): boolean | undefined => {
    const value = parameters.get(name)?.value?.trim().toLowerCase() ?? 'default';
    return value === 'enabled' ? true : value === 'disabled' ? false : value === 'default' ? byDefault : undefined;
  };
  const [tls10, tls11] = [isOn('rds.tls10'), isOn('rds.tls11')];
  if (tls10 === true) return known('TLSv1');
  if (tls10 === undefined || tls11 === undefined) return unsupported('rds.tls10 or rds.tls11 is not set, and its default in this build is not documented');
  return known(tls11 ? 'TLSv1.1' : 'TLSv1.2');
}
/** DocumentDB API reference, Parameter. What FIPS 140-3 demands is not said there. */
function docdb(_version: Version, parameters: Parameters): Oldest {
  const value = parameters.get('tls')?.value?.trim().toLowerCase() ?? 'enabled';
  if (value === 'enabled') return known('TLSv1');
  if (value === 'tls1.2+') return known('TLSv1.2');
  if (value === 'tls1.3+') return known('TLSv1.3');
  return unsupported(value === 'disabled' ? 'TLS is disabled' : 'a value of tls whose oldest version is not documented');
}
/** Neptune User Guide, security-ssl. */
function neptune(version: Version): Oldest {
  return atLeast(version, 1, 0, 4) ? known('TLSv1.2') : unsupported('the TLS versions of Neptune before 1.0.4.0 are not documented');
}

/** What is in force: while a group waits for a reboot or is being applied, nobody can tell. Versions that the engine alone decides hold at once. */
export function oldestInForce(oldest: Oldest, status: string | undefined, engine: string): Oldest {
  if (oldest.is === 'gap' || status === 'in-sync' || engine === 'neptune') return oldest;
  return { is: 'gap', code: 'unprovable', detail: 'the parameter group is not in sync with what runs' };
}
/** The oldest version that any member takes. */
export function clusterOldest(engine: Engine, parameters: Parameters, members: readonly Member[]): Oldest {
  const shared = oldestTls(engine, parameters);
  const each = members.map(({ status, own }) => {
    if (own?.is === 'gap') return own;
    const overridden = own && versionParameters(engine.engine).some((name) => isSet(own.parameters.get(name)));
    return overridden ? oldestInForce(oldestTls(engine, own.parameters), own.status, engine.engine) : oldestInForce(shared, status, engine.engine);
  });
  const versions = each.flatMap((one) => (one.is === 'known' ? [one.version] : []));
  const unknown = each.find((one) => one.is === 'gap');
  const oldest = oldestOf(versions);
  if (unknown && !(oldest && oldestFirst.indexOf(oldest) < oldestFirst.indexOf('TLSv1.2'))) return unknown;
  return oldest ? known(oldest) : oldestInForce(shared, undefined, engine.engine);
}
