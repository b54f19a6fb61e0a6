import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { labKeys } from '../../src/demo/kms-account.ts';
import { startKmsWire } from '../../src/demo/kms-wire.ts';
import { labDatabases } from '../../src/demo/rds-account.ts';
import { startRdsWire } from '../../src/demo/rds-wire.ts';
import { labAccount } from '../../src/demo/s3-account.ts';
import { startS3Wire } from '../../src/demo/s3-wire.ts';
import type { ScanResult } from '../../src/model/result.ts';
import { run } from './run.ts';

const numbered = <T>(count: number, make: (name: string) => T): readonly T[] => Array.from({ length: count }, (_, at) => make(String(at).padStart(4, '0')));
const some = <T>(item: T | undefined): T => {
  if (item === undefined) throw new Error('the lab has changed');
  return item;
};
const tally = (calls: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const operation = call.split(' ').find((word) => /^[A-Z][A-Za-z]+$/.test(word)) ?? call;
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
};

test('200 buckets, 100 keys, 50 instances: no more calls than are planned, in less than 200 MB', async () => {
  const now = new Date();
  const { accessKeyId, secretAccessKey } = labAccount;
  const keys = labKeys(now, accessKeyId);
  const good = some(keys.keys.find(({ aliases }) => aliases.includes('alias/lab-data')));
  const databases = labDatabases(now, accessKeyId);
  const orders = some(databases.instances.find(({ name }) => name === 'lab-orders'));
  const bucket = some(labAccount.buckets.find(({ name }) => name === 'lab-card-payments'));
  const s3 = await startS3Wire({ account: { ...labAccount, buckets: numbered(200, (n) => ({ ...bucket, name: `bucket-${n}` })) } });
  const kms = await startKmsWire({
    account: { ...keys, keys: [good, ...numbered(99, (n) => ({ ...good, id: `${good.id.slice(0, -4)}${n}`, aliases: [`alias/key-${n}`] }))] },
  });
  const rds = await startRdsWire({ account: { ...databases, instances: numbered(50, (n) => ({ ...orders, name: `db-${n}` })), clusters: [], snapshots: [] } });
  onTestFinished(async () => {
    await Promise.all([s3.stop(), kms.stop(), rds.stop()]);
  });
  let peak = 0;
  const ended = await run(['scan', 'aws:@eu-west-1', '-f', 'json', '--max-unknown', '1000'], {
    env: {
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_ENDPOINT_URL_KMS: kms.endpoint,
      AWS_ENDPOINT_URL_RDS: rds.endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: 'eu-west-1',
    },
    during: ({ pid }) => {
      const timer = setInterval(() => {
        try {
          peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0));
        } catch {
          clearInterval(timer); // it has ended, or this is no Linux
        }
      }, 50);
    },
  });
  const result: ScanResult = JSON.parse(ended.stdout);
  const count = (kind: string): number => result.subjects.filter((one) => one.kind === kind).length;
  expect([count('s3-bucket'), count('kms-key'), count('rds-instance')]).toEqual([200, 100, 50]);
  expect(tally(s3.calls)).toEqual({ ListBuckets: 1, GetCallerIdentity: 1, GetBucketEncryption: 200, GetBucketPolicy: 200 });
  expect(tally(kms.calls)).toEqual({ ListKeys: 1, ListAliases: 1, DescribeKey: 100, GetKeyPolicy: 100, GetKeyRotationStatus: 100 });
  expect(tally(rds.calls)).toEqual({
    DescribeDBInstances: 1,
    DescribeDBClusters: 1,
    DescribeDBParameters: 1, // all are of one group
    DescribeDBSnapshots: 1,
    DescribeDBClusterSnapshots: 1,
    DescribeCertificates: 1,
  });
  expect(peak).toBeLessThan(200 * 1024);
  expect(ended.stdout + ended.stderr).not.toContain(secretAccessKey);
  if (process.env['ENCAUDIT_SHOW']) process.stdout.write(`peak ${(peak / 1024).toFixed(0)} MB\n`);
});
