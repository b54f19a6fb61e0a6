import {
  DescribeCertificatesCommand,
  DescribeDBClusterSnapshotAttributesCommand,
  DescribeDBInstancesCommand,
  DescribeDBParametersCommand,
  DescribeDBSnapshotAttributesCommand,
  paginateDescribeDBInstances,
  paginateDescribeDBParameters,
  RDSClient,
} from '@aws-sdk/client-rds';
import { expect, onTestFinished, test } from 'vitest';
import { labDatabases, type RdsAccount } from '../../src/demo/rds-account.ts';
import { startRdsWire, type RdsWire, type RdsWireOptions } from '../../src/demo/rds-wire.ts';

const now = new Date('2026-11-25T12:00:00Z');
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
const account: RdsAccount = labDatabases(now, credentials.accessKeyId);
async function start(
  options: Partial<RdsWireOptions> = {},
  region = 'eu-west-1',
  keys = credentials,
): Promise<{ readonly wire: RdsWire; readonly rds: RDSClient }> {
  const wire = await startRdsWire({ account, ...options });
  const rds = new RDSClient({ region, endpoint: wire.endpoint, credentials: keys, maxAttempts: 1 });
  onTestFinished(() => {
    rds.destroy();
    return wire.stop();
  });
  return { wire, rds };
}

test('the SDK reads all instances over several pages', async () => {
  const { rds, wire } = await start({ pageSize: 5 });
  const names: unknown[] = [];
  for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client: rds }, { MaxRecords: 100 }))
    names.push(...DBInstances.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier));
  expect(names).toEqual(account.instances.map(({ name }) => name));
  expect(wire.calls).toEqual(['DescribeDBInstances', 'DescribeDBInstances', 'DescribeDBInstances']);
});
test('an instance has everything that the model has', async () => {
  const { rds } = await start();
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand());
  expect(DBInstances.find(({ DBInstanceIdentifier }) => DBInstanceIdentifier === 'lab-archive')).toEqual({
    DBInstanceIdentifier: 'lab-archive',
    DBInstanceArn: 'arn:aws:rds:eu-west-1:111122223333:db:lab-archive',
    DBInstanceStatus: 'available',
    Engine: 'mariadb',
    EngineVersion: '11.8.3',
    DBParameterGroups: [{ DBParameterGroupName: 'default.mariadb11.8', ParameterApplyStatus: 'in-sync' }],
    StorageEncrypted: false,
    StorageEncryptionType: 'sse-rds',
    PubliclyAccessible: false,
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    CertificateDetails: { CAIdentifier: 'rds-ca-rsa2048-g1', ValidTill: new Date('2027-07-23T12:00:00Z') },
  });
});
test('parameters: by name, by source, all of them; filters that are passed over, and refused', async () => {
  const names = async (wire: RDSClient, how: object): Promise<unknown> =>
    (await wire.send(new DescribeDBParametersCommand({ DBParameterGroupName: 'billing-pg14', ...how }))).Parameters?.map(({ ParameterName }) => ParameterName);
  const byName = { Filters: [{ Name: 'parameter-name', Values: ['rds.force_ssl', 'ssl'] }] };
  const { rds } = await start();
  expect(await names(rds, byName)).toEqual(['rds.force_ssl', 'ssl']);
  expect(await names(rds, { Source: 'user' })).toEqual(['log_connections']);
  expect(await names(rds, {})).toHaveLength(4);
  expect(await names((await start({ filters: 'ignored' })).rds, byName)).toHaveLength(4);
  await expect(names((await start({ filters: 'refused' })).rds, byName)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  const paged = await start({ pageSize: 3 });
  const pages: number[] = [];
  for await (const { Parameters = [] } of paginateDescribeDBParameters({ client: paged.rds }, { DBParameterGroupName: 'billing-pg14' }))
    pages.push(Parameters.length);
  expect(pages).toEqual([3, 1]);
});
test('who may restore a snapshot', async () => {
  const { rds } = await start();
  const one = await rds.send(new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier: 'lab-crm-before-upgrade' }));
  expect(one.DBSnapshotAttributesResult?.DBSnapshotAttributes).toEqual([{ AttributeName: 'restore', AttributeValues: ['all'] }]);
  const nobody = await rds.send(new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier: 'lab-orders-monthly' }));
  expect(nobody.DBSnapshotAttributesResult?.DBSnapshotAttributes).toEqual([{ AttributeName: 'restore', AttributeValues: [] }]);
  const other = await rds.send(new DescribeDBClusterSnapshotAttributesCommand({ DBClusterSnapshotIdentifier: 'lab-shop-to-analytics' }));
  expect(other.DBClusterSnapshotAttributesResult?.DBClusterSnapshotAttributes).toEqual([{ AttributeName: 'restore', AttributeValues: ['444455556666'] }]);
});
test('another region has no databases, and the same authorities', async () => {
  const { rds } = await start({}, 'us-east-1');
  expect((await rds.send(new DescribeDBInstancesCommand())).DBInstances).toEqual([]);
  expect((await rds.send(new DescribeCertificatesCommand())).Certificates).toHaveLength(3);
});
test.each<[string, Partial<RdsWireOptions>, typeof credentials, string]>([
  ['a strange key', {}, { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' }, 'InvalidClientTokenId'],
  ['a denied call', { account: { ...account, denied: ['DescribeDBInstances'] } }, credentials, 'AccessDenied'],
  ['a fault of one call', { faults: [{ operation: 'DescribeDBInstances', is: { error: 'Throttling' } }] }, credentials, 'Throttling'],
  ['a fault of all calls', { faults: [{ is: { error: 'ServiceUnavailable' } }] }, credentials, 'ServiceUnavailable'],
])('%s', async (_what, options, keys, name) => {
  const { rds } = await start(options, 'eu-west-1', keys);
  await expect(rds.send(new DescribeDBInstancesCommand())).rejects.toMatchObject({ name, $metadata: { requestId: expect.stringMatching(/^[0-9A-F]{16}$/) } });
});
test('a fault that comes late and goes away', async () => {
  const { rds } = await start({ faults: [{ operation: 'DescribeDBInstances', after: 1, times: 1, is: { error: 'Throttling' } }] });
  const ask = (): Promise<unknown> => rds.send(new DescribeDBInstancesCommand());
  await ask();
  await expect(ask()).rejects.toMatchObject({ name: 'Throttling' });
  await ask();
});
test('what it does not know it does not answer', async () => {
  const { wire } = await start();
  await expect(fetch(wire.endpoint)).rejects.toThrow('fetch failed');
  const body = 'Action=DeleteDBInstance&DBInstanceIdentifier=lab-orders';
  const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20261125/eu-west-1/rds/aws4_request`, 'content-type': 'text/plain' };
  const response = await fetch(wire.endpoint, { method: 'POST', body, headers });
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('<Code>InvalidAction</Code>')]);
});
