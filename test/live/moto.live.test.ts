import { CreateBucketCommand, PutBucketEncryptionCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { configure, gapsOn, observe } from '../observe/aws/wire.ts';
import { moto } from './moto.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
const keys = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing', AWS_REGION: 'eu-west-1' };
const arn = (name: string): string => `arn:aws:s3:::${name}`;
const deny = (Resource: readonly string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'Tls', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
  });

/** What the server says over plain HTTP, without the SDK. */
async function raw(endpoint: string, path: string): Promise<string> {
  const authorization = 'AWS4-HMAC-SHA256 Credential=testing/20261125/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0';
  return (await fetch(endpoint + path, { headers: { authorization } })).text();
}

test('an account in moto: every fact is in the raw replies', async () => {
  const endpoint = await moto();
  configure({ ...keys, AWS_ENDPOINT_URL: endpoint });
  const client = new S3Client({ forcePathStyle: true });
  onTestFinished(() => {
    client.destroy();
  });
  for (const Bucket of ['bare', 'keyed', 'half', 'shut'])
    await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  const encryption = (Bucket: string, SSEAlgorithm: 'AES256' | 'aws:kms', KMSMasterKeyID?: string): PutBucketEncryptionCommand =>
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [
          { ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...(KMSMasterKeyID && { KMSMasterKeyID }) }, BucketKeyEnabled: SSEAlgorithm !== 'AES256' },
        ],
      },
    });
  await client.send(encryption('keyed', 'aws:kms', 'alias/mine'));
  await client.send(encryption('shut', 'AES256'));
  await client.send(new PutBucketPolicyCommand({ Bucket: 'half', Policy: deny([`${arn('half')}/*`]) }));
  await client.send(new PutBucketPolicyCommand({ Bucket: 'shut', Policy: deny([arn('shut'), `${arn('shut')}/*`]) }));

  const { buckets, populations, callers } = await observe();
  expect(callers).toEqual([{ account: '123456789012', arn: expect.stringContaining('123456789012') }]);
  expect(populations).toEqual([{ scope: 'aws://123456789012/all/s3', kind: 's3-bucket', state: 'complete', count: 4 }]);
  const of = (name: string): (typeof buckets)[number] | undefined => buckets.find(({ subject }) => subject === arn(name));
  expect(of('bare')?.facts).toMatchObject({ s3: { region: 'eu-west-1', tier: 'none', plainHttp: 'allowed' } });
  expect(await raw(endpoint, '/bare?encryption')).toContain('ServerSideEncryptionConfigurationNotFoundError');
  expect(await raw(endpoint, '/bare?policy')).toContain('NoSuchBucketPolicy');
  expect(await raw(endpoint, '/bare?location')).toContain('eu-west-1');
  expect(of('keyed')?.facts).toMatchObject({ s3: { tier: 'sse-kms', keyNamed: 'alias', keyId: 'alias/mine', bucketKey: true } });
  expect(await raw(endpoint, '/keyed?encryption')).toMatch(/<SSEAlgorithm>aws:kms<.*<KMSMasterKeyID>alias\/mine<.*<BucketKeyEnabled>true</);
  expect(of('half')?.facts).toMatchObject({ s3: { plainHttp: 'allowed', plainHttpWitness: expect.stringContaining('leaves out the bucket itself') } });
  expect(await raw(endpoint, '/half?policy')).not.toContain(`"${arn('half')}"`);
  expect(of('shut')?.facts).toMatchObject({ s3: { tier: 'sse-s3', keyNamed: 'none', bucketKey: false, plainHttp: 'denied' } });
  expect(await raw(endpoint, '/shut?encryption')).toContain('<SSEAlgorithm>AES256<');
  // Moto drops BlockedEncryptionTypes, and then nobody knows.
  expect(gapsOn(of('shut'), 's3.ssec')).toMatchObject([{ code: 'unsupported' }]);
  expect(buckets.flatMap(({ gaps }) => gaps).every(({ path }) => path === 's3.ssec')).toBe(true);

  const { buckets: named } = await observe({ buckets: ['shut', 'nobody'] });
  expect(named.map(({ subject, gaps }) => [subject, gaps.some(({ code }) => code === 'not-found')])).toEqual(
    expect.arrayContaining([
      [arn('shut'), false],
      [arn('nobody'), true],
    ]),
  );
});
