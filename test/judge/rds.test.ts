import { expect, test } from 'vitest';
import { derive } from '../../src/judge/derive/index.ts';
import { truthOf } from '../../src/judge/conditions.ts';
import { rdsCells } from '../../src/judge/summary-rds.ts';
import type { RdsCluster, RdsInstance, RdsSnapshot } from '../../src/facts/rds.ts';
import type { Subject } from '../../src/model/observation.ts';

const instance = (rds: RdsInstance, declared = {}): Subject<'rds-instance'> => ({
  id: 'arn:aws:rds:eu-west-1:111122223333:db:orders',
  kind: 'rds-instance',
  views: [{ facts: { rds, declared }, gaps: [], evidence: [], drift: [] }],
});
const cluster = (rds: RdsCluster): Subject<'rds-cluster'> => ({
  id: 'arn:aws:rds:eu-west-1:111122223333:cluster:shop',
  kind: 'rds-cluster',
  views: [{ facts: { rds }, gaps: [], evidence: [], drift: [] }],
});
const snapshot = (rds: RdsSnapshot): Subject<'rds-snapshot'> => ({
  id: 'arn:aws:rds:eu-west-1:111122223333:snapshot:orders-1',
  kind: 'rds-snapshot',
  views: [{ facts: { rds }, gaps: [], evidence: [], drift: [] }],
});
const now = new Date('2026-01-01T00:00:00Z');

test.each([
  ['30 days where nothing is declared', {}, { certificateDueInDays: 30, caDueInDays: 30 }],
  ['0 is not declared', { certDays: 0 }, { certificateDueInDays: 30, caDueInDays: 30 }],
  ['declared days', { certDays: 90 }, { certificateDueInDays: 90, caDueInDays: 73 }], // a fifth of the authority’s year
])('due days: %s', (_name, declared, expected) => {
  const dates = { certificateValidTill: '2026-12-31T00:00:00.000Z', caValidFrom: '2026-01-01T00:00:00.000Z', caValidTill: '2027-01-01T00:00:00.000Z' };
  expect(derive(instance(dates, declared)).views[0]?.facts).toMatchObject({ rds: expected });
});
test('no date, no due days', () => {
  const facts = derive(instance({ caValidTill: '2027-01-01T00:00:00.000Z' })).views[0]?.facts;
  expect(facts).toEqual({ declared: {}, rds: { caValidTill: '2027-01-01T00:00:00.000Z' } });
});

test.each<[string, Subject, string, boolean | undefined]>([
  ['a public address', instance({ publiclyAccessible: true }), 'network: open', true],
  ['none says nothing of who is in the network', instance({ publiclyAccessible: false }), 'network: open', undefined],
  ['a cluster', cluster({}), 'network: open', undefined],
  ['not encrypted', instance({ storageEncrypted: false }), 'state: unencrypted', true],
  ['encrypted', cluster({ storageEncrypted: true }), 'state: unencrypted', false],
  ['a snapshot in clear', snapshot({ encrypted: false }), 'state: unencrypted', true],
  ['nobody knows', snapshot({}), 'state: unencrypted', undefined],
  ['an instance', instance({}), 'resource: rds instance', true],
  ['a cluster too', cluster({}), 'resource: rds instance', true],
  ['but no snapshot', snapshot({}), 'resource: rds instance', false],
])('condition, %s', (_name, subject, condition, expected) => {
  expect(truthOf(condition, { subject, chosenData: new Set() })).toBe(expected);
});

test.each<[Parameters<typeof rdsCells>[0], object]>([
  [
    instance({
      engine: 'postgres',
      engineVersion: '16.8',
      clusterMember: false,
      tlsEnforced: true,
      minTlsVersion: 'TLSv1.2',
      storageEncrypted: true,
      encryptionType: 'sse-kms',
      certificateValidTill: '2026-01-11T00:00:00.000Z',
    }),
    { engine: 'postgres 16.8', TLS: 'required, 1.2+', 'at rest': 'KMS key', certificate: '10 days left' },
  ],
  [
    instance({
      engine: 'mysql',
      engineVersion: '8.0.40',
      tlsEnforced: false,
      tlsConfigured: true,
      storageEncrypted: true,
      encryptionType: 'sse-rds',
      certificateValidTill: '2025-12-31T00:00:00.000Z',
    }),
    { engine: 'mysql 8.0', TLS: 'after a reboot', 'at rest': 'key of AWS', certificate: 'expired 1 day ago' },
  ],
  [
    instance({ tlsEnforced: false, minTlsVersion: 'TLSv1', storageEncrypted: false }),
    { engine: '–', TLS: 'optional, 1.0+', 'at rest': 'not encrypted', certificate: '–' },
  ],
  [instance({ clusterMember: true }), { TLS: 'by cluster', 'at rest': 'by cluster' }],
  [
    cluster({ engine: 'aurora-mysql', engineVersion: '8.0.mysql_aurora.3.08.0', members: ['a', 'b'] }),
    { engine: 'aurora-mysql 8.0', TLS: 'not known', members: '2' },
  ],
  [
    snapshot({ of: 'instance', source: 'orders', encrypted: false, public: true, sharedWith: 0 }),
    { of: 'instance orders', 'at rest': 'not encrypted', 'shared with': 'everybody' },
  ],
  [snapshot({ of: 'cluster', source: 'shop', encrypted: true, public: false, sharedWith: 1 }), { 'shared with': '1 account' }],
  [snapshot({ public: false, sharedWith: 0 }), { of: '–', 'at rest': 'not known', 'shared with': 'nobody else' }],
  [snapshot({}), { 'shared with': 'not known' }],
])('cells %#', (subject, expected) => {
  expect(rdsCells(subject, now)).toMatchObject(expected);
});
