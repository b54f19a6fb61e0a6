import { readFileSync } from 'node:fs';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { labKeyIds, labKeys } from '../../../src/demo/kms-account.ts';
import { startKmsWire, type KmsFault, type KmsWire } from '../../../src/demo/kms-wire.ts';
import { undeclared } from '../../../src/facts/declared.ts';
import type { Gap, Observation, Population } from '../../../src/model/observation.ts';
import type { SourceContext } from '../../../src/model/source.ts';
import type { AwsTarget } from '../../../src/model/target.ts';
import { kms } from '../../../src/observe/aws/services/kms.ts';
import { aws } from '../../../src/observe/aws/source.ts';
import { configure, context, target } from './wire.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
const now = new Date('2026-06-01T00:00:00Z');
const account = labKeys(now, 'AKIDTEST');
const everything = new Set(kms.calls.flatMap(({ fills }) => fills.map((fill) => fill.split(' ')[1] ?? '')));
interface Told {
  readonly keys: readonly Observation<'kms-key'>[];
  readonly populations: readonly Population[];
  readonly wire: KmsWire;
}
interface Setting {
  readonly faults?: readonly KmsFault[];
  readonly pageSize?: number;
  readonly aim?: Partial<AwsTarget>;
  readonly more?: Partial<SourceContext>;
}
/** The real SDK, over a real socket. */
async function observe({ faults = [], pageSize = 1000, aim = {}, more = {} }: Setting = {}): Promise<Told> {
  const wire = await startKmsWire({ account, faults, pageSize });
  onTestFinished(() => wire.stop());
  configure({ AWS_ENDPOINT_URL: wire.endpoint, AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'top-secret', AWS_REGION: 'eu-west-1' });
  const [keys, populations]: [Observation<'kms-key'>[], Population[]] = [[], []];
  const what = target({ services: ['kms'], regions: ['eu-west-1'], ...aim });
  for await (const seen of aws.observe(what, context({ now: () => now, reads: everything, ...more }))) {
    if (seen.is === 'population') populations.push(seen.population);
    if (seen.is === 'observation' && seen.observation.origin === 'api' && seen.observation.kind === 'kms-key') keys.push(seen.observation);
  }
  return { keys, populations, wire };
}
const byAlias = ({ keys }: Told, alias: string): Observation<'kms-key'> => {
  const found = keys.find(({ facts }) => facts.kms?.aliases?.includes(`alias/${alias}`));
  if (!found) throw new Error(`no ${alias}`);
  return found;
};
const gapsOn = ({ gaps }: Observation<'kms-key'>, path: string): readonly Gap[] => gaps.filter((gap) => gap.path === path);
const operations = (wire: KmsWire, key?: string): readonly string[] =>
  wire.calls.filter((one) => key === undefined || one.endsWith(key)).map((one) => one.split(' ')[1] ?? '');

test('each key of the lab: what the wire says of it', async () => {
  const told = await observe();
  expect(told.populations).toEqual([{ scope: 'aws://unknown/eu-west-1/kms', kind: 'kms-key', state: 'complete', count: 15 }]);
  expect(byAlias(told, 'lab-data').facts).toEqual({
    kms: {
      region: 'eu-west-1',
      aliases: ['alias/lab-data'],
      keyManager: 'customer',
      keyState: 'Enabled',
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      customKeyStore: false,
      multiRegion: 'no',
      createdAt: '2023-12-14T00:00:00.000Z',
      expires: false,
      rotationSupported: true,
      rotationEnabled: true,
      rotationPeriodDays: 365,
      policyPublic: false,
      policyCrossAccount: [],
      policyPrincipals: [{ principal: 'arn:aws:iam::111122223333:role/lab-app', everything: false, manages: false, uses: true }],
      policyLockout: false,
    },
  });
  expect(byAlias(told, 'lab-payments').facts.kms).toMatchObject({ keyState: 'PendingDeletion', deletionDate: '2026-06-13T00:00:00.000Z' });
  expect(byAlias(told, 'lab-exports').facts.kms).toMatchObject({ policyPublic: true, policyWitness: expect.stringContaining('kms:viaservice=s3.eu-west-1') });
  expect(byAlias(told, 'lab-never-rotated').facts.kms).toMatchObject({ rotationEnabled: false, rotated: false });
  expect(byAlias(told, 'lab-rotated-on-demand').facts.kms).toMatchObject({ rotated: true, lastRotation: '2026-04-22T00:00:00.000Z' });
  expect(byAlias(told, 'lab-every-seven-years').facts.kms).toMatchObject({ rotationPeriodDays: 2560, rotated: false });
  expect(byAlias(told, 'lab-imported').facts.kms).toMatchObject({ origin: 'EXTERNAL', expires: true, validTo: '2026-06-10T00:00:00.000Z', rotated: false });
  expect(byAlias(told, 'lab-partner').facts.kms).toMatchObject({ policyCrossAccount: [{ account: '444455556666', access: 'open' }] });
  expect(byAlias(told, 'lab-almighty').facts.kms?.policyPrincipals).toEqual([
    { principal: 'arn:aws:iam::111122223333:role/lab-ops', everything: true, manages: true, uses: true },
  ]);
  expect(byAlias(told, 'lab-locked-out').facts.kms).toMatchObject({ policyLockout: true });
  expect(byAlias(told, 'lab-global').facts.kms).toMatchObject({ multiRegion: 'primary' });
  expect(byAlias(told, 'lab-data').links).toEqual([{ rel: 'serves', to: 'arn:aws:kms:eu-west-1:111122223333:alias/lab-data' }]);
  expect(told.keys.filter(({ gaps }) => gaps.length > 0).map(({ subject }) => subject)).toEqual([byAlias(told, 'lab-secret').subject]);
});
test('no more calls than planned: one of an AWS key, three of an own one, and the history only where the status does not settle it', async () => {
  const { wire } = await observe({ pageSize: 4 });
  const all = operations(wire);
  const count = (name: string): number => all.filter((one) => one === name).length;
  expect([count('ListKeys'), count('ListAliases'), count('DescribeKey'), count('GetKeyPolicy')]).toEqual([4, 4, 15, 14]);
  const callsOf = (key: string): readonly string[] => [...operations(wire, key)].sort();
  expect(callsOf('00000000c0de')).toEqual(['DescribeKey', 'GetKeyPolicy', 'GetKeyRotationStatus']);
  expect(callsOf('0000000000c1')).toEqual(['DescribeKey']); // of AWS
  expect(callsOf('0000000000b4')).toEqual(['DescribeKey', 'GetKeyPolicy']); // asymmetric
  expect(callsOf('0000000000b1')).toEqual(['DescribeKey', 'GetKeyPolicy', 'GetKeyRotationStatus', 'ListKeyRotations']); // off
  expect(callsOf('0000000000b3')).toContain('ListKeyRotations'); // 2560 days
  expect(callsOf('0000000000b5')).toEqual(['DescribeKey', 'GetKeyPolicy', 'ListKeyRotations']); // imported
  expect(callsOf('00000000dead')).toEqual(['DescribeKey', 'GetKeyPolicy']); // waits for its deletion
});
test('a shorter declared cryptoperiod asks for the history of yearly keys, too', async () => {
  const told = await observe({ aim: { declared: { ...undeclared, cryptoperiodDays: 90 } } });
  expect(byAlias(told, 'lab-data').facts.kms).toMatchObject({ rotationPeriodDays: 365, rotated: true, lastRotation: '2025-12-13T00:00:00.000Z' });
});
test('only calls whose facts somebody reads; a key that is filtered out costs none', async () => {
  const { wire, keys } = await observe({
    more: { reads: new Set(['kms.keyState', 's3-bucket key.usable']) },
    aim: { include: [labKeyIds.data, labKeyIds.shared] },
  });
  expect(keys.map(({ subject }) => subject).sort()).toEqual(
    [labKeyIds.data, labKeyIds.shared].map((id) => `arn:aws:kms:eu-west-1:111122223333:key/${id}`).sort(),
  );
  expect([...operations(wire)].filter((one) => one.startsWith('Describe') || one.startsWith('Get'))).toEqual(['DescribeKey', 'DescribeKey']);
});
test('a replica points to its primary, and answers for itself', async () => {
  const { keys, populations } = await observe({ aim: { regions: ['us-east-1'] } });
  expect(populations).toMatchObject([{ scope: 'aws://unknown/us-east-1/kms', count: 1 }]);
  expect(keys[0]?.facts.kms).toMatchObject({ multiRegion: 'replica', rotationEnabled: true });
  expect(keys[0]?.links).toContainEqual({ rel: 'member-of', to: 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1a2b3c4d00004000800000000000000c' });
});

const id = labKeyIds.data;
test.each<readonly [string, Gap['code'], number, number]>([
  ['AccessDeniedException', 'access-denied', 400, 1],
  ['ThrottlingException', 'throttled', 400, 3],
  ['NotFoundException', 'not-found', 400, 1],
  ['DependencyTimeoutException', 'timeout', 503, 3],
  ['KMSInternalException', 'unexpected', 500, 3],
  ['InvalidArnException', 'unexpected', 400, 1],
  ['ExpiredTokenException', 'expired-credentials', 400, 1],
  ['UnrecognizedClientException', 'no-credentials', 400, 1],
  ['UnsupportedOperationException', 'unsupported', 400, 1],
])('%s of GetKeyPolicy: a gap on the policy alone, with call, code and request id', async (error, code, status, tries) => {
  const told = await observe({ faults: [{ operation: 'GetKeyPolicy', key: id, is: { error, status } }] });
  const key = byAlias(told, 'lab-data');
  expect([...new Set(key.gaps.map(({ path }) => path))]).toEqual([
    'kms.policyPublic',
    'kms.policyWitness',
    'kms.policyCrossAccount',
    'kms.policyPrincipals',
    'kms.policyLockout',
  ]);
  const [gap] = gapsOn(key, 'kms.policyPublic');
  expect(gap).toMatchObject({ code, by: 'kms:GetKeyPolicy', detail: error, tries });
  expect(key.evidence.find((record) => record.id === gap?.evidence[0])).toMatchObject({ requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), received: error });
  expect(key.facts.kms).toMatchObject({ keyState: 'Enabled', rotationEnabled: true });
  expect(told.populations[0]).toMatchObject({ state: 'complete', count: 15 });
});
test('DescribeKey denied: all of that key is open, nothing else is', async () => {
  const told = await observe({ faults: [{ operation: 'DescribeKey', key: id, is: { error: 'AccessDeniedException' } }] });
  const key = byAlias(told, 'lab-data');
  expect(key.facts).toEqual({ kms: { region: 'eu-west-1', aliases: ['alias/lab-data'] } });
  expect(new Set(key.gaps.map(({ by, code }) => `${by} ${code}`))).toEqual(new Set(['kms:DescribeKey access-denied']));
  expect(gapsOn(key, 'kms.policyPublic')).toHaveLength(1);
  expect(operations(told.wire, id)).toEqual(['DescribeKey']);
});
test.each(['UnsupportedOperationException', 'KMSInvalidStateException'])('%s of the rotation status: the question does not apply', async (error) => {
  const key = byAlias(await observe({ faults: [{ operation: 'GetKeyRotationStatus', key: id, is: { error } }] }), 'lab-data');
  expect(key.gaps).toEqual([]);
  expect(key.facts.kms?.rotationSupported).toBe(false);
  expect(key.facts.kms?.rotationEnabled).toBeUndefined();
});
test('the rotation status denied: its facts and the history are open', async () => {
  const key = byAlias(await observe({ faults: [{ operation: 'GetKeyRotationStatus', key: id, is: { error: 'AccessDeniedException' } }] }), 'lab-data');
  expect(gapsOn(key, 'kms.rotationEnabled')).toMatchObject([{ code: 'access-denied', by: 'kms:GetKeyRotationStatus' }]);
  expect(key.facts.kms?.policyPublic).toBe(false);
});
test('the history denied: nobody says that the key was never rotated', async () => {
  const told = await observe({ faults: [{ operation: 'ListKeyRotations', is: { error: 'AccessDeniedException' } }] });
  const key = byAlias(told, 'lab-never-rotated');
  expect(key.facts.kms?.rotated).toBeUndefined();
  expect(gapsOn(key, 'kms.rotated')).toMatchObject([{ code: 'access-denied', by: 'kms:ListKeyRotations' }]);
});
test('aliases denied: a gap on them alone', async () => {
  const { keys } = await observe({ faults: [{ operation: 'ListAliases', is: { error: 'AccessDeniedException' } }] });
  expect(keys).toHaveLength(15);
  for (const key of keys) expect(gapsOn(key, 'kms.aliases')).toMatchObject([{ code: 'access-denied', by: 'kms:ListAliases' }]);
  expect(keys.every(({ facts }) => facts.kms?.aliases === undefined)).toBe(true);
});
test('the listing denied: a failed population with the request, and nobody is known', async () => {
  const { keys, populations } = await observe({ faults: [{ operation: 'ListKeys', is: { error: 'AccessDeniedException' } }] });
  expect(keys).toEqual([]);
  expect(populations).toMatchObject([
    {
      state: 'failed',
      gap: { path: 'kms', code: 'access-denied', by: 'kms:ListKeys', detail: expect.stringMatching(/^AccessDeniedException, request [0-9a-f-]+$/) },
    },
  ]);
});
test.each<readonly [string, KmsFault, Partial<Population>]>([
  [
    'the second page fails',
    { operation: 'ListKeys', is: { body: '{"Keys":[{"KeyArn":"arn:aws:kms:eu-west-1:111122223333:key/a"}],"Truncated":true}' } },
    { state: 'partial', count: 1 },
  ],
  ['no list', { operation: 'ListKeys', is: { body: '{}' } }, { state: 'failed' }],
  ['an ARN of nothing', { operation: 'ListKeys', is: { body: '{"Keys":[{"KeyArn":"arn:aws:s3:::b"}]}' } }, { state: 'failed' }],
  ['no JSON', { operation: 'ListKeys', is: { body: '<html>' } }, { state: 'failed' }],
  ['half a reply', { operation: 'ListKeys', is: 'truncated' }, { state: 'failed' }],
  ['silence', { operation: 'ListKeys', is: 'silent' }, { state: 'failed' }],
  ['no end', { operation: 'ListKeys', is: 'endless' }, { state: 'failed' }],
])('a broken listing, %s: never complete', async (_name, fault, population) => {
  const { populations } = await observe({ faults: [fault], more: { timeoutMs: 300 } });
  expect(populations).toMatchObject([population]);
  expect(populations[0]?.gap?.code).not.toBe('bug');
});
test.each([
  ['nothing', '{}'],
  [
    'words that nobody knows',
    '{"KeyMetadata":{"KeyId":"a","KeyManager":"ROBOT","KeyState":"Melted","KeySpec":"\\u001b[2J","KeyUsage":"x y","Origin":"MARS","CreationDate":"soon"}}',
  ],
  ['other types', '{"KeyMetadata":[]}'],
])('DescribeKey says %s: open, and no bug of ours', async (_name, body) => {
  const told = await observe({ faults: [{ operation: 'DescribeKey', key: id, is: { body } }] });
  const key = byAlias(told, 'lab-data');
  expect(key.facts.kms?.keyManager).toBeUndefined();
  expect(key.facts.kms?.keyState).toBeUndefined();
  expect(gapsOn(key, 'kms.keyManager')).toHaveLength(1);
  expect(key.gaps.every(({ code }) => code !== 'bug')).toBe(true);
});
test.each([
  ['no policy', '{}', 'malformed'],
  ['no JSON in it', '{"Policy":"<html>"}', 'unprovable'],
])('GetKeyPolicy says %s: open', async (_name, body, code) => {
  const key = byAlias(await observe({ faults: [{ operation: 'GetKeyPolicy', key: id, is: { body } }] }), 'lab-data');
  expect(gapsOn(key, 'kms.policyPublic')).toMatchObject([{ code }]);
  expect(key.facts.kms?.policyPublic).toBeUndefined();
});
test('on, without a period: the period is open', async () => {
  const key = byAlias(await observe({ faults: [{ operation: 'GetKeyRotationStatus', key: id, is: { body: '{"KeyRotationEnabled":true}' } }] }), 'lab-data');
  expect(gapsOn(key, 'kms.rotationPeriodDays')).toMatchObject([{ code: 'unsupported' }]);
});
test('stopped: no call goes out any more', async () => {
  const stop = new AbortController();
  stop.abort();
  const { wire, populations } = await observe({ more: { signal: stop.signal } });
  expect(wire.calls).toEqual([]);
  expect(populations).toMatchObject([{ state: 'failed', gap: { code: 'cancelled' } }]);
});
test('evidence can be seen again, and holds no secret', async () => {
  const told = await observe();
  const key = byAlias(told, 'lab-data');
  expect(key.evidence.map(({ by, reproduce }) => [by, reproduce?.slice(0, 5)])).toEqual([
    ['kms:DescribeKey', ['aws', 'kms', 'describe-key', '--key-id', key.subject]],
    ['kms:GetKeyPolicy', ['aws', 'kms', 'get-key-policy', '--key-id', key.subject]],
    ['kms:GetKeyRotationStatus', ['aws', 'kms', 'get-key-rotation-status', '--key-id', key.subject]],
  ]);
  expect(JSON.stringify(told.keys)).not.toContain('top-secret');
});

test.each([
  [1, { keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY', keyState: 'Disabled', createdAt: '2019-10-22T18:06:12.317Z', multiRegion: 'no' }],
  [2, { keySpec: 'SYMMETRIC_DEFAULT', multiRegion: 'primary', primary: 'arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab' }],
  [3, { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC', keyState: 'Enabled' }],
])('DescribeKey as in the API reference, sample %i, some without KeySpec', async (at, expected) => {
  const samples: { readonly DescribeKey: readonly unknown[] } = JSON.parse(readFileSync('fixtures/aws/botocore-kms-examples.json', 'utf8'));
  const key = byAlias(await observe({ faults: [{ operation: 'DescribeKey', key: id, is: { body: JSON.stringify(samples.DescribeKey[at]) } }] }), 'lab-data');
  expect(key.facts.kms).toMatchObject({ keyManager: 'customer', origin: 'AWS_KMS', customKeyStore: false, expires: false, ...expected });
  expect(key.gaps).toEqual([]);
});
test('listings, policy and rotation as in the API reference', async () => {
  const samples: Readonly<Record<string, readonly unknown[]>> = JSON.parse(readFileSync('fixtures/aws/botocore-kms-examples.json', 'utf8'));
  const sample = (operation: 'ListKeys' | 'ListAliases' | 'GetKeyPolicy'): KmsFault => ({ operation, is: { body: JSON.stringify(samples[operation]?.[0]) } });
  const { keys, populations } = await observe({ faults: [sample('ListKeys'), sample('ListAliases'), sample('GetKeyPolicy')] });
  expect(populations).toMatchObject([{ state: 'complete', count: 7 }]);
  expect(keys.map(({ subject }) => subject)).toContain('arn:aws:kms:us-east-2:111122223333:key/0d990263-018e-4e65-a703-eff731de951e');
});
