import { expect, test } from 'vitest';
import type { FactsByKind } from '../../src/facts/index.ts';
import { derive } from '../../src/judge/derive/index.ts';
import { bySubject, subjectsOf } from '../../src/judge/subjects.ts';
import type { DeepPartial, Gap, Link, Observation, Subject, SubjectId } from '../../src/model/observation.ts';

const account = '111122223333';
const keyArn = (id: string, region = 'eu-west-1', of = account): `arn:${string}` => `arn:aws:kms:${region}:${of}:key/${id}`;
const alias = (name: string): `arn:${string}` => `arn:aws:kms:eu-west-1:${account}:alias/${name}`;
const bucketArn = 'arn:aws:s3:::data';
const seen = { origin: 'api', by: 'test', evidence: [], gaps: [], links: [] } as const;
const key = (
  subject: SubjectId,
  kms: DeepPartial<FactsByKind['kms-key']>['kms'],
  more: { readonly gaps?: readonly Gap[]; readonly links?: readonly Link[]; readonly declared?: DeepPartial<FactsByKind['kms-key']>['declared'] } = {},
): Observation => ({
  ...seen,
  subject,
  kind: 'kms-key',
  facts: { ...(kms && { kms }), ...(more.declared && { declared: more.declared }) },
  gaps: more.gaps ?? [],
  links: more.links ?? [],
});
const bucket = (
  to: readonly SubjectId[],
  s3: DeepPartial<FactsByKind['s3-bucket']>['s3'] = { tier: 'sse-kms', keyNamed: 'key-arn' },
  subject: SubjectId = bucketArn,
): Observation => ({
  ...seen,
  subject,
  kind: 's3-bucket',
  facts: s3 ? { s3 } : {},
  links: to.map((one) => ({ rel: 'encrypted-by', to: one })),
});
function derived(id: SubjectId, ...observations: readonly Observation[]): Subject['views'][number] {
  const index = subjectsOf(bySubject(observations));
  const subject = index.subject(id);
  const [view] = subject ? derive(subject, index).views : [];
  if (!view) throw new Error('nothing');
  return view;
}
const facts = (id: SubjectId, ...observations: readonly Observation[]): DeepPartial<FactsByKind['s3-bucket'] & FactsByKind['kms-key']> =>
  derived(id, ...observations).facts;
const customer = { keyManager: 'customer', keyState: 'Enabled', policyPublic: false } as const;

test('a key by its ARN: its health stands beside the bucket', () => {
  expect(facts(bucketArn, bucket([keyArn('a')]), key(keyArn('a'), customer)).key).toEqual({
    arn: keyArn('a'),
    manager: 'customer',
    state: 'Enabled',
    usable: true,
    policyPublic: false,
  });
});
test.each(['Disabled', 'PendingDeletion', 'PendingImport', 'PendingReplicaDeletion', 'Unavailable', 'Creating'] as const)('%s: not usable', (keyState) => {
  expect(facts(bucketArn, bucket([keyArn('a')]), key(keyArn('a'), { keyManager: 'customer', keyState })).key).toMatchObject({ state: keyState, usable: false });
});
test('an alias leads to the key that has it', () => {
  const has: readonly Link[] = [{ rel: 'serves', to: alias('data') }];
  expect(facts(bucketArn, bucket([alias('data')]), key(keyArn('a'), customer, { links: has }), key(keyArn('b'), customer)).key).toMatchObject({
    arn: keyArn('a'),
  });
});
test('another region, another account: a key like any other, if somebody read it', () => {
  const far = keyArn('a', 'us-east-1', '444455556666');
  expect(facts(bucketArn, bucket([far]), key(far, customer)).key).toMatchObject({ arn: far, usable: true });
});
test.each<readonly [string, SubjectId, string]>([
  ['a key that nobody read', keyArn('a', 'us-east-1', '444455556666'), 'scan aws:kms@us-east-1 with credentials of account 444455556666'],
  ['an alias that no key has', alias('data'), `no key that was read has the alias ${alias('data')}`],
])('%s: open, and how to get it', (_name, to, detail) => {
  const view = derived(bucketArn, bucket([to]), key(keyArn('b'), customer));
  expect(view.facts).not.toHaveProperty('key');
  expect(view.gaps).toMatchObject([{ path: 'key', code: 'not-attempted', detail: expect.stringContaining(detail) }]);
});
test('a key named without an account that is not known', () => {
  const view = derived(bucketArn, bucket([], { tier: 'sse-kms', keyNamed: 'key-id', keyId: 'a' }));
  expect(view.gaps).toMatchObject([{ path: 'key', code: 'not-attempted' }]);
});
test('two keys are a conflict', () => {
  const view = derived(bucketArn, bucket([keyArn('a'), keyArn('b')]), key(keyArn('a'), customer), key(keyArn('b'), customer));
  expect(view.gaps).toMatchObject([{ path: 'key', code: 'conflict' }]);
});
test('what could not be read of the key is open beside the bucket, with the same gap', () => {
  const denied: Gap = { path: 'kms.keyState', code: 'access-denied', by: 'kms:DescribeKey', detail: 'AccessDeniedException', tries: 1, evidence: ['ev-1'] };
  const view = derived(bucketArn, bucket([keyArn('a')]), key(keyArn('a'), { keyManager: 'customer' }, { gaps: [denied] }));
  expect(view.facts).toMatchObject({ key: { manager: 'customer' } });
  expect(view.gaps).toEqual([
    { ...denied, path: 'key.state' },
    { ...denied, path: 'key.usable' },
  ]);
});
test('a gap over a whole key covers all that hangs on it', () => {
  const bug: Gap = { path: 'kms', code: 'bug', by: 'kms', detail: 'TypeError', tries: 1, evidence: [] };
  const view = derived(bucketArn, bucket([keyArn('a')]), key(keyArn('a'), {}, { gaps: [bug] }));
  expect(view.gaps.map(({ path }) => path)).toEqual(['key.manager', 'key.state', 'key.usable', 'key.deletionDate', 'key.policyPublic']);
});
test.each([
  ['KMS without a named key', { tier: 'sse-kms', keyNamed: 'none' }, { manager: 'aws' }],
  ['the alias of AWS', { tier: 'dsse-kms', keyNamed: 'aws-alias', keyId: 'alias/aws/s3' }, { manager: 'aws' }],
  ['without KMS', { tier: 'sse-s3', keyNamed: 'none' }, undefined],
  ['not known', {}, undefined],
] as const)('%s', (_name, s3, expected) => {
  const view = derived(bucketArn, bucket([], s3));
  expect(facts(bucketArn, bucket([], s3)).key).toEqual(expected);
  expect(view.gaps).toEqual([]);
});

test('who names a key, by ARN and by alias, each once', () => {
  const has: readonly Link[] = [{ rel: 'serves', to: alias('data') }];
  const id = keyArn('a');
  const found = facts(
    id,
    key(id, { ...customer, aliases: ['alias/data'] }, { links: has }),
    bucket([id], undefined, 'arn:aws:s3:::c'),
    bucket([alias('data')], undefined, 'arn:aws:s3:::b'),
    bucket([keyArn('b')], undefined, 'arn:aws:s3:::d'),
  );
  expect(found.kms).toMatchObject({ references: 2, referencedBy: ['arn:aws:s3:::b', 'arn:aws:s3:::c'] });
});
test('a key alone does not say that nobody names it', () => {
  const [view] = derive({ id: keyArn('a'), kind: 'kms-key', views: [{ facts: { kms: customer }, gaps: [], evidence: [], drift: [] }] }).views;
  expect(view?.facts).not.toHaveProperty('kms.references');
});

const plain = {
  keyManager: 'customer',
  keyState: 'Enabled',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  customKeyStore: false,
  multiRegion: 'no',
} as const;
test.each<readonly [string, DeepPartial<FactsByKind['kms-key']>['kms'], boolean | undefined]>([
  ['an ordinary key', plain, true],
  ['disabled', { ...plain, keyState: 'Disabled' }, true],
  ['pending', { ...plain, keyState: 'PendingDeletion' }, false],
  ['of AWS', { keyManager: 'aws' }, false],
  ['asymmetric', { ...plain, keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' }, false],
  ['HMAC', { ...plain, keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' }, false],
  ['imported', { ...plain, origin: 'EXTERNAL' }, false],
  ['in a custom store', { ...plain, customKeyStore: true }, false],
  ['KMS said that it does not apply', { ...plain, rotationSupported: false }, false],
  ['not described', {}, undefined],
  ['half described', { keyManager: 'customer', keySpec: 'SYMMETRIC_DEFAULT' }, undefined],
])('eligible for rotation: %s', (_name, kms, expected) => {
  expect(facts(keyArn('a'), key(keyArn('a'), kms)).kms?.rotationEligible).toBe(expected);
});
test('a replica is judged on its primary, unless nobody read that', () => {
  const [primary, replica] = [keyArn('mrk-1'), keyArn('mrk-1', 'us-east-1')];
  const copy = key(replica, { ...plain, multiRegion: 'replica' }, { links: [{ rel: 'member-of', to: primary }] });
  expect(facts(replica, copy, key(primary, plain)).kms?.rotationEligible).toBe(false);
  expect(facts(replica, copy).kms?.rotationEligible).toBe(true);
});
test.each<readonly [string, DeepPartial<FactsByKind['kms-key']>['kms'], number, number | undefined, string | undefined]>([
  ['never rotated', { ...plain, rotated: false, createdAt: '2020-01-01T00:00:00Z' }, 0, 365, '2020-01-01T00:00:00Z'],
  ['rotated', { ...plain, rotated: true, lastRotation: '2026-01-01T00:00:00Z', createdAt: '2020-01-01T00:00:00Z' }, 90, 90, '2026-01-01T00:00:00Z'],
  ['history not known', { ...plain, createdAt: '2020-01-01T00:00:00Z' }, 0, 365, undefined],
  ['asymmetric', { ...plain, keySpec: 'ECC_NIST_P256', createdAt: '2020-01-01T00:00:00Z' }, 0, 1095, '2020-01-01T00:00:00Z'],
  ['HMAC', { ...plain, keySpec: 'HMAC_256', createdAt: '2020-01-01T00:00:00Z' }, 0, 365, '2020-01-01T00:00:00Z'],
  ['not described', { region: 'eu-west-1' }, 0, undefined, undefined],
])('period and age: %s', (_name, kms, cryptoperiodDays, days, since) => {
  const found = facts(keyArn('a'), key(keyArn('a'), kms, { declared: { cryptoperiodDays } })).kms;
  expect([found?.cryptoperiodDays, found?.materialSince]).toEqual([days, since]);
});

test.each(['rds-instance', 'rds-cluster', 'rds-snapshot'] as const)('the key behind a %s', (kind) => {
  const id = 'arn:aws:rds:eu-west-1:111122223333:db:a';
  const of = (keyId: string | undefined, to: readonly SubjectId[]): Observation => ({
    ...seen,
    subject: id,
    kind,
    facts: { rds: keyId === undefined ? {} : { keyId } },
    links: to.map((one) => ({ rel: 'encrypted-by', to: one })),
  });
  expect(facts(id, of(keyArn('a'), [keyArn('a')]), key(keyArn('a'), customer)).key).toMatchObject({ arn: keyArn('a'), usable: true });
  expect(derived(id, of(keyArn('a'), [keyArn('a')])).gaps).toMatchObject([{ path: 'key', code: 'not-attempted' }]);
  expect(derived(id, of(undefined, []))).toMatchObject({ gaps: [], facts: {} });
  expect(facts(keyArn('a'), key(keyArn('a'), customer), of(keyArn('a'), [keyArn('a')])).kms).toMatchObject({ references: 1, referencedBy: [id] });
});
