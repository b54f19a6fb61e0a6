import { expect, test } from 'vitest';
import type { FactsByKind } from '../../src/facts/index.ts';
import { derive } from '../../src/judge/derive/index.ts';
import type { DeepPartial } from '../../src/model/observation.ts';

type Tls = NonNullable<DeepPartial<FactsByKind['endpoint']>['tls']>;
const tlsOf = (tls: Tls): Tls | undefined => {
  const subject = derive({ id: 'endpoint://a:443', kind: 'endpoint', views: [{ facts: { tls }, gaps: [], evidence: [], drift: [] }] });
  return subject.kind === 'endpoint' ? subject.views[0]?.facts.tls : undefined;
};
test('a version that was not tried is a member without an answer', () => {
  expect(tlsOf({ versions: [{ name: 'TLSv1.3', accepted: true }] })?.versions).toEqual([
    { name: 'TLSv1.3', accepted: true },
    { name: 'SSLv3' },
    { name: 'TLSv1' },
    { name: 'TLSv1.1' },
    { name: 'TLSv1.2' },
  ]);
  expect(tlsOf({ offered: true })).toEqual({ offered: true });
});
test('an accepted version in which no family was tried has all of them open', () => {
  const versions: Tls['versions'] = [
    { name: 'TLSv1', accepted: false },
    { name: 'TLSv1.1', accepted: true },
    { name: 'TLSv1.2', accepted: true },
    { name: 'TLSv1.3', accepted: true },
  ];
  const families = tlsOf({ versions, weakSuites: [{ family: 'rc4', version: 'TLSv1.2', accepted: false }] })?.weakSuites ?? [];
  expect(families).toHaveLength(9);
  expect(families.slice(1).every(({ version, accepted }) => version === 'TLSv1.1' && accepted === undefined)).toBe(true);
});
test('what was chosen stands beside its version', () => {
  const versions: Tls['versions'] = [{ name: 'TLSv1.2', accepted: true }];
  expect(tlsOf({ versions, negotiated: [{ version: 'TLSv1.2', suite: 'X' }] })?.versions?.[0]).toEqual({ name: 'TLSv1.2', accepted: true, chosen: 'X' });
});
