import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RdsFault } from '../../../src/demo/rds-wire.ts';
import { rds } from '../../../src/observe/aws/services/rds.ts';
import { account, allReads, factsOf, gapsOf, look, named, see, wired } from './rds-scene.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
const arn = (type: string, name: string): string => `arn:aws:rds:eu-west-1:111122223333:${type}:${name}`;

test('the lab’s databases: what each is', async () => {
  const seen = await see();
  expect(factsOf(seen, 'lab-orders')).toEqual({
    engine: 'postgres',
    engineVersion: '16.8',
    region: 'eu-west-1',
    status: 'available',
    storageEncrypted: true,
    encryptionType: 'sse-kms',
    keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-0000-4000-8000-00000000c0de',
    clusterMember: false,
    publiclyAccessible: false,
    tlsEnforced: true,
    tlsConfigured: true,
    tlsEnforcedBy: 'parameter',
    tlsSetting: 'rds.force_ssl = 1',
    pendingReboot: false,
    minTlsVersion: 'TLSv1.2',
    caIdentifier: 'rds-ca-rsa2048-g1',
    caValidFrom: '2021-05-21T22:06:00.000Z',
    caValidTill: '2061-05-21T23:06:00.000Z',
    certificateValidTill: '2027-07-23T12:00:00.000Z',
  });
  expect(gapsOf(seen, 'lab-orders')).toEqual([]);
  expect(named(seen, 'lab-orders')).toMatchObject({
    subject: arn('db', 'lab-orders'),
    kind: 'rds-instance',
    links: [{ rel: 'encrypted-by', to: 'arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-0000-4000-8000-00000000c0de' }],
  });
  expect(factsOf(seen, 'lab-billing')).toMatchObject({ tlsEnforced: false, tlsConfigured: false, tlsSetting: 'rds.force_ssl = 0', publiclyAccessible: true });
  expect(factsOf(seen, 'lab-crm')).toMatchObject({ tlsEnforced: false, storageEncrypted: false, encryptionType: 'none', minTlsVersion: 'TLSv1.2' });
  expect(factsOf(seen, 'lab-ledger')).toMatchObject({
    tlsEnforced: false,
    tlsConfigured: true,
    tlsSetting: 'require_secure_transport = 1',
    pendingReboot: true,
  });
  expect(gapsOf(seen, 'lab-ledger')).toMatchObject([{ path: 'rds.minTlsVersion', code: 'unprovable' }]);
  expect(factsOf(seen, 'lab-archive')).toMatchObject({ tlsEnforced: true, storageEncrypted: true, encryptionType: 'sse-rds' }); // the API says false
  expect(factsOf(seen, 'lab-reports')).toMatchObject({ tlsEnforced: true, minTlsVersion: 'TLSv1', caIdentifier: 'rds-ca-2019' });
  expect(gapsOf(seen, 'lab-reports').map(({ path, code, by }) => [path, code, by])).toEqual([
    ['rds.caValidFrom', 'not-found', 'rds:DescribeCertificates'],
    ['rds.caValidTill', 'not-found', 'rds:DescribeCertificates'],
  ]);
  expect(factsOf(seen, 'lab-vault')).toMatchObject({ status: 'inaccessible-encryption-credentials-recoverable' });
  expect(factsOf(seen, 'lab-warehouse')).not.toHaveProperty('tlsEnforced');
  expect(gapsOf(seen, 'lab-warehouse').map(({ path, code, by }) => [path, code, by])).toEqual([
    ['rds.tlsEnforced', 'unsupported', 'rds:DescribeDBInstances'],
    ['rds.tlsConfigured', 'unsupported', 'rds:DescribeDBInstances'],
    ['rds.tlsEnforcedBy', 'unsupported', 'rds:DescribeDBInstances'],
    ['rds.tlsSetting', 'unsupported', 'rds:DescribeDBInstances'],
    ['rds.minTlsVersion', 'unsupported', 'rds:DescribeDBInstances'],
  ]);
  expect(factsOf(seen, 'lab-shop-2')).toMatchObject({ clusterMember: true });
  expect(factsOf(seen, 'lab-shop-2')).not.toHaveProperty('tlsEnforced'); // its cluster answers
  expect(named(seen, 'lab-shop-2')?.links).toContainEqual({ rel: 'member-of', to: arn('cluster', 'lab-shop') });
  expect(factsOf(seen, 'lab-shop')).toMatchObject({
    tlsEnforced: false,
    tlsSetting: 'rds.force_ssl = 1',
    pendingReboot: true,
    members: ['lab-shop-1', 'lab-shop-2'],
    membersOpen: ['lab-shop-2'],
  });
  expect(factsOf(seen, 'lab-search')).toMatchObject({
    tlsEnforced: true,
    tlsSetting: 'require_secure_transport = ON',
    membersOpen: [],
    minTlsVersion: 'TLSv1.2',
  });
  expect(factsOf(seen, 'lab-crm-before-upgrade')).toEqual({
    of: 'instance',
    source: 'lab-crm',
    type: 'manual',
    region: 'eu-west-1',
    engine: 'mysql',
    encrypted: false,
    encryptionType: 'none',
    public: true,
    sharedWith: 0,
  });
  expect(factsOf(seen, 'rds:lab-crm-2026-11-24')).toMatchObject({ type: 'automated', encrypted: false, public: false, sharedWith: 0 });
  expect(factsOf(seen, 'lab-orders-monthly')).toMatchObject({ encrypted: true, public: false, sharedWith: 0 });
  expect(factsOf(seen, 'lab-shop-to-analytics')).toMatchObject({ of: 'cluster', encrypted: true, public: false, sharedWith: 1 });
  expect(seen.populations).toEqual([
    { scope: 'aws://111122223333/eu-west-1/rds', kind: 'rds-instance', state: 'complete', count: 11 },
    { scope: 'aws://111122223333/eu-west-1/rds', kind: 'rds-cluster', state: 'complete', count: 2 },
    { scope: 'aws://111122223333/eu-west-1/rds', kind: 'rds-snapshot', state: 'complete', count: 4 },
  ]);
  expect(JSON.stringify(seen)).not.toContain('top-secret');
});
test('evidence: what came back, with its request and a command for this one alone', async () => {
  const seen = await see();
  const records = named(seen, 'lab-billing')?.evidence ?? [];
  expect(records.map(({ by, reproduce }) => [by, reproduce?.slice(0, 5)])).toEqual([
    ['rds:DescribeDBInstances', ['aws', 'rds', 'describe-db-instances', '--db-instance-identifier', 'lab-billing']],
    ['rds:DescribeDBParameters', ['aws', 'rds', 'describe-db-parameters', '--db-parameter-group-name', 'billing-pg14']],
    ['rds:DescribeCertificates', ['aws', 'rds', 'describe-certificates', '--region', 'eu-west-1']],
  ]);
  expect(records[1]?.received).toBe('rds.force_ssl = 0 (system), ssl_min_protocol_version without a value (engine-default)');
  expect(records[1]?.reproduce).toContain('Name=parameter-name,Values=rds.force_ssl,ssl_min_protocol_version');
  expect(records.every(({ requestId }) => /^[0-9A-F]{16}$/.test(requestId ?? ''))).toBe(true);
  expect(records[0]?.received).toContain('"StorageEncrypted":true');
});

describe('calls', () => {
  test('no more than planned: each group once, the default groups of members not at all, automated snapshots not at all', async () => {
    const { calls } = await see();
    expect(calls.toSorted()).toEqual(
      [
        'DescribeCertificates',
        'DescribeDBClusterParameters search-aurora-mysql',
        'DescribeDBClusterParameters shop-aurora-pg16',
        'DescribeDBClusterSnapshotAttributes lab-shop-to-analytics',
        'DescribeDBClusterSnapshots',
        'DescribeDBClusters',
        'DescribeDBInstances',
        'DescribeDBParameters billing-pg14',
        'DescribeDBParameters default.mariadb11.8',
        'DescribeDBParameters default.mysql8.0',
        'DescribeDBParameters default.postgres16',
        'DescribeDBParameters default.postgres17',
        'DescribeDBParameters ledger-mysql8',
        'DescribeDBParameters reports-sqlserver',
        'DescribeDBParameters shop-readers',
        'DescribeDBSnapshotAttributes lab-crm-before-upgrade',
        'DescribeDBSnapshotAttributes lab-orders-monthly',
        'DescribeDBSnapshots',
      ].toSorted(),
    );
  });
  test('250 instances of three groups: three pages and three groups', async () => {
    const model = account().instances.find(({ name }) => name === 'lab-orders');
    if (!model) throw new Error('no model');
    const groups = ['default.postgres16', 'billing-pg14', 'default.postgres17'];
    const instances = Array.from({ length: 250 }, (_, i) => ({ ...model, name: `db-${i}`, group: groups[i % 3] ?? '' }));
    const { calls, observations, populations } = await see({ account: account({ instances, clusters: [], snapshots: [] }) });
    expect(calls.filter((one) => one === 'DescribeDBInstances')).toHaveLength(3);
    expect(calls.filter((one) => one.startsWith('DescribeDBParameters'))).toHaveLength(3);
    expect(calls).toHaveLength(3 + 3 + 1 + 1 + 2);
    expect(new Set(observations.map(({ subject }) => subject)).size).toBe(250);
    expect(populations[0]).toMatchObject({ state: 'complete', count: 250 });
  });
  test('short pages of all listings and of parameters', async () => {
    const whole = await see();
    const paged = await see({ pageSize: 2, filters: 'ignored' });
    const plain = ({ observations }: typeof whole): unknown => observations.map(({ subject, facts }) => [subject, facts]).toSorted();
    expect(plain(paged)).toEqual(plain(whole));
  });
  test.each(['ignored', 'refused'] as const)(
    'an endpoint where filters are %s gives the same facts, but the defaults that it then does not list',
    async (filters) => {
      const seen = await see({ filters });
      expect(factsOf(seen, 'lab-ledger')).toMatchObject({ tlsEnforced: false, tlsSetting: 'require_secure_transport = 1' });
      expect(factsOf(seen, 'lab-orders')).toMatchObject({ tlsEnforced: true });
      const asked = seen.calls.filter((one) => one === 'DescribeDBParameters ledger-mysql8').length;
      expect(asked).toBe(filters === 'refused' ? 2 : 1);
      expect(
        named(seen, 'lab-ledger')
          ?.evidence.find(({ by }) => by === 'rds:DescribeDBParameters')
          ?.reproduce?.join(' '),
      ).toContain(filters === 'refused' ? '--source user' : '--filters');
    },
  );
  test('nothing that no rule reads is asked', async () => {
    const storage = await see({}, { reads: new Set(['rds.storageEncrypted', 'rds-instance rds.storageEncrypted']) });
    expect(storage.calls).toEqual(['DescribeDBInstances']);
    expect(storage.populations.map(({ kind }) => kind)).toEqual(['rds-instance']);
    const clusters = await see({}, { reads: new Set(['rds-cluster rds.tlsEnforced']) });
    expect(new Set(clusters.calls.map((one) => one.split(' ')[0]))).toEqual(
      new Set(['DescribeDBInstances', 'DescribeDBClusters', 'DescribeDBClusterParameters', 'DescribeDBParameters']),
    );
    expect(clusters.calls).not.toContain('DescribeDBParameters billing-pg14'); // no member’s
    const snapshots = await see({}, { reads: new Set(['rds-snapshot rds.encrypted']) });
    expect(snapshots.calls).toEqual(['DescribeDBSnapshots', 'DescribeDBClusterSnapshots']);
    const declared = await see({}, { reads: new Set(['rds-instance declared.data']) });
    expect(declared.calls).toEqual(['DescribeDBInstances']);
  });
  test('the target’s filters come before the calls of a resource', async () => {
    const wire = await wired();
    const { observations, populations } = await look({}, 'eu-west-1', (arn) => arn.endsWith(':lab-billing'));
    expect(observations.map(({ subject }) => subject)).toEqual([arn('db', 'lab-billing')]);
    expect(populations.map(({ count }) => count)).toEqual([1, 0, 0]);
    expect(wire.calls.filter((one) => /Parameters|Attributes/.test(one))).toEqual(['DescribeDBParameters billing-pg14']);
  });
  test('an empty region costs four listings', async () => {
    const wire = await wired();
    const { observations, populations } = await look({}, 'eu-central-1');
    expect(observations).toEqual([]);
    expect(populations.map(({ scope, state, count }) => [scope, state, count])).toEqual(
      Array.from({ length: 3 }, () => ['aws://111122223333/eu-central-1/rds', 'complete', 0]),
    );
    expect(wire.calls).toHaveLength(4);
  });
  test('every call is declared, each with what hangs on it', async () => {
    const { calls } = await see();
    const made = new Set(calls.map((one) => `rds:${one.split(' ')[0]}`));
    expect(made).toEqual(new Set(rds.calls.map(({ action }) => action)));
  });
});

describe('a denied call costs only itself', () => {
  test('one parameter group', async () => {
    const seen = await see({ account: account({ denied: ['DescribeDBParameters billing-pg14'] }) });
    expect(gapsOf(seen, 'lab-billing').map(({ path, code, by, detail }) => [path, code, by, detail])).toEqual(
      ['rds.tlsEnforced', 'rds.tlsConfigured', 'rds.tlsEnforcedBy', 'rds.tlsSetting', 'rds.minTlsVersion'].map((path) => [
        path,
        'access-denied',
        'rds:DescribeDBParameters',
        'AccessDenied',
      ]),
    );
    const record = named(seen, 'lab-billing')?.evidence.find(({ by }) => by === 'rds:DescribeDBParameters');
    expect(record?.requestId).toMatch(/^[0-9A-F]{16}$/);
    expect(gapsOf(seen, 'lab-billing')[0]?.evidence).toEqual([record?.id]);
    expect(factsOf(seen, 'lab-billing')).toMatchObject({ storageEncrypted: true, caValidTill: '2061-05-21T23:06:00.000Z' });
    expect(factsOf(seen, 'lab-crm')).toMatchObject({ tlsEnforced: false });
  });
  test('a cluster’s group, and the group of one member', async () => {
    const cluster = await see({ account: account({ denied: ['DescribeDBClusterParameters search-aurora-mysql'] }) });
    expect(gapsOf(cluster, 'lab-search').map(({ path, code }) => [path, code])).toEqual(
      ['rds.tlsEnforced', 'rds.tlsConfigured', 'rds.tlsEnforcedBy', 'rds.tlsSetting', 'rds.minTlsVersion', 'rds.membersOpen'].map((path) => [
        path,
        'access-denied',
      ]),
    );
    expect(factsOf(cluster, 'lab-shop')).toMatchObject({ tlsEnforced: false });
    const inSync = account().clusters.map((one) => ({ ...one, members: one.members.map((member) => ({ ...member, applied: 'in-sync' })) }));
    expect(factsOf(await see({ account: account({ clusters: inSync }) }), 'lab-shop')).toMatchObject({ tlsEnforced: true });
    const member = await see({ account: account({ clusters: inSync, denied: ['DescribeDBParameters shop-readers'] }) });
    expect(factsOf(member, 'lab-shop')).not.toHaveProperty('tlsEnforced');
    expect(gapsOf(member, 'lab-shop')[0]).toMatchObject({ path: 'rds.tlsEnforced', code: 'access-denied', by: 'rds:DescribeDBParameters' });
  });
  test('instances: clusters stay, but what their members’ own groups say is not known', async () => {
    const seen = await see({ account: account({ denied: ['DescribeDBInstances'] }) });
    expect(seen.populations[0]).toMatchObject({
      kind: 'rds-instance',
      state: 'failed',
      gap: { path: 'rds', code: 'access-denied', by: 'rds:DescribeDBInstances', detail: expect.stringMatching(/^AccessDenied, request [0-9A-F]{16}$/) },
    });
    expect(factsOf(seen, 'lab-search')).toMatchObject({ storageEncrypted: true });
    expect(factsOf(seen, 'lab-search')).not.toHaveProperty('tlsEnforced');
    expect(gapsOf(seen, 'lab-search')[0]).toMatchObject({ path: 'rds.tlsEnforced', code: 'access-denied', by: 'rds:DescribeDBInstances' });
  });
  test.each([
    ['DescribeDBClusters', 'rds-cluster', 'failed'],
    ['DescribeDBSnapshots', 'rds-snapshot', 'partial'],
    ['DescribeDBClusterSnapshots', 'rds-snapshot', 'partial'],
  ])('%s: the listing of %s is %s, all else is there', async (operation, kind, state) => {
    const seen = await see({ account: account({ denied: [operation] }) });
    expect(seen.populations.filter((one) => one.state !== 'complete')).toMatchObject([{ kind, state, gap: { code: 'access-denied', by: `rds:${operation}` } }]);
    expect(factsOf(seen, 'lab-billing')).toMatchObject({ tlsEnforced: false });
  });
  test('certificates, and the sharing of one snapshot', async () => {
    const seen = await see({ account: account({ denied: ['DescribeCertificates', 'DescribeDBSnapshotAttributes lab-orders-monthly'] }) });
    expect(gapsOf(seen, 'lab-orders').map(({ path, code }) => [path, code])).toEqual([
      ['rds.caValidFrom', 'access-denied'],
      ['rds.caValidTill', 'access-denied'],
    ]);
    expect(factsOf(seen, 'lab-orders')).toMatchObject({
      caIdentifier: 'rds-ca-rsa2048-g1',
      certificateValidTill: '2027-07-23T12:00:00.000Z',
      tlsEnforced: true,
    });
    expect(gapsOf(seen, 'lab-orders-monthly').map(({ path, code }) => [path, code])).toEqual([
      ['rds.public', 'access-denied'],
      ['rds.sharedWith', 'access-denied'],
    ]);
    expect(factsOf(seen, 'lab-crm-before-upgrade')).toMatchObject({ public: true });
  });
});

describe('faults', () => {
  const fault = (is: RdsFault['is'], times?: number): Partial<Parameters<typeof see>[0]> => ({
    faults: [{ operation: 'DescribeDBParameters', resource: 'billing-pg14', is, ...(times !== undefined && { times }) }],
  });
  test.each<[string, RdsFault['is'], string, string]>([
    ['denied', { error: 'AccessDenied' }, 'access-denied', 'AccessDenied'],
    ['throttled thrice', { error: 'Throttling' }, 'throttled', 'Throttling'],
    ['expired', { error: 'ExpiredToken' }, 'expired-credentials', 'ExpiredToken'],
    ['expired request', { error: 'RequestExpired' }, 'expired-credentials', 'RequestExpired'],
    ['no such key', { error: 'InvalidClientTokenId' }, 'no-credentials', 'InvalidClientTokenId'],
    ['unsigned', { error: 'MissingAuthenticationToken' }, 'no-credentials', 'MissingAuthenticationToken'],
    ['not subscribed', { error: 'OptInRequired' }, 'access-denied', 'OptInRequired'],
    ['its own error', { error: 'InternalFailure' }, 'unexpected', 'InternalFailure'],
    ['not available', { error: 'ServiceUnavailable' }, 'unexpected', 'ServiceUnavailable'],
    ['deleted meanwhile', { error: 'DBParameterGroupNotFound' }, 'not-found', 'DBParameterGroupNotFoundFault'],
    ['cut off', 'truncated', 'reset', 'ECONNRESET'],
    ['silent', 'silent', 'timeout', 'no whole reply in time'],
    ['endless', 'endless', 'too-large', 'the reply is larger than the limit'],
  ])('%s', async (_name, is, code, detail) => {
    const seen = await see(fault(is), { timeoutMs: 400 });
    const [gap] = gapsOf(seen, 'lab-billing');
    expect(gap).toMatchObject({ path: 'rds.tlsEnforced', by: 'rds:DescribeDBParameters', code, detail });
    const record = named(seen, 'lab-billing')?.evidence.find(({ id }) => id === gap?.evidence[0]);
    if (typeof is === 'object') expect(record?.requestId).toMatch(/^[0-9A-F]{16}$/);
    expect(factsOf(seen, 'lab-orders')).toMatchObject({ tlsEnforced: true });
  });
  test.each<[string, RdsFault['is']]>([
    ['throttled', { error: 'Throttling' }],
    ['unavailable', { error: 'ServiceUnavailable' }],
    ['cut off', 'truncated'],
  ])('%s twice, then answered', async (_name, is) => {
    const seen = await see(fault(is, 2));
    expect(factsOf(seen, 'lab-billing')).toMatchObject({ tlsEnforced: false });
    expect(gapsOf(seen, 'lab-billing')).toEqual([]);
  });
  test('a slow answer is waited for', async () => {
    expect(factsOf(await see(fault({ slow: 150 })), 'lab-billing')).toMatchObject({ tlsEnforced: false });
  });
  test('a listing that breaks on its second page is partial', async () => {
    const seen = await see({ pageSize: 4, faults: [{ operation: 'DescribeDBInstances', after: 1, is: { error: 'AccessDenied' } }] });
    expect(seen.populations[0]).toMatchObject({ kind: 'rds-instance', state: 'partial', count: 4, gap: { code: 'access-denied' } });
    expect(gapsOf(seen, 'lab-shop')[0]).toMatchObject({ path: 'rds.tlsEnforced', code: 'access-denied', by: 'rds:DescribeDBInstances' }); // its second member
  });
  test('already stopped: nothing is asked, and that is said', async () => {
    const wire = await wired();
    const { populations } = await look({ signal: AbortSignal.abort() });
    expect(populations.map(({ state, gap }) => [state, gap?.code])).toEqual(Array.from({ length: 3 }, () => ['failed', 'cancelled']));
    expect(wire.calls).toEqual([]);
  });
});
test('reads are those of the calls', () => {
  expect(allReads.has('rds-cluster rds.membersOpen')).toBe(true);
});
