import { expect, test } from 'vitest';
import { undeclared, type Declared } from '../../src/facts/declared.ts';
import type { Tier } from '../../src/facts/s3.ts';
import { conditionNames, truthOf, type Truth } from '../../src/judge/conditions.ts';
import type { DataTag } from '../../src/model/catalogue.ts';
import type { Subject } from '../../src/model/observation.ts';

const view = { gaps: [], evidence: [], drift: [] };
const endpoint = (declared: Declared | undefined, ...addresses: readonly string[]): Subject => {
  const facts = declared ? { declared: { ...undeclared, ...declared } } : {};
  const views = addresses.length === 0 ? [{ ...view, facts }] : addresses.map((address) => ({ ...view, facts, address }));
  return { id: 'endpoint://a:443', kind: 'endpoint', views };
};
const bucket = (declared: Declared, tier?: Tier): Subject => ({
  id: 'arn:aws:s3:::b',
  kind: 's3-bucket',
  views: [{ ...view, facts: { declared: { ...undeclared, ...declared }, ...(tier && { s3: { tier } }) } }],
});
const asked = (clearPassword: boolean): Subject => ({
  id: 'endpoint://a:5432',
  kind: 'endpoint',
  views: [{ ...view, facts: { plaintext: { clearPassword } } }],
});
const is = (name: string, subject: Subject, ...chosen: readonly DataTag[]): Truth => truthOf(name, { subject, chosenData: new Set(chosen) });

test.each<[NonNullable<Declared['data']>, readonly DataTag[], Truth, Truth, Truth]>([
  [[], [], undefined, undefined, undefined], // untagged, nothing chosen
  [[], ['pci'], true, undefined, undefined],
  [[], ['pci', 'phi'], true, true, undefined],
  [['pci'], [], true, false, true],
  [['phi'], ['pci'], false, true, true], // a tag of its own counts, not what was chosen
  [['none'], ['pci', 'phi'], false, false, false],
  [['sensitive'], ['pci'], false, false, true],
])('data %j with %j chosen: pci %s, phi %s, sensitive %s', (data, chosen, pci, phi, sensitive) => {
  const subject = endpoint({ data });
  expect([is('data: pci', subject, ...chosen), is('data: phi', subject, ...chosen), is('data: sensitive', subject, ...chosen)]).toEqual([pci, phi, sensitive]);
});
test.each<[string, Subject, Truth]>([
  ['declared open', endpoint({ network: 'open' }, '10.0.0.1'), true],
  ['declared internal', endpoint({ network: 'internal' }, '8.8.8.8'), false],
  ['a routable address', endpoint({}, '8.8.8.8'), true],
  ['one routable of two', endpoint({}, '10.0.0.1', '2606:4700::1111'), true],
  ['no address', endpoint({}), undefined],
  ['a bucket', bucket({}), true],
  ['an internal bucket', bucket({ network: 'internal' }), false],
  ...[
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::ffff:10.0.0.1',
    'fd00::1',
    'fe80::1',
    '2001:db8::1',
    '64:ff9b:1::1',
    'ff02::1',
  ].map((address): [string, Subject, Truth] => [address, endpoint({}, address), false]),
  ...['1.1.1.1', '172.32.0.1', '100.128.0.1', '192.0.3.1', '2a00:1450:4001::1', '::ffff:8.8.8.8'].map((address): [string, Subject, Truth] => [
    address,
    endpoint({}, address),
    true,
  ]),
])('network: open, %s: %s', (_name, subject, truth) => {
  expect(is('network: open', subject)).toBe(truth);
});
test.each<[string, Subject, Truth]>([
  ['role: admin', endpoint({ role: ['admin'] }), true],
  ['role: admin', endpoint({}), false],
  ['role: ordinary endpoint', endpoint({}), true],
  ['role: ordinary endpoint', endpoint({ role: ['poi-termination'] }), false],
  ['role: poi termination', endpoint({ role: ['poi-termination'] }), true],
  ['policy: mtls required', endpoint({ mtls: 'required' }), true],
  ['policy: mtls required', endpoint({}), false],
  ['state: unencrypted', bucket({}, 'none'), true],
  ['state: unencrypted', bucket({}, 'sse-s3'), false],
  ['state: unencrypted', bucket({}), undefined],
  ['resource: s3 bucket', bucket({}), true],
  ['resource: s3 bucket', endpoint({}), false],
  ['resource: audit logs', bucket({ role: ['audit-logs'] }), true],
  ['login: in clear', endpoint({}), undefined],
  ['login: in clear', asked(true), true],
  ['login: in clear', asked(false), false],
  ['login: in clear', bucket({}), undefined],
])('%s of %j: %s', (name, subject, truth) => {
  expect(is(name, subject)).toBe(truth);
});
test('no condition falls over a subject of which nothing is known', () => {
  for (const name of conditionNames) expect([true, false, undefined]).toContain(is(name, endpoint(undefined)));
});
