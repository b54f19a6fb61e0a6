import {
  CreateDBClusterCommand,
  CreateDBClusterParameterGroupCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  CreateDBParameterGroupCommand,
  CreateDBSnapshotCommand,
  ModifyDBClusterParameterGroupCommand,
  ModifyDBParameterGroupCommand,
  ModifyDBSnapshotAttributeCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { derive } from '../../src/judge/derive/index.ts';
import { merge } from '../../src/judge/merge.ts';
import { ruleDir } from '../../src/judge/rules/dir.ts';
import { judge, prepare } from '../../src/judge/rules/judge.ts';
import { loadRules } from '../../src/judge/rules/load.ts';
import type { Observation } from '../../src/model/observation.ts';
import { factsOf, gapsOf, look, now } from '../observe/aws/rds-scene.ts';
import { configure } from '../observe/aws/wire.ts';
import { moto } from './moto.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
/** What the rules say of each subject: `name rule` → verdict. */
function verdicts(observations: readonly Observation[]): ReadonlyMap<string, string> {
  const rules = loadRules(ruleDir()).filter(({ file }) => file.subject.startsWith('rds-'));
  return new Map(
    merge(observations).flatMap((subject) =>
      rules
        .filter(({ file }) => file.subject === subject.kind)
        .map(({ rule, file }) => {
          const judgement = judge(rule, prepare(derive(subject), now));
          return [`${subject.id.split(':').at(-1)} ${file.id.slice(4)}`, typeof judgement === 'string' ? judgement : judgement.verdict] as const;
        }),
    ),
  );
}

test('databases in moto, made by the SDK: the verdict on each', async () => {
  const endpoint = await moto();
  configure({ AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing', AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: endpoint });
  const client = new RDSClient();
  onTestFinished(() => {
    client.destroy();
  });
  const group = async (DBParameterGroupName: string, DBParameterGroupFamily: string, ParameterName: string, ParameterValue: string): Promise<void> => {
    await client.send(new CreateDBParameterGroupCommand({ DBParameterGroupName, DBParameterGroupFamily, Description: 'x' }));
    const Parameters = [{ ParameterName, ParameterValue, ApplyMethod: 'immediate' as const }];
    await client.send(new ModifyDBParameterGroupCommand({ DBParameterGroupName, Parameters }));
  };
  const login = { MasterUsername: 'owner', MasterUserPassword: 'not-a-secret' };
  const instance = (DBInstanceIdentifier: string, Engine: string, more: object): Promise<unknown> =>
    client.send(new CreateDBInstanceCommand({ DBInstanceIdentifier, Engine, DBInstanceClass: 'db.t3.micro', AllocatedStorage: 20, ...login, ...more }));
  await group('tls-only', 'postgres14', 'rds.force_ssl', '1');
  await group('tls-off', 'postgres16', 'rds.force_ssl', '0');
  await group('tls-word', 'mysql8.0', 'require_secure_transport', 'ON');
  await instance('strict', 'postgres', { EngineVersion: '14.12', DBParameterGroupName: 'tls-only', StorageEncrypted: true });
  await instance('loose', 'postgres', { EngineVersion: '16.3', DBParameterGroupName: 'tls-off', StorageEncrypted: true });
  await instance('word', 'mysql', { EngineVersion: '8.0.39', DBParameterGroupName: 'tls-word', StorageEncrypted: true });
  await instance('plain', 'mysql', { EngineVersion: '8.0.39' });
  await instance('oracle', 'oracle-se2', { EngineVersion: '19.0.0.0.ru-2023-07.rur-2023-07.r1', LicenseModel: 'license-included' });
  await client.send(
    new CreateDBClusterParameterGroupCommand({ DBClusterParameterGroupName: 'shop', DBParameterGroupFamily: 'aurora-postgresql16', Description: 'x' }),
  );
  const Parameters = [{ ParameterName: 'rds.force_ssl', ParameterValue: '1', ApplyMethod: 'immediate' as const }];
  await client.send(new ModifyDBClusterParameterGroupCommand({ DBClusterParameterGroupName: 'shop', Parameters }));
  const aurora = { Engine: 'aurora-postgresql', EngineVersion: '16.6' };
  await client.send(
    new CreateDBClusterCommand({ DBClusterIdentifier: 'shop', ...aurora, DBClusterParameterGroupName: 'shop', StorageEncrypted: true, ...login }),
  );
  await client.send(new CreateDBInstanceCommand({ DBInstanceIdentifier: 'shop-1', ...aurora, DBInstanceClass: 'db.r6g.large', DBClusterIdentifier: 'shop' }));
  await client.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier: 'given-away', DBInstanceIdentifier: 'plain' }));
  await client.send(new ModifyDBSnapshotAttributeCommand({ DBSnapshotIdentifier: 'given-away', AttributeName: 'restore', ValuesToAdd: ['all'] }));
  await client.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier: 'kept', DBInstanceIdentifier: 'strict' }));
  await client.send(new CreateDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: 'shop-kept', DBClusterIdentifier: 'shop' }));

  const seen = await look();
  expect(seen.populations.map(({ kind, state }) => [kind, state])).toEqual([
    ['rds-instance', 'complete'],
    ['rds-cluster', 'complete'],
    ['rds-snapshot', 'complete'],
  ]);
  const said = verdicts(seen.observations);
  const of = (name: string): Readonly<Record<string, string | undefined>> =>
    Object.fromEntries([...said].filter(([key]) => key.startsWith(`${name} `)).map(([key, verdict]) => [key.slice(name.length + 1), verdict]));
  expect(of('strict')).toMatchObject({ 'instance-tls-enforced': 'pass', 'instance-storage-encrypted': 'pass', 'instance-key-reachable': 'pass' });
  expect(of('loose')).toMatchObject({ 'instance-tls-enforced': 'fail' });
  expect(of('word')).toMatchObject({ 'instance-tls-enforced': 'pass', 'instance-minimum-tls': 'pass' });
  expect(of('plain')).toMatchObject({ 'instance-tls-enforced': 'fail', 'instance-storage-encrypted': 'fail', 'instance-minimum-tls': 'pass' });
  expect(of('oracle')).toMatchObject({ 'instance-tls-enforced': 'unknown', 'instance-minimum-tls': 'unknown' });
  expect(of('shop-1')).toMatchObject({ 'instance-tls-enforced': 'not-applicable', 'instance-storage-encrypted': 'not-applicable' });
  expect(of('shop')).toMatchObject({ 'cluster-tls-enforced': 'pass', 'cluster-storage-encrypted': 'pass' });
  expect(of('given-away')).toMatchObject({ 'snapshot-encrypted': 'fail', 'snapshot-not-public': 'fail' });
  expect(of('kept')).toMatchObject({ 'snapshot-encrypted': 'pass', 'snapshot-not-public': 'pass' });
  expect(of('shop-kept')).toMatchObject({ 'snapshot-encrypted': 'pass', 'snapshot-not-public': 'pass' });
  // Moto has no certificates: no date, no verdict.
  expect(of('strict')).toMatchObject({ 'authority-not-expired': 'unknown', 'certificate-not-expired': 'unknown' });
  expect(gapsOf(seen, 'strict').find(({ path }) => path === 'rds.caValidTill')).toMatchObject({ by: 'rds:DescribeCertificates' });
  expect(factsOf(seen, 'loose')).toMatchObject({ tlsSetting: 'rds.force_ssl = 0', tlsEnforcedBy: 'parameter' });
});
