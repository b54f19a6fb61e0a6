import { expect, test } from 'vitest';
import type { Kind } from '../../../src/facts/index.ts';
import { filterOf } from '../../../src/observe/aws/filter.ts';
import { merged } from '../../../src/observe/aws/merged.ts';
import { permissionsFor } from '../../../src/observe/aws/permissions.ts';
import { pacer } from '../../../src/observe/aws/rate.ts';
import type { Collector } from '../../../src/observe/aws/collector.ts';

const arn = 'arn:aws:rds:eu-west-1:123456789012:db:orders-prod';
test.each<[Parameters<typeof filterOf>[0], boolean]>([
  [{}, true],
  [{ include: ['orders-prod'] }, true],
  [{ include: ['orders'] }, false],
  [{ include: ['orders*'] }, true],
  [{ include: ['*prod'] }, true],
  [{ include: ['*rder*'] }, true],
  [{ include: ['o*d*d'] }, true],
  [{ include: ['o*r*s*x*'] }, false],
  [{ include: ['orders-prod*orders-prod'] }, false],
  [{ include: ['arn:aws:rds:eu-west-1:*'] }, true],
  [{ include: ['arn:aws:rds:us-*'] }, false],
  [{ include: [arn], exclude: ['*-test'] }, true],
  [{ exclude: ['orders-*'] }, false],
  [{ include: ['*'], exclude: [arn] }, false],
])('%j leaves it: %s', (target, expected) => {
  expect(filterOf(target)(arn)).toBe(expected);
});
test('a pattern of many stars takes no time', () => {
  expect(filterOf({ include: [`${'*a'.repeat(500)}b`] })(`arn:aws:s3:::${'a'.repeat(2000)}`)).toBe(false);
});

const collector = (service: 's3' | 'kms', reach: Collector['reach'], kinds: readonly Kind[], calls: Collector['calls']): Collector => ({
  service,
  reach,
  kinds,
  calls,
  observe: async function* () {},
});
const s3 = collector(
  's3',
  'global',
  ['s3-bucket'],
  [
    { action: 's3:ListAllMyBuckets', fills: [] },
    { action: 's3:GetEncryptionConfiguration', fills: ['s3-bucket s3.tier', 's3-bucket s3.ssec'] },
    { action: 's3:GetBucketPolicy', fills: ['s3-bucket s3.plainHttp', 's3-bucket s3.ssec'] },
  ],
);
test.each<[string, readonly string[], readonly string[]]>([
  ['what is read', ['s3.tier'], ['s3:GetEncryptionConfiguration', 's3:ListAllMyBuckets']],
  ['what two calls fill', ['s3.ssec'], ['s3:GetBucketPolicy', 's3:GetEncryptionConfiguration', 's3:ListAllMyBuckets']],
  ['what is derived from it', ['s3.madeUp'], ['s3:GetBucketPolicy', 's3:GetEncryptionConfiguration', 's3:ListAllMyBuckets']],
  ['only what was declared', ['declared.data'], ['s3:ListAllMyBuckets']],
])('permissions for %s', (_what, reads, actions) => {
  expect(permissionsFor([{ subject: 's3-bucket', reads }], [s3])).toEqual([{ service: 's3', actions }]);
});
test('nothing is asked for that no rule is about', () => {
  expect(permissionsFor([{ subject: 'endpoint', reads: ['tls.offered'] }], [s3])).toEqual([]);
});
test('a regional service needs the list of regions too', () => {
  const kms = collector('kms', 'regional', ['s3-bucket'], [{ action: 'kms:ListKeys', fills: [] }]);
  expect(permissionsFor([{ subject: 's3-bucket', reads: ['s3.tier'] }], [kms])).toEqual([
    { service: 'account', actions: ['account:ListRegions'] },
    { service: 'kms', actions: ['kms:ListKeys'] },
  ]);
});

test('calls keep their distance, each operation and region by itself, and what has no quota goes at once', async () => {
  let clock = 1000;
  const waits: number[] = [];
  const pace = pacer(
    () => clock,
    async (ms) => {
      waits.push(Math.round(ms));
      clock += ms;
    },
  );
  const { signal } = new AbortController();
  for (let n = 0; n < 13; n++) await pace('kms:ListKeys', 'eu-west-1', signal); // 50 a second: one in 20 ms, and ten that were not used
  expect(waits).toEqual([20, 20]);
  await pace('kms:ListKeys', 'us-east-1', signal);
  for (let n = 0; n < 100; n++) await pace('s3:GetBucketPolicy', 'eu-west-1', signal);
  expect(waits).toHaveLength(2);
});

test('streams come as they are, and are stopped with their reader', async () => {
  const ended: string[] = [];
  async function* counting(name: string, ms: number): AsyncGenerator<string, void> {
    try {
      for (let n = 0; ; n++) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        yield `${name}${n}`;
      }
    } finally {
      ended.push(name);
    }
  }
  const got: string[] = [];
  for await (const one of merged([counting('slow', 30), counting('fast', 2)])) {
    got.push(one);
    if (got.length === 6) break;
  }
  expect(got.filter((one) => one.startsWith('fast')).length).toBeGreaterThan(3);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(ended.sort()).toEqual(['fast', 'slow']);
});
