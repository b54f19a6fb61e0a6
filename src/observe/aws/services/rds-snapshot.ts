import type { DBClusterSnapshot, DBSnapshot, DBSnapshotAttribute } from '@aws-sdk/client-rds';
import type { RdsSnapshot } from '../../../facts/rds.ts';
import type { Evidence, Link, SubjectId } from '../../../model/observation.ts';
import { encryptionOf, keyLinks } from './rds-encryption.ts';
import { arnOf, fields, isIdentifier, ofOne, type Found } from './rds-facts.ts';

export interface Snapshot {
  readonly subject: SubjectId;
  readonly id: string;
  readonly of: 'instance' | 'cluster';
  readonly automated: boolean;
  readonly found: Found<RdsSnapshot>;
  readonly links: readonly Link[];
  readonly evidence: Evidence;
}
export const snapshotPaths = ['rds.of', 'rds.source', 'rds.type', 'rds.region', 'rds.engine', 'rds.encrypted', 'rds.encryptionType', 'rds.keyId'];
export const sharingPaths = ['rds.public', 'rds.sharedWith'];

interface Said {
  readonly of: Snapshot['of'];
  readonly id: string | undefined;
  readonly arn: string | undefined;
  readonly source: string | undefined;
  readonly sourceField: string;
  readonly encrypted: boolean | undefined;
  readonly its: Pick<DBSnapshot & DBClusterSnapshot, 'Engine' | 'SnapshotType' | 'StorageEncryptionType' | 'KmsKeyId'>;
}
/** A snapshot of an instance. Source: API reference, DBSnapshot. */
export const ofInstance = (its: DBSnapshot): Said => ({
  of: 'instance',
  id: its.DBSnapshotIdentifier,
  arn: its.DBSnapshotArn,
  source: its.DBInstanceIdentifier,
  sourceField: 'DBInstanceIdentifier',
  encrypted: its.Encrypted,
  its,
});
/** A snapshot of a cluster. Source: API reference, DBClusterSnapshot. */
export const ofCluster = (its: DBClusterSnapshot): Said => ({
  of: 'cluster',
  id: its.DBClusterSnapshotIdentifier,
  arn: its.DBClusterSnapshotArn,
  source: its.DBClusterIdentifier,
  sourceField: 'DBClusterIdentifier',
  encrypted: its.StorageEncrypted,
  its,
});
/** Undefined where it has no name that a snapshot can have. Nobody else can restore an automated one (User Guide, sharing a DB snapshot): it is never asked. */
export function readSnapshot(
  { of, id, arn, source, sourceField, encrypted, its }: Said,
  region: string,
  page: Evidence,
  argv: (id: string) => readonly string[],
): Snapshot | undefined {
  const subject = arnOf(arn, of === 'instance' ? 'snapshot' : 'cluster-snapshot');
  if (!subject || !isIdentifier(id)) return undefined;
  const { Engine, SnapshotType, StorageEncryptionType, KmsKeyId } = its;
  const automated = SnapshotType === 'automated';
  const encryption = encryptionOf('encrypted', { encrypted, type: StorageEncryptionType, key: KmsKeyId });
  const plain = fields<Pick<RdsSnapshot, 'engine' | 'type' | 'source'>>(
    { engine: Engine, type: SnapshotType, source },
    { engine: 'Engine', type: 'SnapshotType', source: sourceField },
  );
  return {
    subject,
    id,
    of,
    automated,
    found: {
      facts: {
        of,
        region,
        ...plain.facts,
        ...encryption.facts,
        ...(encryption.is !== undefined && { encrypted: encryption.is }),
        ...(automated && { public: false, sharedWith: 0 }),
      },
      missing: [...plain.missing, ...encryption.missing],
    },
    links: keyLinks(KmsKeyId),
    evidence: ofOne(
      page,
      automated ? [...snapshotPaths, ...sharingPaths] : snapshotPaths,
      { SnapshotType, Engine, source, encrypted, StorageEncryptionType, KmsKeyId },
      argv(id),
    ),
  };
}
/** `restore` names the accounts that may, and `all` all of them. Source: API reference, DBSnapshotAttribute. */
export function readSharing(attributes: readonly DBSnapshotAttribute[] | undefined): Found<Pick<RdsSnapshot, 'public' | 'sharedWith'>> {
  if (!attributes) return { facts: {}, missing: sharingPaths.map((path) => ({ path, code: 'malformed', detail: 'a reply without a list of attributes' })) };
  const values = attributes.flatMap(({ AttributeName, AttributeValues }) => (AttributeName === 'restore' ? (AttributeValues ?? []) : []));
  return { facts: { public: values.includes('all'), sharedWith: new Set(values.filter((value) => value !== 'all')).size }, missing: [] };
}
