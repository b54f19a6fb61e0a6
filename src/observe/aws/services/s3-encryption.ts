import type { GetBucketEncryptionCommandOutput } from '@aws-sdk/client-s3';
import type { S3 } from '../../../facts/s3.ts';
import type { GapCode } from '../../../model/observation.ts';

export interface Meaning {
  readonly facts: S3;
  readonly missing: readonly { readonly path: string; readonly code: GapCode; readonly detail: string }[];
}
const tiers: ReadonlyMap<string | undefined, S3['tier']> = new Map([
  ['AES256', 'sse-s3'],
  ['aws:kms', 'sse-kms'],
  ['aws:kms:dsse', 'dsse-kms'],
]);
/** S3-compatibles answer so where nothing is configured; AWS itself has not since 2023-01-05. */
export const unencrypted: S3 = { tier: 'none', keyNamed: 'none', bucketKey: false };

/** What GetBucketEncryption says. Source: S3 API reference, ServerSideEncryptionRule, ServerSideEncryptionByDefault, BlockedEncryptionTypes. */
export function encryptionOf({ ServerSideEncryptionConfiguration }: Pick<GetBucketEncryptionCommandOutput, 'ServerSideEncryptionConfiguration'>): Meaning {
  const rule = ServerSideEncryptionConfiguration?.Rules?.[0];
  if (!rule)
    return {
      facts: {},
      missing: ['tier', 'keyNamed', 'bucketKey', 'ssec'].map((path) => ({ path: `s3.${path}`, code: 'malformed', detail: 'a reply without a rule' })),
    };
  const { SSEAlgorithm, KMSMasterKeyID } = rule.ApplyServerSideEncryptionByDefault ?? {};
  const tier = tiers.get(SSEAlgorithm);
  const ssec = blocked(rule.BlockedEncryptionTypes?.EncryptionType);
  return {
    facts: {
      ...(tier && { tier }),
      keyNamed: KMSMasterKeyID ? form(KMSMasterKeyID) : 'none',
      ...(KMSMasterKeyID && { keyId: KMSMasterKeyID }),
      bucketKey: rule.BucketKeyEnabled ?? false,
      ...(ssec && { ssec }),
    },
    missing: tier ? [] : [{ path: 's3.tier', code: 'unsupported', detail: 'an algorithm that this version does not know' }],
  };
}
/** Absent: the API does not say, and a policy may. */
function blocked(types: readonly string[] | undefined): S3['ssec'] {
  if (types?.includes('SSE-C')) return 'blocked';
  return types?.includes('NONE') ? 'allowed' : undefined;
}
function form(key: string): NonNullable<S3['keyNamed']> {
  if (/^(arn:[^:]*:kms:[^:]*:[^:]*:)?alias\/aws\//.test(key)) return 'aws-alias';
  if (/^arn:[^:]*:kms:[^:]*:[^:]*:alias\//.test(key)) return 'alias-arn';
  if (key.startsWith('arn:')) return 'key-arn';
  return key.startsWith('alias/') ? 'alias' : 'key-id';
}
