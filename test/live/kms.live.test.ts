import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  KMSClient,
  PutKeyPolicyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  type CreateKeyCommandInput,
} from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketEncryptionCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { derive } from '../../src/judge/derive/index.ts';
import { ruleDir } from '../../src/judge/rules/dir.ts';
import { judge, prepare } from '../../src/judge/rules/judge.ts';
import { loadRules } from '../../src/judge/rules/load.ts';
import { bySubject, subjectsOf } from '../../src/judge/subjects.ts';
import type { Observation, Population } from '../../src/model/observation.ts';
import { aws } from '../../src/observe/aws/source.ts';
import { configure, context, target } from '../observe/aws/wire.ts';
import { moto } from './moto.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
const account = '123456789012';
const statement = (more: object): object => ({ Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*', ...more });
const delegation = statement({ Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*' });
const policy = (...statements: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });

test('keys and buckets in moto, made by the SDK: what is seen, and the verdict on each', async () => {
  const endpoint = await moto();
  configure({ AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing', AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: endpoint });
  const [kms, s3] = [new KMSClient(), new S3Client({ forcePathStyle: true })];
  onTestFinished(() => {
    kms.destroy();
    s3.destroy();
  });
  const make = async (alias: string, input: CreateKeyCommandInput = {}): Promise<string> => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
    const KeyId = KeyMetadata?.KeyId ?? '';
    await kms.send(new CreateAliasCommand({ AliasName: `alias/${alias}`, TargetKeyId: KeyId }));
    return KeyId;
  };
  const bucket = async (Bucket: string, KMSMasterKeyID: string): Promise<void> => {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID } }];
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  };
  const ids = {
    plain: await make('plain'),
    turning: await make('turning'),
    demand: await make('demand'),
    doomed: await make('doomed'),
    off: await make('off'),
    open: await make('open'),
    signing: await make('signing', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
    imported: await make('imported', { Origin: 'EXTERNAL' }),
  };
  await kms.send(new EnableKeyRotationCommand({ KeyId: ids.turning, RotationPeriodInDays: 200 }));
  await kms.send(new RotateKeyOnDemandCommand({ KeyId: ids.demand }));
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: ids.doomed, PendingWindowInDays: 7 }));
  await kms.send(new DisableKeyCommand({ KeyId: ids.off }));
  const put = (KeyId: string, Policy: string): Promise<unknown> => kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy }));
  await put(ids.open, policy(delegation, statement({ Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } })));
  await put(ids.demand, policy(delegation, statement({ Principal: { AWS: 'arn:aws:iam::444455556666:root' } })));
  await bucket('by-arn', `arn:aws:kms:eu-west-1:${account}:key/${ids.doomed}`);
  await bucket('by-id', ids.off);
  await bucket('by-alias', 'alias/plain');
  await bucket('lost', `arn:aws:kms:eu-west-1:444455556666:key/${ids.plain}`);

  const [observations, populations]: [Observation[], Population[]] = [[], []];
  const rules = loadRules(ruleDir()).filter(({ file }) => file.subject === 'kms-key' || file.id === 's3/key-usable');
  const reads = new Set(rules.flatMap(({ rule }) => rule.info.reads));
  for await (const seen of aws.observe(target({ services: ['s3', 'kms'], regions: ['eu-west-1'] }), context({ now: () => new Date(), reads }))) {
    if (seen.is === 'observation') observations.push(seen.observation);
    if (seen.is === 'population') populations.push(seen.population);
  }
  expect(populations).toContainEqual({ scope: `aws://${account}/eu-west-1/kms`, kind: 'kms-key', state: 'complete', count: 8 });
  const index = subjectsOf(bySubject(observations));
  const verdicts = new Map(
    index.ids.flatMap((id) => {
      const subject = index.subject(id);
      const name = Object.entries(ids).find(([, one]) => id.endsWith(`/${one}`))?.[0] ?? id.split(':').at(-1) ?? '';
      if (!subject) return [];
      const prepared = prepare(derive(subject, index), new Date());
      return rules
        .filter(({ file }) => file.subject === subject.kind)
        .map(({ rule, file }): readonly [string, string] => {
          const judgement = judge(rule, prepared);
          return [`${name} ${file.id}`, typeof judgement === 'string' ? judgement : judgement.verdict];
        });
    }),
  );
  const says = (...questions: readonly string[]): readonly (string | undefined)[] => questions.map((one) => verdicts.get(one));
  // Moto does not say the period of a rotation: without it nobody knows whether it is short enough.
  expect(says('plain kms/rotation', 'turning kms/rotation', 'demand kms/rotation', 'signing kms/rotation', 'imported kms/rotation')).toEqual([
    'fail',
    'unknown',
    'pass',
    'not-applicable',
    'not-applicable',
  ]);
  expect(says('doomed kms/kept-while-used', 'off kms/usable-while-used', 'plain kms/usable-while-used', 'open kms/kept-while-used')).toEqual([
    'fail',
    'fail',
    'pass',
    'pass',
  ]);
  expect(says('plain kms/policy-not-public', 'open kms/policy-not-public', 'demand kms/policy-own-account')).toEqual(['pass', 'fail', 'fail']);
  expect(says('by-arn s3/key-usable', 'by-id s3/key-usable', 'by-alias s3/key-usable', 'lost s3/key-usable')).toEqual(['fail', 'fail', 'pass', 'unknown']);
});
