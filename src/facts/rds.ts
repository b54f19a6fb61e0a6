import * as z from 'zod';
import { TlsVersion } from './tls.ts';

const text = z.string().max(256);
/** A cluster has at most 16 members (User Guide, quotas); the bound leaves room. */
const mostMembers = 64;

const EncryptionType = z.enum(['none', 'sse-rds', 'sse-kms']).describe('sse-rds: by a key that AWS owns; absent where the API does not say');

/** What an instance and a cluster have in common. Parameters are those of the groups in use, and the engine's documented default where a group does not set one. */
const database = {
  engine: text.describe('as the API names it: postgres, aurora-mysql, sqlserver-se'),
  engineVersion: text,
  region: z.string().max(64),
  status: text.describe('as the API says it: available, storage-full, inaccessible-encryption-credentials'),
  storageEncrypted: z.boolean().describe('by any key, one that AWS owns included (the API says false of those, and sse-rds beside it)'),
  encryptionType: EncryptionType,
  keyId: z.string().max(2048).describe('ARN of the KMS key of the storage; absent where there is none: not encrypted, or by a key that AWS owns'),
  tlsEnforced: z.boolean().describe('the server refuses sessions without TLS, now; absent where that cannot be told'),
  tlsConfigured: z.boolean().describe('the configuration demands TLS, in force or not'),
  tlsEnforcedBy: z
    .enum(['parameter', 'engine-default', 'engine'])
    .describe('what decides: a value in a group, the default of this version, or the engine alone'),
  tlsSetting: text.describe('what decides, as it stands: rds.force_ssl = 0'),
  pendingReboot: z.boolean().describe('the parameter group has changes that wait for a reboot: what it says need not be in force'),
  minTlsVersion: TlsVersion.describe('the oldest version that the server accepts'),
};

export const RdsInstance = z
  .strictObject({
    ...database,
    clusterMember: z.boolean().describe('storage, key and TLS are then those of the cluster'),
    publiclyAccessible: z.boolean().describe('its name resolves to a public address'),
    caIdentifier: text.describe('the authority of its server certificate: rds-ca-rsa2048-g1'),
    caValidFrom: z.iso.datetime(),
    caValidTill: z.iso.datetime().describe('end of that authority; absent where the region no longer lists it'),
    certificateValidTill: z.iso.datetime().describe('end of the server certificate'),
    caDueInDays: z.int().describe('derived: another authority is due once fewer days than these are left'),
    certificateDueInDays: z.int().describe('derived: renewal is due once fewer days than these are left'),
  })
  .partial();
export type RdsInstance = z.infer<typeof RdsInstance>;

export const RdsCluster = z
  .strictObject({
    ...database,
    members: z.array(text).max(mostMembers).describe('identifiers of its instances'),
    membersOpen: z.array(text).max(mostMembers).describe('of those, the ones that take sessions without TLS, or may until they are rebooted'),
  })
  .partial();
export type RdsCluster = z.infer<typeof RdsCluster>;

export const RdsSnapshot = z
  .strictObject({
    of: z.enum(['instance', 'cluster']),
    source: text.describe('identifier of the instance or cluster that it is a copy of'),
    type: text.describe('as the API names it: manual, automated, awsbackup'),
    region: z.string().max(64),
    engine: text,
    encrypted: z.boolean().describe('by any key, one that AWS owns included'),
    encryptionType: EncryptionType,
    keyId: z.string().max(2048).describe('ARN of its KMS key; absent where there is none'),
    public: z.boolean().describe('every AWS account may restore it'),
    sharedWith: z.int().min(0).describe('number of other accounts that may restore it'),
  })
  .partial();
export type RdsSnapshot = z.infer<typeof RdsSnapshot>;
