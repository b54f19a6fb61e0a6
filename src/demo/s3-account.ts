import { labKeyIds } from './kms-account.ts';

/** What the small AWS knows of one bucket. `policy` is JSON as it was put; `denied` are calls that the auditor may not make. */
export interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly created: string;
  readonly encryption: Encryption | null; // null as on S3-compatible stores: none by default
  readonly policy: string | null;
  readonly denied: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}
export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  readonly key?: string;
  readonly bucketKey: boolean;
  readonly blocked?: readonly ('SSE-C' | 'NONE')[];
}
export interface Account {
  readonly id: string;
  readonly user: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly buckets: readonly Bucket[];
}

const id = '111122223333'; // AWS keeps it for documentation
const region = 'eu-west-1';
const arn = (name: string): string => `arn:aws:s3:::${name}`;
const everything = (name: string): readonly string[] => [arn(name), `${arn(name)}/*`];
const key = (name: string): string => `arn:aws:kms:${region}:${id}:key/${name}`;
const plainHttp = { Bool: { 'aws:SecureTransport': 'false' } };

type Statement = Readonly<Record<string, unknown>>;
const policy = (...statements: readonly Statement[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const denyPlainHttp = (Resource: unknown, Condition: unknown = plainHttp): Statement => ({
  Sid: 'DenyPlainHttp',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource,
  Condition,
});
const bucket = (name: string, its: Pick<Bucket, 'encryption' | 'policy'> & Partial<Bucket>): Bucket => ({
  name,
  region,
  created: '2024-03-01T09:00:00.000Z',
  denied: [],
  tags: {},
  ...its,
});
const sseS3: Encryption = { algorithm: 'AES256', bucketKey: false };
const customerKey: Encryption = { algorithm: 'aws:kms', key: key(labKeyIds.data), bucketKey: true, blocked: ['SSE-C'] };

/** An account worth auditing: each bucket is good, or bad in a way of its own. */
export const labAccount: Account = {
  id,
  user: 'lab-auditor',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE', // the sample key of the AWS documentation
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  buckets: [
    bucket('lab-access-logs', {
      encryption: { ...sseS3, blocked: ['SSE-C'] },
      policy: policy(denyPlainHttp(everything('lab-access-logs'))),
      tags: { role: 'audit-logs' },
    }),
    bucket('lab-archive', { encryption: null, policy: policy(denyPlainHttp('*')), created: '2016-07-11T16:20:00.000Z' }),
    bucket('lab-card-payments', {
      encryption: { ...customerKey, algorithm: 'aws:kms:dsse', key: key(labKeyIds.payments), bucketKey: false },
      policy: policy(denyPlainHttp(everything('lab-card-payments'))),
    }),
    bucket('lab-exports', { encryption: { ...customerKey, key: 'alias/lab-exports' }, policy: policy(denyPlainHttp(`${arn('lab-exports')}/*`)) }), // ListBucket stays open
    bucket('lab-home-folders', {
      encryption: customerKey,
      policy: policy(denyPlainHttp([arn('lab-home-folders'), `${arn('lab-home-folders')}/\${aws:username}/*`])),
    }),
    bucket('lab-partners', {
      encryption: { algorithm: 'aws:kms', bucketKey: false, blocked: ['SSE-C'] }, // no key named: aws/s3
      policy: policy(denyPlainHttp(everything('lab-partners'), { ...plainHttp, NotIpAddress: { 'aws:SourceIp': ['198.51.100.0/24'] } })),
    }),
    bucket('lab-patient-records', { encryption: { ...customerKey, key: labKeyIds.retired }, policy: null, denied: ['GetBucketPolicy'] }),
    bucket('lab-uploads', { encryption: { ...customerKey, blocked: ['NONE'] }, policy: policy(denyPlainHttp(everything('lab-uploads'))) }),
    bucket('lab-website', { encryption: sseS3, policy: null, region: 'us-east-1' }),
  ],
};
