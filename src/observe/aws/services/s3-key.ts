import type { S3 } from '../../../facts/s3.ts';
import type { DeepPartial, Link } from '../../../model/observation.ts';
import { partitionOf } from '../partition.ts';

/**
 * The key of a bucket's default encryption, or the alias that leads to it; nothing where none is named, or where AWS manages it. A bare id or alias is one
 * of the bucket's own region and account (S3 API reference, ServerSideEncryptionByDefault), so that without the account there is no link.
 */
export async function keyLinks(s3: DeepPartial<S3> | undefined, accountOf: () => Promise<string | undefined>): Promise<readonly Link[]> {
  const { keyNamed, keyId, region } = s3 ?? {};
  if (keyId === undefined || keyNamed === undefined || keyNamed === 'none' || keyNamed === 'aws-alias') return [];
  if (keyNamed === 'key-arn' || keyNamed === 'alias-arn') return isArn(keyId) ? [{ rel: 'encrypted-by', to: keyId }] : [];
  const account = await accountOf();
  if (account === undefined || region === undefined) return [];
  const arn = `arn:${partitionOf(region)}:kms:${region}:${account}:${keyNamed === 'key-id' ? 'key/' : ''}${keyId}`;
  return isArn(arn) ? [{ rel: 'encrypted-by', to: arn }] : [];
}
const isArn = (text: string): text is `arn:${string}` =>
  /^arn:aws[a-z-]*:kms:[a-z0-9-]{1,40}:\d{12}:(key\/[A-Za-z0-9-]{1,128}|alias\/[A-Za-z0-9/_-]{1,250})$/.test(text);
