import type { DBCluster } from '@aws-sdk/client-rds';
import type { RdsCluster } from '../../../facts/rds.ts';
import type { Evidence, Link, SubjectId } from '../../../model/observation.ts';
import { encryptionOf, keyLinks } from './rds-encryption.ts';
import { arnOf, fields, isIdentifier, ofOne, type Found } from './rds-facts.ts';
import type { GroupUse } from './rds-instance.ts';

/** A cluster, as far as the listing says it. `members`: its instances, with the status of the cluster's parameter group at each. */
export interface Cluster {
  readonly subject: SubjectId;
  readonly id: string;
  readonly engine: string;
  readonly version: string;
  readonly group: string | undefined;
  readonly members: readonly GroupUse[];
  readonly found: Found<RdsCluster>;
  readonly links: readonly Link[];
  readonly evidence: Evidence;
}
export const clusterPaths = [
  'rds.engine',
  'rds.engineVersion',
  'rds.region',
  'rds.status',
  'rds.storageEncrypted',
  'rds.encryptionType',
  'rds.keyId',
  'rds.members',
  'rds.pendingReboot',
];

/** What DescribeDBClusters says of one; undefined where it has no name that a cluster can have. Source: API reference, DBCluster, DBClusterMember. */
export function readCluster(said: DBCluster, region: string, page: Evidence, argv: (id: string) => readonly string[]): Cluster | undefined {
  const { DBClusterIdentifier: id, Engine = '', EngineVersion = '', KmsKeyId, DBClusterMembers } = said;
  const subject = arnOf(said.DBClusterArn, 'cluster');
  if (!subject || !isIdentifier(id)) return undefined;
  const members = (DBClusterMembers ?? []).map(({ DBInstanceIdentifier = '', DBClusterParameterGroupStatus: status }) => ({
    name: DBInstanceIdentifier,
    status,
  }));
  const encryption = encryptionOf('storageEncrypted', { encrypted: said.StorageEncrypted, type: said.StorageEncryptionType, key: KmsKeyId });
  const plain = fields<Pick<RdsCluster, 'engine' | 'engineVersion' | 'status'>>(
    { engine: said.Engine, engineVersion: said.EngineVersion, status: said.Status },
    { engine: 'Engine', engineVersion: 'EngineVersion', status: 'Status' },
  );
  return {
    subject,
    id,
    engine: Engine,
    version: EngineVersion,
    group: said.DBClusterParameterGroup,
    members,
    found: {
      facts: {
        region,
        ...plain.facts,
        members: members.map(({ name }) => name),
        ...encryption.facts,
        ...(encryption.is !== undefined && { storageEncrypted: encryption.is }),
        ...(members.every(({ status }) => status !== undefined) && { pendingReboot: members.some(({ status }) => status === 'pending-reboot') }),
      },
      missing: [...plain.missing, ...encryption.missing],
    },
    links: keyLinks(KmsKeyId),
    evidence: ofOne(
      page,
      clusterPaths,
      {
        Engine,
        EngineVersion,
        EngineMode: said.EngineMode,
        Status: said.Status,
        StorageEncrypted: said.StorageEncrypted,
        StorageEncryptionType: said.StorageEncryptionType,
        KmsKeyId,
        DBClusterParameterGroup: said.DBClusterParameterGroup,
        DBClusterMembers,
      },
      argv(id),
    ),
  };
}
