import {
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  ListBucketsCommand,
  paginateListBuckets,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, onTestFinished, test } from 'vitest';
import { labAccount } from '../../src/demo/s3-account.ts';
import { startS3Wire, type Fault, type S3Wire } from '../../src/demo/s3-wire.ts';

const credentials = { accessKeyId: labAccount.accessKeyId, secretAccessKey: labAccount.secretAccessKey };
interface Wired {
  readonly wire: S3Wire;
  readonly s3: S3Client;
  readonly sts: STSClient;
}
interface Setting {
  readonly faults?: readonly Fault[];
  readonly pageSize?: number;
  readonly region?: string;
  readonly keys?: typeof credentials;
  readonly maxAttempts?: number;
}
async function start({ faults = [], pageSize = 1000, region = 'eu-west-1', keys = credentials, maxAttempts = 1 }: Setting = {}): Promise<Wired> {
  const wire = await startS3Wire({ account: labAccount, pageSize, faults });
  const config = { region, endpoint: wire.endpoint, credentials: keys, maxAttempts };
  const [s3, sts] = [new S3Client(config), new STSClient(config)];
  onTestFinished(() => {
    s3.destroy();
    sts.destroy();
    return wire.stop();
  });
  return { wire, s3, sts };
}
const withFaults = (...faults: readonly Fault[]): Promise<Wired> => start({ faults });
const encryptionOf = async (s3: S3Client, Bucket: string): Promise<unknown> =>
  (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules;
const policyOf = (s3: S3Client, Bucket: string): Promise<unknown> => s3.send(new GetBucketPolicyCommand({ Bucket }));

test('the SDK lists all buckets over several pages, each with its region', async () => {
  const { s3, wire } = await start({ pageSize: 4 });
  const seen: unknown[] = [];
  for await (const { Buckets = [] } of paginateListBuckets({ client: s3 }, { MaxBuckets: 1000 }))
    for (const { Name, BucketRegion, BucketArn } of Buckets) seen.push([Name, BucketRegion, BucketArn]);
  expect(seen).toEqual(labAccount.buckets.map(({ name, region }) => [name, region, `arn:aws:s3:::${name}`]));
  expect(wire.calls).toEqual(['ListBuckets', 'ListBuckets', 'ListBuckets']);
});
test('without a parameter there is no region, and a prefix or a region narrows the list', async () => {
  const { s3 } = await start();
  expect((await s3.send(new ListBucketsCommand())).Buckets?.[0]).toEqual({
    Name: 'lab-access-logs',
    CreationDate: new Date('2024-03-01T09:00:00Z'),
    BucketArn: 'arn:aws:s3:::lab-access-logs',
  });
  expect((await s3.send(new ListBucketsCommand({ Prefix: 'lab-a' }))).Buckets?.map(({ Name }) => Name)).toEqual(['lab-access-logs', 'lab-archive']);
  expect((await s3.send(new ListBucketsCommand({ BucketRegion: 'us-east-1' }))).Buckets?.map(({ Name }) => Name)).toEqual(['lab-website']);
});
test('encryption as it was put', async () => {
  const { s3 } = await start();
  expect(await encryptionOf(s3, 'lab-card-payments')).toEqual([
    {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms:dsse', KMSMasterKeyID: expect.stringContaining(':key/') },
      BucketKeyEnabled: false,
      BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
    },
  ]);
  expect(await encryptionOf(s3, 'lab-uploads')).toMatchObject([{ BucketKeyEnabled: true, BlockedEncryptionTypes: { EncryptionType: ['NONE'] } }]);
  expect(await encryptionOf(s3, 'lab-partners')).toMatchObject([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }]);
  await expect(encryptionOf(s3, 'lab-archive')).rejects.toMatchObject({
    name: 'ServerSideEncryptionConfigurationNotFoundError',
    $metadata: { httpStatusCode: 404, requestId: expect.stringMatching(/^[0-9A-F]{16}$/) },
  });
});
test('a policy is the JSON that was put, none and a denied one are errors', async () => {
  const { s3 } = await start();
  expect(await policyOf(s3, 'lab-home-folders')).toMatchObject({ Policy: expect.stringContaining('${aws:username}') });
  await expect(policyOf(s3, 'lab-patient-records')).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  await expect(policyOf(s3, 'lab-nowhere')).rejects.toMatchObject({ name: 'NoSuchBucket' });
});
test('a bucket is asked in its own region; where that is, every region says', async () => {
  const { s3 } = await start({ region: 'us-east-1' });
  await expect(policyOf(s3, 'lab-exports')).rejects.toMatchObject({ name: 'AuthorizationHeaderMalformed', Region: 'eu-west-1' });
  await expect(policyOf(s3, 'lab-website')).rejects.toMatchObject({ name: 'NoSuchBucketPolicy', BucketName: 'lab-website' });
  expect((await s3.send(new GetBucketLocationCommand({ Bucket: 'lab-exports' }))).LocationConstraint).toBe('eu-west-1');
  expect((await s3.send(new GetBucketLocationCommand({ Bucket: 'lab-website' }))).LocationConstraint).toBeUndefined();
});
test('tags', async () => {
  const { s3 } = await start();
  expect((await s3.send(new GetBucketTaggingCommand({ Bucket: 'lab-access-logs' }))).TagSet).toEqual([{ Key: 'role', Value: 'audit-logs' }]);
  await expect(s3.send(new GetBucketTaggingCommand({ Bucket: 'lab-exports' }))).rejects.toMatchObject({ name: 'NoSuchTagSet' });
});
test('STS says who is calling, and knows no strangers', async () => {
  const { sts } = await start();
  expect(await sts.send(new GetCallerIdentityCommand())).toMatchObject({ Account: '111122223333', Arn: 'arn:aws:iam::111122223333:user/lab-auditor' });
  const stranger = await start({ keys: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' } });
  await expect(stranger.sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await expect(stranger.s3.send(new ListBucketsCommand())).rejects.toMatchObject({ name: 'InvalidAccessKeyId', $metadata: { httpStatusCode: 403 } });
});

test('503 as often as told, then the answer: the SDK gets through by itself', async () => {
  const { s3, wire } = await start({ faults: [{ operation: 'GetBucketPolicy', times: 2, is: { error: 'SlowDown' } }], maxAttempts: 3 });
  expect(await policyOf(s3, 'lab-uploads')).toMatchObject({ Policy: expect.any(String), $metadata: { attempts: 3 } });
  expect(wire.calls).toEqual(['GetBucketPolicy lab-uploads', 'GetBucketPolicy lab-uploads', 'GetBucketPolicy lab-uploads']);
});
test.each(['AccessDenied', 'SlowDown', 'ExpiredToken', 'InternalError'] as const)('%s on one bucket, and not on another', async (error) => {
  const { s3 } = await withFaults({ operation: 'GetBucketEncryption', bucket: 'lab-exports', is: { error } });
  await expect(encryptionOf(s3, 'lab-exports')).rejects.toMatchObject({ name: error });
  await expect(encryptionOf(s3, 'lab-uploads')).resolves.toHaveLength(1);
  await expect(policyOf(s3, 'lab-exports')).resolves.toBeDefined();
});
test('an error of STS', async () => {
  const { sts } = await withFaults({ operation: 'GetCallerIdentity', is: { error: 'AccessDenied' } });
  await expect(sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({ name: 'AccessDenied' });
});
test('half an answer breaks off', async () => {
  const { wire } = await withFaults({ is: 'truncated' });
  const response = await fetch(`${wire.endpoint}/lab-exports?encryption`);
  await expect(response.text()).rejects.toThrow('terminated');
});
test('a slow answer comes whole', async () => {
  const { s3 } = await withFaults({ is: { slow: 20 } });
  expect(await encryptionOf(s3, 'lab-exports')).toHaveLength(1);
});
test('an endless answer and a silent one end with the wire', async () => {
  const { wire } = await withFaults({ operation: 'GetBucketPolicy', is: 'endless' }, { operation: 'GetBucketEncryption', is: 'silent' });
  const endless = await fetch(`${wire.endpoint}/lab-exports?policy`);
  const silent = fetch(`${wire.endpoint}/lab-exports?encryption`).then(
    () => 'answered',
    () => 'broken off',
  );
  let bytes = 0;
  for await (const chunk of endless.body ?? []) if ((bytes += chunk.length) > 1_000_000) break;
  expect(bytes).toBeGreaterThan(1_000_000);
  await wire.stop();
  expect(await silent).toBe('broken off');
  await expect(fetch(wire.endpoint)).rejects.toThrow('fetch failed');
});
test('what is not a call of this wire gets no answer', async () => {
  const { wire } = await start();
  await expect(fetch(`${wire.endpoint}/lab-exports?acl`)).rejects.toThrow('fetch failed');
  await expect(fetch(`${wire.endpoint}/lab-exports`, { method: 'DELETE' })).rejects.toThrow('fetch failed');
  expect(wire.calls).toEqual([]);
});
