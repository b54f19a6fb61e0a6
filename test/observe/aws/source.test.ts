import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { byCodeUnit } from '../../../src/util/text.ts';
import { aws } from '../../../src/observe/aws/source.ts';
import { bucketList, configure, context, failed, fixture, gapsOn, observe, reply, target, usual, wire, type Answer } from './wire.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
const arn = 'arn:aws:s3:::logs';
const deny = JSON.stringify({
  Statement: { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: [arn, `${arn}/*`], Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
});
const encryption = (rule: string): Answer => reply(200, `<ServerSideEncryptionConfiguration><Rule>${rule}</Rule></ServerSideEncryptionConfiguration>`);
const byDefault = (algorithm: string, key = ''): string =>
  `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm>${key && `<KMSMasterKeyID>${key}</KMSMasterKeyID>`}</ApplyServerSideEncryptionByDefault>`;
const one = (answers: Readonly<Record<string, Answer>>): Promise<unknown> => wire(({ what }) => answers[what]);

test('one account, one bucket: everything that is told', async () => {
  await one({ policy: reply(200, deny) });
  const { buckets, declared, populations, callers } = await observe({ declared: { data: ['pci'] } });
  expect(callers).toEqual([{ account: '123456789012', arn: 'arn:aws:sts::123456789012:user/moto' }]);
  expect(populations).toEqual([{ scope: 'aws://123456789012/all/s3', kind: 's3-bucket', state: 'complete', count: 1 }]);
  expect(declared).toEqual([
    { subject: arn, kind: 's3-bucket', origin: 'declared', by: 'config', facts: { declared: { data: ['pci'] } }, evidence: [], gaps: [], links: [] },
  ]);
  expect(buckets).toMatchObject([
    {
      subject: arn,
      origin: 'api',
      gaps: [],
      facts: {
        s3: {
          region: 'eu-west-1',
          tier: 'sse-kms',
          keyNamed: 'key-arn',
          keyId: 'arn:aws:kms:us-east-1:1234/5678example',
          bucketKey: true,
          ssec: 'blocked',
          plainHttp: 'denied',
        },
      },
    },
  ]);
  const policy = buckets[0]?.evidence.find(({ by }) => by === 's3:GetBucketPolicy');
  expect(policy).toMatchObject({ at: '1970-01-01T00:00:00.000Z', requestId: 'R1', received: deny });
  expect(policy?.reproduce?.slice(0, 5)).toEqual(['aws', 's3api', 'get-bucket-policy', '--bucket', 'logs']);
  expect(policy?.reproduce).toContain('eu-west-1');
});
test('no reply and no error shows credentials or signatures', async () => {
  await wire(({ what }) => (what === 'policy' ? failed(403, 'AccessDenied') : undefined));
  expect(JSON.stringify(await observe())).not.toMatch(/top-secret|AKIDTEST|Signature|AWS4/);
});
test('without a policy a witness says what may be asked', async () => {
  await wire(() => undefined);
  const { buckets } = await observe();
  expect(buckets[0]?.facts).toMatchObject({
    s3: { plainHttp: 'allowed', plainHttpWitness: 'no statement denies s3:GetObject on arn:aws:s3:::logs/witness to anonymous without TLS: no bucket policy' },
  });
});
test.each<[string, Answer, object]>([
  ['SSE-S3', encryption(byDefault('AES256')), { tier: 'sse-s3', keyNamed: 'none', bucketKey: false }],
  ['the key of AWS', encryption(byDefault('aws:kms')), { tier: 'sse-kms', keyNamed: 'none' }],
  ['the key of AWS, spelled out', encryption(byDefault('aws:kms', 'alias/aws/s3')), { keyNamed: 'aws-alias', keyId: 'alias/aws/s3' }],
  ['the same by ARN', encryption(byDefault('aws:kms', 'arn:aws:kms:eu-west-1:123456789012:alias/aws/s3')), { keyNamed: 'aws-alias' }],
  ['an alias', encryption(byDefault('aws:kms', 'alias/mine')), { keyNamed: 'alias' }],
  ['an alias by ARN', encryption(byDefault('aws:kms', 'arn:aws:kms:eu-west-1:123456789012:alias/mine')), { keyNamed: 'alias-arn' }],
  ['a key id', encryption(byDefault('aws:kms:dsse', '1234abcd-12ab-34cd-56ef-1234567890ab')), { tier: 'dsse-kms', keyNamed: 'key-id' }],
  [
    'SSE-C allowed',
    encryption(`${byDefault('AES256')}<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>`),
    { ssec: 'allowed' },
  ],
  ['nothing', failed(404, 'ServerSideEncryptionConfigurationNotFoundError'), { tier: 'none', keyNamed: 'none', bucketKey: false }],
])('encryption: %s', async (_name, answer, facts) => {
  await one({ encryption: answer });
  const [bucket] = (await observe()).buckets;
  expect(bucket?.facts).toMatchObject({ s3: facts });
  expect(gapsOn(bucket, 's3.tier')).toEqual([]);
});
test('an algorithm that is not known is a gap on the tier alone', async () => {
  await one({ encryption: encryption(byDefault('aws:new')) });
  const [bucket] = (await observe()).buckets;
  expect(gapsOn(bucket, 's3.tier')).toMatchObject([{ code: 'unsupported' }]);
  expect(bucket?.facts).toMatchObject({ s3: { keyNamed: 'none' } });
});
test('where the API does not say it, a policy can block SSE-C, or nobody knows', async () => {
  const block = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `${arn}/*`,
    Condition: { Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' } },
  };
  await one({ encryption: encryption(byDefault('AES256')), policy: reply(200, JSON.stringify({ Statement: [block] })) });
  expect((await observe()).buckets[0]?.facts).toMatchObject({ s3: { ssec: 'blocked' } });
  await one({ encryption: encryption(byDefault('AES256')) });
  const [bucket] = (await observe()).buckets;
  expect(bucket?.facts).not.toHaveProperty('s3.ssec');
  expect(gapsOn(bucket, 's3.ssec')).toMatchObject([{ code: 'unsupported', by: 's3:GetBucketEncryption' }]);
  await one({ encryption: encryption(byDefault('AES256')), policy: failed(403, 'AccessDenied') });
  expect(gapsOn((await observe()).buckets[0], 's3.ssec')).toMatchObject([{ code: 'access-denied', by: 's3:GetBucketPolicy' }]);
});
test('a policy that proves nothing is a gap', async () => {
  await one({ policy: reply(200, '{"Statement":[{"Effect":"Maybe"}]}') });
  const [bucket] = (await observe()).buckets;
  expect(bucket?.facts).not.toHaveProperty('s3.plainHttp');
  expect(gapsOn(bucket, 's3.plainHttp')).toMatchObject([{ code: 'unprovable', by: 's3:GetBucketPolicy' }]);
});

const endless: Answer = (response) => {
  response.writeHead(200);
  const chunk = 'a'.repeat(2 ** 18);
  const pour = (): void => {
    while (response.write(chunk));
  };
  response.on('drain', pour);
  pour();
};
test.each<[string, Answer, string, string, number]>([
  ['denied', failed(403, 'AccessDenied'), 'access-denied', 'AccessDenied', 1],
  ['gone', failed(404, 'NoSuchBucket'), 'not-found', 'NoSuchBucket', 1],
  ['an expired token', failed(400, 'ExpiredToken'), 'expired-credentials', 'ExpiredToken', 1],
  ['an unknown key', failed(403, 'InvalidAccessKeyId'), 'no-credentials', 'InvalidAccessKeyId', 1],
  ['throttled for long', failed(503, 'SlowDown'), 'throttled', 'SlowDown', 3],
  ['an error of the server', failed(500, 'InternalError'), 'unexpected', 'InternalError', 3],
  ['an error without a body', reply(500, ''), 'unexpected', 'HTTP 500', 3],
  ['an unknown code', failed(400, 'Whatever'), 'unexpected', 'Whatever', 1],
  ['a code with control characters', failed(400, '&#27;[31m::error::'), 'malformed', 'HTTP 400 with a body that cannot be read', 1],
  ['a redirect to nowhere', failed(301, 'PermanentRedirect'), 'unexpected', 'PermanentRedirect', 1],
  ['a redirect to another host', failed(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'evil.example/#' }), 'unexpected', 'PermanentRedirect', 1],
  ['a redirect that goes on', failed(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-3' }), 'unexpected', 'PermanentRedirect', 1],
  ['no XML', reply(403, '<<<'), 'malformed', 'HTTP 403 with a body that cannot be read', 1],
  ['a reset', (_response, { socket }) => socket.resetAndDestroy(), 'reset', 'ECONNRESET', 3],
  ['half a reply', (response, { socket }) => response.writeHead(200, { 'content-length': '999' }).write('<', () => socket.destroy()), 'reset', 'ECONNRESET', 3],
  ['an endless reply', endless, 'too-large', 'the reply is larger than the limit', 1],
])('%s costs what hangs on it, and no more', async (_name, answer, code, detail, tries) => {
  await one({ policy: answer });
  const { buckets, populations } = await observe();
  expect(gapsOn(buckets[0], 's3.plainHttp')).toMatchObject([{ code, detail, tries, by: 's3:GetBucketPolicy', evidence: [buckets[0]?.evidence[1]?.id] }]);
  expect(buckets[0]?.facts).toMatchObject({ s3: { tier: 'sse-kms', ssec: 'blocked' } });
  expect(buckets[0]?.facts).not.toHaveProperty('s3.plainHttp');
  expect(populations).toMatchObject([{ state: 'complete', count: 1 }]);
});
test('silence ends with the time of each try', async () => {
  await one({ policy: () => {} });
  const { buckets } = await observe({}, { timeoutMs: 150 });
  expect(gapsOn(buckets[0], 's3.plainHttp')).toMatchObject([{ code: 'timeout', tries: 3 }]);
});
test('a web page instead of XML decides nothing', async () => {
  const page = reply(200, '<html><body>log in</body></html>');
  await one({ encryption: page, policy: page });
  const [bucket] = (await observe()).buckets;
  expect(bucket?.facts).toEqual({ s3: { region: 'eu-west-1' } });
  expect([gapsOn(bucket, 's3.tier'), gapsOn(bucket, 's3.ssec'), gapsOn(bucket, 's3.plainHttp')]).toMatchObject([
    [{ code: 'malformed' }],
    [{}],
    [{ code: 'unprovable' }],
  ]);
  await one({ list: page });
  expect((await observe()).populations).toMatchObject([{ state: 'failed', gap: { code: 'malformed' } }]);
});
test('throttled twice, then answered', async () => {
  let left = 2;
  await wire(({ what }) => (what === 'policy' && left-- > 0 ? failed(503, 'SlowDown') : undefined));
  expect((await observe()).buckets[0]).toMatchObject({ facts: { s3: { plainHttp: 'allowed' } }, gaps: [] });
});
test.each<[string, Answer]>([
  ['a redirect', failed(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'ap-south-2' })],
  ['a signature for the wrong region', failed(400, 'AuthorizationHeaderMalformed', {}, '<Region>ap-south-2</Region>')],
])('%s is followed, once', async (_name, answer) => {
  const asked = await wire(({ what, region }) => ((what === 'encryption' || what === 'policy') && region !== 'ap-south-2' ? answer : undefined));
  const { buckets } = await observe();
  expect(buckets[0]).toMatchObject({ facts: { s3: { region: 'ap-south-2', tier: 'sse-kms' } }, gaps: [] });
  expect(asked.filter(({ what }) => what === 'encryption').map(({ region }) => region)).toEqual(['eu-west-1', 'ap-south-2']);
  expect(buckets[0]?.evidence[0]?.reproduce).toContain('ap-south-2');
});

/** By us, after the S3 API reference (Bucket): no sample shows BucketRegion. */
const inTwoPartitions = reply(
  200,
  '<ListAllMyBucketsResult><Buckets><Bucket><Name>near</Name><BucketRegion>us-west-2</BucketRegion></Bucket><Bucket><Name>far</Name><BucketRegion>cn-north-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>',
);
test('regions come with the list, or are asked for', async () => {
  const asked = await one({ list: inTwoPartitions }).then(() => observe());
  expect(asked.buckets.map(({ subject, facts }) => [subject, facts] as const).sort(([a], [b]) => byCodeUnit(a, b))).toMatchObject([
    ['arn:aws-cn:s3:::far', { s3: { region: 'cn-north-1' } }],
    ['arn:aws:s3:::near', { s3: { region: 'us-west-2' } }],
  ]);
  await one({ list: reply(200, fixture('moto-list-buckets')), location: reply(200, fixture('moto-get-bucket-location-us-east-1')) });
  expect((await observe()).buckets[0]?.facts).toMatchObject({ s3: { region: 'us-east-1' } });
  await one({ list: bucketList(['logs']), location: reply(200, fixture('moto-get-bucket-location').replace('eu-west-1', 'EU')) });
  expect((await observe()).buckets[0]?.facts).toMatchObject({ s3: { region: 'eu-west-1' } });
  await one({ list: bucketList(['logs']), location: failed(403, 'AccessDenied') });
  const [bucket] = (await observe()).buckets;
  expect(gapsOn(bucket, 's3.region')).toMatchObject([{ code: 'access-denied', by: 's3:GetBucketLocation' }]);
  expect(bucket?.facts).toMatchObject({ s3: { tier: 'sse-kms' } });
});
test('what moto said in 2026', async () => {
  await one({
    list: reply(200, fixture('moto-list-buckets')),
    location: reply(200, fixture('moto-get-bucket-location')),
    encryption: reply(200, fixture('moto-get-bucket-encryption')),
    policy: reply(404, fixture('moto-no-such-bucket-policy')),
  });
  expect((await observe()).buckets[0]?.facts).toMatchObject({
    s3: { region: 'eu-west-1', tier: 'sse-kms', keyNamed: 'alias', keyId: 'alias/x', bucketKey: true, plainHttp: 'allowed' },
  });
});
test('what other SDKs test their readers with', async () => {
  const asked = await wire(({ what, region }) => {
    if (what === 'list') return reply(200, fixture('ruby-list-buckets'));
    if (what === 'location') return reply(200, fixture('smithy-get-bucket-location'));
    return what === 'policy' && region === 'us-west-2' ? reply(301, fixture('ruby-permanent-redirect'), { 'x-amz-bucket-region': 'eu-north-1' }) : undefined;
  });
  const { buckets } = await observe();
  expect(buckets).toMatchObject([{ subject: 'arn:aws:s3:::aws-sdk-ruby', gaps: [], facts: { s3: { region: 'eu-north-1', plainHttp: 'allowed' } } }]);
  expect(asked.filter(({ what }) => what === 'policy').map(({ region }) => region)).toEqual(['us-west-2', 'eu-north-1']);
});
test('one region: asked for, and kept to', async () => {
  const asked = await wire(({ what }) => (what === 'list' ? inTwoPartitions : undefined));
  const { buckets, populations } = await observe({ regions: ['us-west-2'] });
  expect(buckets.map(({ subject }) => subject)).toEqual(['arn:aws:s3:::near']);
  expect(populations).toMatchObject([{ scope: 'aws://123456789012/us-west-2/s3', state: 'complete', count: 1 }]);
  expect(asked.find(({ what }) => what === 'list')?.query.get('bucket-region')).toBe('us-west-2');
});
test('named buckets are not listed', async () => {
  const asked = await wire(({ bucket, what }) => (bucket === 'gone' && what !== 'sts' ? failed(404, 'NoSuchBucket') : undefined));
  const { buckets, populations } = await observe({ buckets: ['logs', 'gone', '../etc'] });
  expect(asked.some(({ what }) => what === 'list')).toBe(false);
  expect(buckets.map(({ subject }) => subject).sort()).toEqual(['arn:aws:s3:::gone', arn]);
  expect(
    gapsOn(
      buckets.find(({ subject }) => subject.endsWith('gone')),
      's3.tier',
    ),
  ).toMatchObject([{ code: 'not-found' }]);
  expect(populations).toMatchObject([{ state: 'partial', count: 2, gap: { code: 'malformed', by: 'config' } }]);
});
test('only the calls that some rule reads', async () => {
  const asked = await wire(() => undefined);
  await observe({}, { reads: new Set(['s3.tier']) });
  expect(asked.map(({ what }) => what).sort()).toEqual(['encryption', 'list', 'sts']);
});

test('300 buckets: two pages, two calls each, and no more than asked for at a time', async () => {
  const names = Array.from({ length: 300 }, (_, at) => `bucket-${at}`);
  let [open, most] = [0, 0];
  const asked = await wire(({ what, query }) => {
    if (what === 'list')
      return query.has('continuation-token') ? bucketList(names.slice(150), 'eu-west-1') : bucketList(names.slice(0, 150), 'eu-west-1', 'next');
    const answer = usual[what];
    return (response, request) => {
      most = Math.max(most, ++open);
      response.on('finish', () => open--);
      setImmediate(() => answer?.(response, request));
    };
  });
  const { buckets, populations } = await observe({}, { timeoutMs: 60_000, limits: { concurrency: 100, perHost: 4, delayMs: 0 } });
  expect(new Set(buckets.map(({ subject }) => subject)).size).toBe(300);
  expect(buckets.flatMap(({ gaps }) => gaps)).toEqual([]);
  expect(populations).toMatchObject([{ state: 'complete', count: 300 }]);
  const counts = Object.fromEntries(['list', 'location', 'encryption', 'policy', 'sts'].map((what) => [what, asked.filter((one) => one.what === what).length]));
  expect(counts).toEqual({ list: 2, location: 0, encryption: 300, policy: 300, sts: 1 });
  expect(asked[0]?.query.get('max-buckets') ?? asked[1]?.query.get('max-buckets')).toBe('1000');
  expect(most).toBeLessThanOrEqual(41);
}, 120_000);
test('a page that fails leaves a part, the first one leaves nothing', async () => {
  await wire(({ what, query }) =>
    what === 'list' ? (query.has('continuation-token') ? failed(403, 'AccessDenied') : bucketList(['logs'], 'eu-west-1', 'next')) : undefined,
  );
  expect((await observe()).populations).toMatchObject([{ state: 'partial', count: 1, gap: { code: 'access-denied', by: 's3:ListBuckets' } }]);
  await one({ list: failed(403, 'AccessDenied') });
  expect(await observe()).toMatchObject({
    buckets: [],
    populations: [{ scope: 'aws://123456789012/all/s3', state: 'failed', gap: { code: 'access-denied' } }],
  });
});
test('a page that comes again, and names that no bucket has', async () => {
  await one({ list: bucketList(['logs', '../../etc', 'a b'], 'eu-west-1', 'same') });
  const { buckets, populations } = await observe();
  expect(new Set(buckets.map(({ subject }) => subject))).toEqual(new Set([arn]));
  expect(populations).toMatchObject([{ state: 'partial', gap: { code: 'malformed' } }]);
});
test('an empty account is complete', async () => {
  await one({ list: reply(200, '<ListAllMyBucketsResult><Owner><ID>x</ID></Owner><Buckets/></ListAllMyBucketsResult>') });
  expect((await observe()).populations).toEqual([{ scope: 'aws://123456789012/all/s3', kind: 's3-bucket', state: 'complete', count: 0 }]);
});
test('who asks is not needed', async () => {
  await one({ sts: failed(403, 'AccessDenied') });
  const { callers, populations, buckets } = await observe();
  expect([callers, populations[0]?.scope, buckets.length]).toEqual([[], 'aws://unknown/all/s3', 1]);
});
test.each([
  ['no credentials', {}, 'no-credentials'],
  ['a profile that is not there', { AWS_PROFILE: 'nobody' }, 'no-credentials'],
])('%s', async (_name, set, code) => {
  configure({ ...set, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  expect(await observe()).toMatchObject({ buckets: [], callers: [], populations: [{ state: 'failed', gap: { code } }] });
});
test('a profile brings its own region and keys, and stands in the command', async () => {
  const asked = await wire(() => undefined);
  const { AWS_ENDPOINT_URL: endpoint = '' } = process.env;
  const file = join(mkdtempSync(join(tmpdir(), 'encaudit-')), 'config');
  writeFileSync(
    file,
    '[default]\nregion = ap-south-1\n[profile audit]\nregion = us-west-2\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = hidden-secret\n',
  );
  configure({ AWS_ENDPOINT_URL: endpoint, AWS_CONFIG_FILE: file });
  const { buckets, populations } = await observe({ profile: 'audit' });
  expect(populations).toMatchObject([{ state: 'complete', count: 1 }]);
  expect(asked.find(({ what }) => what === 'list')?.region).toBe('us-west-2');
  expect(buckets[0]?.evidence[0]?.reproduce?.join(' ')).toContain('--region eu-west-1 --profile audit --endpoint-url http://127.0.0.1:');
  expect(JSON.stringify(buckets)).not.toMatch(/AKIDPROFILE|hidden-secret/);
});
test.each([
  ['ExpiredToken', 'expired-credentials'],
  ['InvalidAccessKeyId', 'no-credentials'],
])('the listing answers %s', async (name, code) => {
  await one({ list: failed(400, name) });
  expect(await observe()).toMatchObject({ buckets: [], populations: [{ state: 'failed', gap: { code, detail: `${name}, request R1` } }] });
});
test('nobody listens', async () => {
  configure({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
  expect((await observe()).populations).toMatchObject([{ state: 'failed', gap: { code: 'refused', tries: 3 } }]);
});
test('stopped in the middle: what was seen stays, the rest says why', async () => {
  const stop = new AbortController();
  let left = 10;
  await wire(({ what }) => {
    if (what === 'list')
      return bucketList(
        Array.from({ length: 100 }, (_, at) => `bucket-${at}`),
        'eu-west-1',
        'next',
      );
    if (what === 'policy' && left-- === 0) stop.abort();
    return undefined;
  });
  const { buckets, populations } = await observe({}, { signal: stop.signal });
  expect(buckets.some(({ gaps }) => gaps.length === 0)).toBe(true);
  expect(buckets.some(({ gaps }) => gaps.some(({ code }) => code === 'cancelled'))).toBe(true);
  expect(populations).toMatchObject([{ state: 'partial', gap: { code: 'cancelled' } }]);
});
test('stopped before it began', async () => {
  const asked = await wire(() => undefined);
  expect((await observe({}, { signal: AbortSignal.abort() })).populations).toMatchObject([{ state: 'failed', gap: { code: 'cancelled' } }]);
  expect(asked).toEqual([]);
});
test('whoever stops listening stops the calls', async () => {
  const asked = await wire(({ what }) =>
    what === 'list'
      ? bucketList(
          Array.from({ length: 500 }, (_, at) => `bucket-${at}`),
          'eu-west-1',
        )
      : undefined,
  );
  for await (const seen of aws.observe(target(), context())) if (seen.is === 'observation') break;
  expect(asked.length).toBeLessThan(200);
});
test('a proxy takes the calls, unless the host is excepted', async () => {
  const asked = await wire(() => undefined);
  const { AWS_ENDPOINT_URL: direct = '' } = process.env;
  configure({ AWS_ENDPOINT_URL: direct, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', http_proxy: 'http://127.0.0.1:1' });
  expect((await observe()).populations).toMatchObject([{ state: 'failed', gap: { code: 'refused' } }]);
  vi.stubEnv('no_proxy', '127.0.0.1');
  expect((await observe()).populations).toMatchObject([{ state: 'complete' }]);
  expect(asked.length).toBeGreaterThan(0);
});
