import type { Authority, DbCluster, DbInstance, DbSnapshot, ParameterGroup, RdsAccount, Storage } from './rds-account.ts';
import { document, leaf, tag } from './xml.ts';

/** Replies of RDS (query protocol), in the shape of its API reference, version 2014-10-31. */
const namespace = 'http://rds.amazonaws.com/doc/2014-10-31/';
/** A field of a reply; one without a value is left out. */
const field = (name: string, value: string | boolean | undefined): string => (value === undefined ? '' : leaf(name, String(value)));
const storage = (name: 'StorageEncrypted' | 'Encrypted', { encrypted, type, key }: Storage): string =>
  field(name, encrypted) + field('StorageEncryptionType', type) + field('KmsKeyId', key);

type Of = Pick<RdsAccount, 'id' | 'region'>;
const arn = ({ id, region }: Of, type: string, name: string): string => `arn:aws:rds:${region}:${id}:${type}:${name}`;

export const instance = (account: Of, one: DbInstance): string =>
  tag(
    'DBInstance',
    field('DBInstanceIdentifier', one.name),
    field('DBInstanceArn', arn(account, 'db', one.name)),
    field('DBInstanceStatus', one.status),
    field('Engine', one.engine),
    field('EngineVersion', one.version),
    field('DBClusterIdentifier', one.cluster),
    tag('DBParameterGroups', tag('DBParameterGroup', field('DBParameterGroupName', one.group), field('ParameterApplyStatus', one.applied))),
    storage('StorageEncrypted', one.storage),
    field('PubliclyAccessible', one.open),
    field('CACertificateIdentifier', one.authority),
    one.certificateTill === undefined ? '' : tag('CertificateDetails', field('CAIdentifier', one.authority), field('ValidTill', one.certificateTill)),
  );
export const cluster = (account: Of, one: DbCluster): string =>
  tag(
    'DBCluster',
    field('DBClusterIdentifier', one.name),
    field('DBClusterArn', arn(account, 'cluster', one.name)),
    field('Status', one.status),
    field('Engine', one.engine),
    field('EngineVersion', one.version),
    field('EngineMode', 'provisioned'),
    field('DBClusterParameterGroup', one.group),
    tag(
      'DBClusterMembers',
      ...one.members.map(({ name, applied }, at) =>
        tag('DBClusterMember', field('DBInstanceIdentifier', name), field('IsClusterWriter', at === 0), field('DBClusterParameterGroupStatus', applied)),
      ),
    ),
    storage('StorageEncrypted', one.storage),
  );
export const snapshot = (account: Of, one: DbSnapshot): string =>
  one.of === 'instance'
    ? tag(
        'DBSnapshot',
        field('DBSnapshotIdentifier', one.name),
        field('DBSnapshotArn', arn(account, 'snapshot', one.name)),
        field('DBInstanceIdentifier', one.source),
        field('SnapshotType', one.type),
        field('Status', 'available'),
        field('Engine', one.engine),
        field('EngineVersion', one.version),
        storage('Encrypted', one.storage),
      )
    : tag(
        'DBClusterSnapshot',
        field('DBClusterSnapshotIdentifier', one.name),
        field('DBClusterSnapshotArn', arn(account, 'cluster-snapshot', one.name)),
        field('DBClusterIdentifier', one.source),
        field('SnapshotType', one.type),
        field('Status', 'available'),
        field('Engine', one.engine),
        field('EngineVersion', one.version),
        storage('StorageEncrypted', one.storage),
      );
export const parameter = ({ name, value, source }: ParameterGroup['parameters'][number]): string =>
  tag('Parameter', field('ParameterName', name), field('ParameterValue', value), field('Source', source), field('IsModifiable', true));
export const authority = ({ name, from, till }: Authority): string =>
  tag('Certificate', field('CertificateIdentifier', name), field('CertificateType', 'CA'), field('ValidFrom', from), field('ValidTill', till));
export const sharing = (one: DbSnapshot): string => {
  const name = one.of === 'instance' ? 'DBSnapshot' : 'DBClusterSnapshot';
  return tag(
    `${name}AttributesResult`,
    field(`${name}Identifier`, one.name),
    tag(
      `${name}Attributes`,
      tag(
        `${name}Attribute`,
        field('AttributeName', 'restore'),
        one.restore.length === 0 ? '<AttributeValues/>' : tag('AttributeValues', ...one.restore.map((value) => field('AttributeValue', value))),
      ),
    ),
  );
};

export const reply = (operation: string, requestId: string, ...content: readonly string[]): string =>
  document(`${operation}Response`, namespace, tag(`${operation}Result`, ...content), tag('ResponseMetadata', leaf('RequestId', requestId)));
export const rdsError = (code: string, message: string, requestId: string): string =>
  document('ErrorResponse', namespace, tag('Error', leaf('Type', 'Sender'), leaf('Code', code), leaf('Message', message)), leaf('RequestId', requestId));
