import { createServer } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { listen } from '../../support/listen.ts';
import { factsOf, gapsOf, look, named } from './rds-scene.ts';
import { configure, fixture } from './wire.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
/** Replies that others wrote, by operation; the reply to a second page, and to what is not named here, is an empty one. */
async function samples(byOperation: Readonly<Record<string, string | readonly [status: number, name: string]>>): Promise<readonly URLSearchParams[]> {
  const asked: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const form = new URLSearchParams(body);
      asked.push(form);
      const operation = form.get('Action') ?? '';
      const sample = form.has('Marker') ? undefined : byOperation[operation];
      const [status, name] = sample === undefined ? [200, undefined] : typeof sample === 'string' ? [200, sample] : sample;
      response
        .writeHead(status, { 'content-type': 'text/xml' })
        .end(name === undefined ? `<${operation}Response><${operation}Result>${empty(operation)}</${operation}Result></${operation}Response>` : fixture(name));
    });
  });
  const port = await listen(server);
  configure({ AWS_ENDPOINT_URL_RDS: `http://127.0.0.1:${port}`, AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'top-secret', AWS_REGION: 'eu-west-1' });
  return asked;
}
const empty = (operation: string): string =>
  `<${operation.replace('Describe', '').replace('DBClusterParameters', 'Parameters').replace('DBParameters', 'Parameters')}/>`;

test('the documentation’s Multi-AZ cluster: MySQL 8.0, three members, the group that the sample has', async () => {
  const asked = await samples({ DescribeDBClusters: 'docs-rds-describe-db-clusters' });
  const seen = await look();
  expect(factsOf(seen, 'my-multi-az-cluster')).toEqual({
    engine: 'mysql',
    engineVersion: '8.0.26',
    region: 'eu-west-1',
    status: 'creating',
    storageEncrypted: true,
    encryptionType: 'sse-kms', // the sample is older than StorageEncryptionType, and names the key
    keyId: 'arn:aws:kms:us-west-2:123456789012:key/123EXAMPLE-abcd-4567-efgEXAMPLE',
    members: ['my-multi-az-cluster-instance-3', 'my-multi-az-cluster-instance-2', 'my-multi-az-cluster-instance-1'],
    pendingReboot: false,
  });
  expect(named(seen, 'my-multi-az-cluster')?.links).toEqual([
    { rel: 'encrypted-by', to: 'arn:aws:kms:us-west-2:123456789012:key/123EXAMPLE-abcd-4567-efgEXAMPLE' },
  ]);
  // Its instances are not listed: what their own groups say is not known.
  expect(gapsOf(seen, 'my-multi-az-cluster')[0]).toMatchObject({ path: 'rds.tlsEnforced', code: 'not-found' });
  const parameters = asked.find((form) => form.get('Action') === 'DescribeDBClusterParameters');
  expect(parameters?.get('DBClusterParameterGroupName')).toBe('my-cluster-param-1');
  expect(parameters?.get('Filters.Filter.1.Name')).toBe('parameter-name');
  expect(parameters?.get('Filters.Filter.1.Values.Value.1')).toBe('require_secure_transport');
});
test('the documentation’s parameters are read to their last page, and what is not among them has the default', async () => {
  const asked = await samples({ DescribeDBInstances: 'moto-rds-describe-db-instances', DescribeDBParameters: 'docs-rds-describe-db-parameters' });
  const seen = await look();
  expect(factsOf(seen, 'orders')).toMatchObject({ tlsEnforced: false, tlsEnforcedBy: 'engine-default' }); // PostgreSQL 14
  expect(asked.filter((form) => form.get('Action') === 'DescribeDBParameters' && form.get('Marker') === 'bGlzdGVuZXJfbmV0d29ya3M=')).not.toEqual([]);
});
test('the documentation’s snapshot is shared with one account', async () => {
  await samples({ DescribeDBSnapshots: 'moto-rds-describe-db-snapshots', DescribeDBSnapshotAttributes: 'docs-rds-describe-db-snapshot-attributes' });
  expect(factsOf(await look(), 'orders-1')).toMatchObject({ type: 'manual', public: false, sharedWith: 1, encrypted: true });
});
test('the documentation’s authority is not that of the instance', async () => {
  await samples({ DescribeDBInstances: 'moto-rds-describe-db-instances', DescribeCertificates: 'docs-rds-describe-certificates' });
  const seen = await look();
  expect(factsOf(seen, 'orders')).toMatchObject({ caIdentifier: 'rds-ca-default' });
  expect(gapsOf(seen, 'orders').filter(({ path }) => path.startsWith('rds.caValid'))).toMatchObject([{ code: 'not-found' }, { code: 'not-found' }]);
  expect(named(seen, 'orders')?.evidence.map(({ received }) => received)).toContain('rdscacertificate till 2014-05-22T01:12:00.000Z');
});
test('what moto says', async () => {
  await samples({
    DescribeDBInstances: 'moto-rds-describe-db-instances',
    DescribeDBClusters: 'moto-rds-describe-db-clusters',
    DescribeDBParameters: 'moto-rds-describe-db-parameters',
    DescribeDBClusterParameters: 'moto-rds-describe-db-cluster-parameters',
    DescribeDBSnapshots: 'moto-rds-describe-db-snapshots',
    DescribeDBSnapshotAttributes: 'moto-rds-describe-db-snapshot-attributes',
  });
  const seen = await look();
  expect(factsOf(seen, 'orders')).toMatchObject({ tlsEnforced: true, tlsSetting: 'rds.force_ssl = 1', storageEncrypted: true, keyId: 'default_kms_key_id' });
  expect(named(seen, 'orders')?.links).toEqual([]); // that is no key
  expect(factsOf(seen, 'plain')).toMatchObject({ tlsEnforced: false, storageEncrypted: false });
  expect(factsOf(seen, 'shop-1')).toMatchObject({ clusterMember: true });
  expect(factsOf(seen, 'shop')).toMatchObject({ tlsEnforced: true, tlsSetting: 'require_secure_transport = ON', membersOpen: [] });
  expect(factsOf(seen, 'plain-1')).toMatchObject({ public: true, encrypted: false });
  expect(seen.populations.map(({ state }) => state)).toEqual(['complete', 'complete', 'complete']);
});
test('a group that is gone', async () => {
  await samples({ DescribeDBInstances: 'moto-rds-describe-db-instances', DescribeDBParameters: [404, 'moto-rds-db-parameter-group-not-found'] });
  expect(gapsOf(await look(), 'orders').find(({ path }) => path === 'rds.tlsEnforced')).toMatchObject({ code: 'not-found', by: 'rds:DescribeDBParameters' });
});
test('replies without a list, without names, with strange names: the listing is short, and that is said', async () => {
  const said: Readonly<Record<string, string>> = {
    DescribeDBInstances: '<DBInstances><DBInstance><DBInstanceIdentifier>x</DBInstanceIdentifier></DBInstance></DBInstances>',
    DescribeDBClusters:
      '<DBClusters><DBCluster><DBClusterIdentifier>a b</DBClusterIdentifier><DBClusterArn>arn:aws:rds:eu-west-1:1:cluster:\u202e</DBClusterArn></DBCluster></DBClusters>',
    DescribeDBSnapshots:
      '<DBSnapshots><DBSnapshot><DBSnapshotArn>arn:aws:s3:::bucket</DBSnapshotArn><DBSnapshotIdentifier>s</DBSnapshotIdentifier></DBSnapshot></DBSnapshots>',
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const operation = new URLSearchParams(body).get('Action') ?? '';
      response.end(`<${operation}Response><${operation}Result>${said[operation] ?? '<DBClusterSnapshots/>'}</${operation}Result></${operation}Response>`);
    });
  });
  configure({
    AWS_ENDPOINT_URL_RDS: `http://127.0.0.1:${await listen(server)}`,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_REGION: 'eu-west-1',
  });
  const { observations, populations } = await look();
  expect(observations).toEqual([]);
  expect(populations.map(({ state, gap }) => [state, gap?.code])).toEqual(Array.from({ length: 3 }, () => ['failed', 'malformed']));
});
