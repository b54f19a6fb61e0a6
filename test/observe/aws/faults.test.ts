import { gzipSync } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { bucketList, failed, gapsOn, observe, reply, wire, type Answer } from './wire.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
const one = (answers: Readonly<Record<string, Answer>>): Promise<readonly unknown[]> => wire(({ what }) => answers[what]);

test('a reply that drips ends with the time of each try', async () => {
  const drip: Answer = (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
  await one({ encryption: drip });
  const { buckets } = await observe({}, { timeoutMs: 150 });
  expect(gapsOn(buckets[0], 's3.tier')).toMatchObject([{ code: 'timeout', tries: 3 }]);
});
test('a compressed body is not unpacked: S3 sends none, and a small one may be a large one', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, 32));
  const packed: Answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  await one({ list: packed });
  expect((await observe()).populations).toMatchObject([{ state: 'failed', gap: { code: 'malformed' } }]);
  await one({ policy: packed });
  expect(gapsOn((await observe()).buckets[0], 's3.plainHttp')).toHaveLength(1);
});
test('a redirect of HTTP is followed nowhere', async () => {
  const asked = await one({ list: (response, { url }) => response.writeHead(301, { location: url ?? '/' }).end() });
  expect((await observe()).populations).toMatchObject([{ state: 'failed', gap: { code: 'unexpected' } }]);
  expect(asked.length).toBe(2); // one listing, and who asks
});
test('a redirect without a body says by a header where the bucket is', async () => {
  const asked = await wire(({ what, region }) =>
    what === 'policy' && region !== 'us-west-2' ? reply(301, '', { 'x-amz-bucket-region': 'us-west-2' }) : undefined,
  );
  const { buckets } = await observe();
  expect(gapsOn(buckets[0], 's3.plainHttp')).toEqual([]);
  expect(asked.filter(({ what }) => what === 'policy').map(({ region }) => region)).toEqual(['eu-west-1', 'us-west-2']);
});
test('10,000 buckets come in ten pages', async () => {
  const page = (from: number): Answer =>
    bucketList(
      Array.from({ length: 1000 }, (_, at) => `bucket-${from + at}`),
      'eu-west-1',
      from < 9000 ? String(from + 1000) : '',
    );
  const asked = await wire(({ what, query }) => (what === 'list' ? page(Number(query.get('continuation-token') ?? 0)) : undefined));
  const { buckets, populations } = await observe({}, { reads: new Set(['s3.region']) });
  expect(populations).toMatchObject([{ state: 'complete', count: 10_000 }]);
  expect(new Set(buckets.map(({ subject }) => subject)).size).toBe(10_000);
  expect(asked.filter(({ what }) => what === 'list')).toHaveLength(10);
}, 60_000);
test('a bucket of another partition is not asked for under this name here', async () => {
  const asked = await wire(() => undefined);
  const cn = 'arn:aws-cn:s3:::logs';
  const { buckets, declared, populations } = await observe({ id: cn, buckets: ['logs'] });
  expect(asked.filter(({ what }) => what !== 'sts')).toEqual([]);
  expect(buckets).toMatchObject([{ subject: cn, facts: {}, gaps: [{ path: 's3', code: 'not-attempted' }] }]);
  expect(declared).toMatchObject([{ subject: cn }]);
  expect(populations).toMatchObject([{ state: 'complete', count: 1 }]);
  expect((await observe({ id: cn, buckets: ['logs'], regions: ['cn-north-1'] })).buckets).toMatchObject([{ subject: 'arn:aws:s3:::logs' }]);
});
test('a policy blocks SSE-C even where the configuration allows it', async () => {
  const allowed = reply(
    200,
    '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>',
  );
  const Condition = { Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' } };
  const deny = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: 'arn:aws:s3:::logs/*', Condition };
  await one({ encryption: allowed, policy: reply(200, JSON.stringify({ Statement: [deny] })) });
  expect((await observe()).buckets[0]).toMatchObject({ facts: { s3: { ssec: 'blocked' } }, gaps: [] });
  await one({ encryption: allowed });
  expect((await observe()).buckets[0]?.facts).toMatchObject({ s3: { ssec: 'allowed' } });
});
test('the gap of a failed listing names the request', async () => {
  await one({ list: failed(403, 'AccessDenied') });
  expect((await observe()).populations).toMatchObject([{ gap: { code: 'access-denied', detail: 'AccessDenied, request R1' } }]);
  await one({ list: failed(403, 'AccessDenied', { 'x-amz-request-id': 'a b::error::' }) });
  expect((await observe()).populations).toMatchObject([{ gap: { detail: 'AccessDenied' } }]);
});
