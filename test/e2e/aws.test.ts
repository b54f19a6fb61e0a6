import { expect, test } from 'vitest';
import { labAccount } from '../../src/demo/s3-account.ts';
import { run, type Ended } from './run.ts';
import { awsWorld } from './servers.ts';

interface Seen {
  readonly identity: { readonly accounts: readonly unknown[] };
  readonly populations: readonly { readonly state: string; readonly count?: number; readonly gap?: { readonly code: string } }[];
  readonly findings: readonly {
    readonly subject: string;
    readonly rule: string;
    readonly verdict: string;
    readonly because: readonly { readonly code: string }[];
  }[];
}
const seen = ({ stdout }: Ended): Seen => JSON.parse(stdout);
const scan = (env: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<Ended> =>
  run(['scan', 'aws:s3', '--timeout', '20000', '-f', 'json', ...more], { env });
const codes = (result: Seen, bucket: string): readonly string[] => [
  ...new Set(
    result.findings
      .filter(({ subject, verdict }) => subject.endsWith(bucket) && verdict === 'unknown')
      .flatMap(({ because }) => because.map(({ code }) => code)),
  ),
];

test.concurrent('an account: every bucket is judged, a denied call is an unknown', async () => {
  const ended = await scan(await awsWorld({ pageSize: 4 }));
  expect(ended).toMatchObject({
    status: 1,
    last: expect.stringMatching(/^exit 1: \d+ high findings ≥ --fail-on high; \d+ unknowns? from \d+ causes? > --max-unknown 0$/),
  });
  const result = seen(ended);
  expect(result.populations).toEqual([expect.objectContaining({ state: 'complete', count: labAccount.buckets.length })]);
  expect(result.identity.accounts).toEqual([{ account: labAccount.id, arn: expect.stringContaining(labAccount.user) }]);
  expect(codes(result, 'lab-patient-records')).toEqual(['access-denied', 'not-attempted']); // its key is named, and KMS was not asked for
  expect(ended.stdout).not.toContain(labAccount.secretAccessKey);
});
test.concurrent('a throttled call is asked again, then it is an unknown', async () => {
  const [once, forever] = await Promise.all([
    awsWorld({ faults: [{ operation: 'GetBucketPolicy', bucket: 'lab-website', times: 1, is: { error: 'SlowDown' } }] }).then((env) => scan(env)),
    awsWorld({ faults: [{ operation: 'GetBucketPolicy', bucket: 'lab-website', is: { error: 'SlowDown' } }] }).then((env) => scan(env)),
  ]);
  expect(codes(seen(once), 'lab-website')).not.toContain('throttled');
  expect(codes(seen(forever), 'lab-website')).toContain('throttled');
  expect(forever.status).toBe(1); // what was seen counts
});

const failing: readonly (readonly [string, string, () => Promise<Readonly<Record<string, string>>>])[] = [
  ['no credentials', 'no-credentials', () => Promise.resolve({})],
  ['a profile that is not there', 'no-credentials', () => Promise.resolve({ AWS_PROFILE: 'nobody' })],
  ['a key that nobody knows', 'no-credentials', async () => ({ ...(await awsWorld()), AWS_ACCESS_KEY_ID: 'AKIAOTHER' })],
  ['credentials that have expired', 'expired-credentials', () => awsWorld({ faults: [{ is: { error: 'ExpiredToken' } }] })],
  ['a denied listing', 'access-denied', () => awsWorld({ faults: [{ operation: 'ListBuckets', is: { error: 'AccessDenied' } }] })],
  ['a throttled listing', 'throttled', () => awsWorld({ faults: [{ operation: 'ListBuckets', is: { error: 'SlowDown' } }] })],
  ['a listing that never comes', 'timeout', () => awsWorld({ faults: [{ operation: 'ListBuckets', is: 'silent' }] })],
  ['a listing without an end', 'too-large', () => awsWorld({ faults: [{ operation: 'ListBuckets', is: 'endless' }] })],
];
test.concurrent.each(failing)('%s: incomplete, and named %s', async (_, code, world) => {
  const env = await world();
  const ended = await scan(env, '--max-unknown', '100', ...(code === 'timeout' ? ['--timeout', '500'] : []));
  expect(ended).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(
      new RegExp(`^exit 3: nothing answered; listing aws://(?:unknown|${labAccount.id})/all/s3 failed \\(s3:ListBuckets: ${code}\\)\n$`),
    ),
  });
  expect(seen(ended).populations).toEqual([expect.objectContaining({ state: 'failed', gap: expect.objectContaining({ code }) })]);
});

test.concurrent('names of buckets reach no stream as they are', async () => {
  const evil = 'evil\n::error::pwned\n##vso[task.complete]\u202e<script>`';
  const [bucket] = labAccount.buckets;
  const env = await awsWorld({}, { ...labAccount, buckets: bucket ? [bucket, { ...bucket, name: evil }] : [] });
  const all = await Promise.all(['terminal', 'json', 'sarif', 'junit', 'markdown'].map((format) => run(['scan', 'aws:s3', '-v', '-f', format], { env })));
  for (const { stdout, stderr, status } of all) {
    expect(stdout).toContain('lab-access-logs');
    expect(stdout + stderr).not.toMatch(/^\s*::|##(?:vso|\[)|\u202e/m);
    expect(status).toBe(3); // a name that cannot be one is no bucket that was seen
  }
});
