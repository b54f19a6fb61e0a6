/** What the small RDS knows of one region of one account. `denied`: calls that the auditor may not make, with the resource behind a space if only there. */
export interface RdsAccount {
  readonly id: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly instances: readonly DbInstance[];
  readonly clusters: readonly DbCluster[];
  readonly snapshots: readonly DbSnapshot[];
  readonly groups: readonly ParameterGroup[];
  readonly certificates: readonly Authority[];
  readonly denied: readonly string[];
}
export interface Storage {
  readonly encrypted: boolean;
  readonly type?: 'none' | 'sse-rds' | 'sse-kms';
  readonly key?: string;
}
export interface DbInstance {
  readonly name: string;
  readonly engine: string;
  readonly version: string;
  readonly status: string;
  readonly storage: Storage;
  readonly group: string;
  readonly applied: string;
  readonly cluster?: string;
  readonly open: boolean;
  readonly authority: string;
  readonly certificateTill?: string;
}
export interface DbCluster {
  readonly name: string;
  readonly engine: string;
  readonly version: string;
  readonly status: string;
  readonly storage: Storage;
  readonly group: string;
  readonly members: readonly { readonly name: string; readonly applied: string }[];
}
export interface DbSnapshot {
  readonly name: string;
  readonly of: 'instance' | 'cluster';
  readonly source: string;
  readonly engine: string;
  readonly version: string;
  readonly type: 'manual' | 'automated';
  readonly storage: Storage;
  readonly restore: readonly string[]; // account ids, or all
}
export interface ParameterGroup {
  readonly name: string;
  readonly of: 'instance' | 'cluster';
  readonly parameters: readonly { readonly name: string; readonly value?: string; readonly source: 'user' | 'system' | 'engine-default' }[];
}
export interface Authority {
  readonly name: string;
  readonly from: string;
  readonly till: string;
}

const id = '111122223333'; // AWS keeps it for documentation
const region = 'eu-west-1';
const day = 86_400_000;
const customerKey: Storage = { encrypted: true, type: 'sse-kms', key: `arn:aws:kms:${region}:${id}:key/1a2b3c4d-0000-4000-8000-00000000c0de` };
const lostKey: Storage = { encrypted: true, type: 'sse-kms', key: `arn:aws:kms:${region}:${id}:key/5e6f7a8b-0000-4000-8000-00000000dead` };
const unencrypted: Storage = { encrypted: false, type: 'none' };
const awsOwned: Storage = { encrypted: false, type: 'sse-rds' }; // and yet encrypted: StorageEncryptionType says so

type Parameter = ParameterGroup['parameters'][number];
const user = (name: string, value: string): Parameter => ({ name, value, source: 'user' });
const system = (name: string, value: string): Parameter => ({ name, value, source: 'system' });
const engineDefault = (name: string): Parameter => ({ name, source: 'engine-default' });
const group = (name: string, of: ParameterGroup['of'], ...parameters: readonly Parameter[]): ParameterGroup => ({ name, of, parameters });

/** An account worth auditing: each database is good, or bad in a way of its own. Its certificates end so many days from `now`. */
export function labDatabases(now: Date, accessKeyId: string): RdsAccount {
  const inDays = (days: number): string => new Date(Math.floor(now.getTime() / 1000) * 1000 + days * day).toISOString().replace('.000Z', 'Z');
  const instance = (name: string, engine: string, version: string, its: Partial<DbInstance> = {}): DbInstance => ({
    name,
    engine,
    version,
    status: 'available',
    storage: customerKey,
    group: `default.${engine}${version.split('.', 1)[0]}`,
    applied: 'in-sync',
    open: false,
    authority: 'rds-ca-rsa2048-g1',
    certificateTill: inDays(240),
    ...its,
  });
  return {
    id,
    region,
    accessKeyId,
    denied: [],
    instances: [
      instance('lab-archive', 'mariadb', '11.8.3', { storage: awsOwned, group: 'default.mariadb11.8' }),
      instance('lab-billing', 'postgres', '14.12', { group: 'billing-pg14', open: true }),
      instance('lab-crm', 'mysql', '8.0.39', { storage: unencrypted, group: 'default.mysql8.0' }),
      instance('lab-ledger', 'mysql', '8.0.40', { group: 'ledger-mysql8', applied: 'pending-reboot', certificateTill: inDays(12) }),
      instance('lab-orders', 'postgres', '16.8'),
      instance('lab-reports', 'sqlserver-se', '15.00.4365.2.v1', {
        group: 'reports-sqlserver',
        authority: 'rds-ca-2019',
        certificateTill: '2024-08-22T17:08:50Z',
      }),
      instance('lab-search-1', 'aurora-mysql', '8.0.mysql_aurora.3.08.0', { cluster: 'lab-search', group: 'default.aurora-mysql8.0' }),
      instance('lab-shop-1', 'aurora-postgresql', '16.6', { cluster: 'lab-shop', group: 'default.aurora-postgresql16' }),
      instance('lab-shop-2', 'aurora-postgresql', '16.6', { cluster: 'lab-shop', group: 'shop-readers' }),
      instance('lab-vault', 'postgres', '17.2', { storage: lostKey, status: 'inaccessible-encryption-credentials-recoverable' }),
      instance('lab-warehouse', 'oracle-se2', '19.0.0.0.ru-2025-07.rur-2025-07.r1', { group: 'default.oracle-se2-19' }),
    ],
    clusters: [
      {
        name: 'lab-search',
        engine: 'aurora-mysql',
        version: '8.0.mysql_aurora.3.08.0',
        status: 'available',
        storage: customerKey,
        group: 'search-aurora-mysql',
        members: [{ name: 'lab-search-1', applied: 'in-sync' }],
      },
      {
        name: 'lab-shop',
        engine: 'aurora-postgresql',
        version: '16.6',
        status: 'available',
        storage: customerKey,
        group: 'shop-aurora-pg16',
        members: [
          { name: 'lab-shop-1', applied: 'in-sync' },
          { name: 'lab-shop-2', applied: 'pending-reboot' },
        ],
      },
    ],
    snapshots: [
      {
        name: 'rds:lab-crm-2026-11-24',
        of: 'instance',
        source: 'lab-crm',
        engine: 'mysql',
        version: '8.0.39',
        type: 'automated',
        storage: unencrypted,
        restore: [],
      },
      {
        name: 'lab-crm-before-upgrade',
        of: 'instance',
        source: 'lab-crm',
        engine: 'mysql',
        version: '8.0.36',
        type: 'manual',
        storage: unencrypted,
        restore: ['all'],
      },
      {
        name: 'lab-orders-monthly',
        of: 'instance',
        source: 'lab-orders',
        engine: 'postgres',
        version: '16.6',
        type: 'manual',
        storage: customerKey,
        restore: [],
      },
      {
        name: 'lab-shop-to-analytics',
        of: 'cluster',
        source: 'lab-shop',
        engine: 'aurora-postgresql',
        version: '16.6',
        type: 'manual',
        storage: customerKey,
        restore: ['444455556666'],
      },
    ],
    groups: [
      group('default.mariadb11.8', 'instance', engineDefault('max_connections'), system('require_secure_transport', '1'), engineDefault('tls_version')),
      group(
        'billing-pg14',
        'instance',
        user('log_connections', '1'),
        system('rds.force_ssl', '0'),
        engineDefault('ssl_min_protocol_version'),
        system('ssl', '1'),
      ),
      group('default.mysql8.0', 'instance', engineDefault('max_connections'), system('require_secure_transport', '0'), engineDefault('tls_version')),
      group('ledger-mysql8', 'instance', user('require_secure_transport', '1'), user('tls_version', 'TLSv1.2,TLSv1.3')),
      group('default.postgres16', 'instance', system('rds.force_ssl', '1'), engineDefault('ssl_min_protocol_version')),
      group('default.postgres17', 'instance', system('rds.force_ssl', '1'), engineDefault('ssl_min_protocol_version')),
      group('reports-sqlserver', 'instance', user('rds.force_ssl', '1'), system('rds.tls10', 'default'), system('rds.tls11', 'default')),
      group('shop-readers', 'instance', user('work_mem', '65536')),
      group('search-aurora-mysql', 'cluster', user('require_secure_transport', 'ON'), user('tls_version', 'TLSv1.2,TLSv1.3')),
      group('shop-aurora-pg16', 'cluster', user('rds.force_ssl', '1'), engineDefault('ssl_min_protocol_version')),
    ],
    certificates: [
      { name: 'rds-ca-ecc384-g1', from: '2021-05-25T22:06:00Z', till: '2121-05-25T23:06:00Z' },
      { name: 'rds-ca-rsa2048-g1', from: '2021-05-21T22:06:00Z', till: '2061-05-21T23:06:00Z' },
      { name: 'rds-ca-rsa4096-g1', from: '2021-05-21T22:06:00Z', till: '2121-05-21T23:06:00Z' },
    ],
  };
}
