import type { Account, Bucket, Encryption } from './s3-account.ts';
import { document, leaf, prolog, tag, text } from './xml.ts';

/** Replies of S3 (rest-xml) and STS (query), word for word in the shape of their API references. */
const s3 = 'http://s3.amazonaws.com/doc/2006-03-01/';
const sts = 'https://sts.amazonaws.com/doc/2011-06-15/';

export interface BucketPage {
  readonly buckets: readonly Bucket[];
  readonly withRegion: boolean;
  readonly next?: string;
  readonly prefix?: string;
}
/** API_ListBuckets: a token where there is more; the region only where the request has a parameter. */
export const listBuckets = ({ id, user }: Account, { buckets, withRegion, next, prefix }: BucketPage): string =>
  document(
    'ListAllMyBucketsResult',
    s3,
    tag('Owner', leaf('ID', id.padEnd(64, '0')), leaf('DisplayName', user)),
    tag(
      'Buckets',
      ...buckets.map(({ name, region, created }) =>
        tag(
          'Bucket',
          ...(withRegion ? [leaf('BucketRegion', region)] : []),
          leaf('CreationDate', created),
          leaf('Name', name),
          leaf('BucketArn', `arn:aws:s3:::${name}`),
        ),
      ),
    ),
    ...(next === undefined ? [] : [leaf('ContinuationToken', next)]),
    ...(prefix === undefined ? [] : [leaf('Prefix', prefix)]),
  );

/** API_GetBucketEncryption. */
export const encryption = ({ algorithm, key, bucketKey, blocked }: Encryption): string =>
  document(
    'ServerSideEncryptionConfiguration',
    s3,
    tag(
      'Rule',
      tag('ApplyServerSideEncryptionByDefault', leaf('SSEAlgorithm', algorithm), ...(key === undefined ? [] : [leaf('KMSMasterKeyID', key)])),
      leaf('BucketKeyEnabled', String(bucketKey)),
      ...(blocked ? [tag('BlockedEncryptionTypes', ...blocked.map((type) => leaf('EncryptionType', type)))] : []),
    ),
  );
/** API_GetBucketLocation: empty for us-east-1. */
export const location = (region: string): string =>
  region === 'us-east-1' ? `${prolog}<LocationConstraint xmlns="${s3}"/>` : `${prolog}<LocationConstraint xmlns="${s3}">${text(region)}</LocationConstraint>`;
/** API_GetBucketTagging. */
export const tagging = (tags: Bucket['tags']): string =>
  document('Tagging', s3, tag('TagSet', ...Object.entries(tags).map(([key, value]) => tag('Tag', leaf('Key', key), leaf('Value', value)))));

/** An error of S3, with the elements that belong to its code; S3 gives it no namespace. */
export const s3Error = (code: string, message: string, requestId: string, more: Readonly<Record<string, string>>): string =>
  `${prolog}${tag(
    'Error',
    leaf('Code', code),
    leaf('Message', message),
    ...Object.entries(more).map(([name, value]) => leaf(name, value)),
    leaf('RequestId', requestId),
    leaf('HostId', 'bGFi'),
  )}`;

/** STS API_GetCallerIdentity. */
export const callerIdentity = ({ id, user }: Account, requestId: string): string =>
  document(
    'GetCallerIdentityResponse',
    sts,
    tag('GetCallerIdentityResult', leaf('Arn', `arn:aws:iam::${id}:user/${user}`), leaf('UserId', 'AIDACKCEVSQ6C2EXAMPLE'), leaf('Account', id)),
    tag('ResponseMetadata', leaf('RequestId', requestId)),
  );
export const stsError = (code: string, message: string, requestId: string): string =>
  document('ErrorResponse', sts, tag('Error', leaf('Type', 'Sender'), leaf('Code', code), leaf('Message', message)), leaf('RequestId', requestId));
