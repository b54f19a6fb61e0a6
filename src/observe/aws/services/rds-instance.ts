import type { DBInstance } from '@aws-sdk/client-rds';
import type { RdsInstance } from '../../../facts/rds.ts';
import type { Evidence, Link, SubjectId } from '../../../model/observation.ts';
import { encryptionOf, keyLinks } from './rds-encryption.ts';
import { arnOf, fields, isIdentifier, ofOne, timeOf, type Found } from './rds-facts.ts';

/** A parameter group in use, and how far its values have come. */
export interface GroupUse {
  readonly name: string;
  readonly status: string | undefined;
}
/** An instance, as far as the listing says it; its TLS setting hangs on the parameter group. */
export interface Instance {
  readonly subject: SubjectId;
  readonly id: string;
  readonly engine: string;
  readonly version: string;
  readonly cluster: string | undefined;
  readonly group: GroupUse | undefined;
  readonly ca: string | undefined;
  readonly found: Found<RdsInstance>;
  readonly links: readonly Link[];
  readonly evidence: Evidence;
}
export const instancePaths = [
  'rds.engine',
  'rds.engineVersion',
  'rds.region',
  'rds.status',
  'rds.storageEncrypted',
  'rds.encryptionType',
  'rds.keyId',
  'rds.clusterMember',
  'rds.publiclyAccessible',
  'rds.caIdentifier',
  'rds.certificateValidTill',
  'rds.pendingReboot',
];

/** What DescribeDBInstances says of one; undefined where it has no name that an instance can have. Source: API reference, DBInstance. */
export function readInstance(said: DBInstance, region: string, page: Evidence, argv: (id: string) => readonly string[]): Instance | undefined {
  const { DBInstanceIdentifier: id, Engine = '', EngineVersion = '', DBClusterIdentifier, KmsKeyId, CACertificateIdentifier, CertificateDetails } = said;
  const subject = arnOf(said.DBInstanceArn, 'db');
  if (!subject || !isIdentifier(id)) return undefined;
  const cluster = DBClusterIdentifier || undefined;
  const [group] = said.DBParameterGroups ?? [];
  const encryption = encryptionOf('storageEncrypted', { encrypted: said.StorageEncrypted, type: said.StorageEncryptionType, key: KmsKeyId });
  const ca = CACertificateIdentifier ?? CertificateDetails?.CAIdentifier;
  const plain = fields<Pick<RdsInstance, 'engine' | 'engineVersion' | 'status' | 'publiclyAccessible' | 'caIdentifier' | 'certificateValidTill'>>(
    {
      engine: said.Engine,
      engineVersion: said.EngineVersion,
      status: said.DBInstanceStatus,
      publiclyAccessible: said.PubliclyAccessible,
      caIdentifier: ca,
      certificateValidTill: timeOf(CertificateDetails?.ValidTill),
    },
    {
      engine: 'Engine',
      engineVersion: 'EngineVersion',
      status: 'DBInstanceStatus',
      publiclyAccessible: 'PubliclyAccessible',
      caIdentifier: 'CACertificateIdentifier',
      certificateValidTill: 'CertificateDetails.ValidTill',
    },
  );
  const clusterArn = cluster === undefined ? undefined : arnOf(subject.replace(/:db:.*$/, `:cluster:${cluster}`), 'cluster');
  return {
    subject,
    id,
    engine: Engine,
    version: EngineVersion,
    cluster,
    group: group?.DBParameterGroupName === undefined ? undefined : { name: group.DBParameterGroupName, status: group.ParameterApplyStatus },
    ca,
    found: {
      facts: {
        region,
        clusterMember: cluster !== undefined,
        ...plain.facts,
        ...encryption.facts,
        ...(encryption.is !== undefined && { storageEncrypted: encryption.is }),
        ...(group?.ParameterApplyStatus !== undefined && { pendingReboot: group.ParameterApplyStatus === 'pending-reboot' }),
      },
      missing: [...plain.missing, ...encryption.missing],
    },
    links: [...keyLinks(KmsKeyId), ...(clusterArn ? [{ rel: 'member-of', to: clusterArn } as const] : [])],
    evidence: ofOne(
      page,
      instancePaths,
      {
        Engine,
        EngineVersion,
        DBInstanceStatus: said.DBInstanceStatus,
        StorageEncrypted: said.StorageEncrypted,
        StorageEncryptionType: said.StorageEncryptionType,
        KmsKeyId,
        DBParameterGroups: said.DBParameterGroups,
        DBClusterIdentifier,
        PubliclyAccessible: said.PubliclyAccessible,
        CACertificateIdentifier,
        CertificateDetails,
      },
      argv(id),
    ),
  };
}
