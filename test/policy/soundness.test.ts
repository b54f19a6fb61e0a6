import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { deniesPlainHttp } from '../../src/policy/deny.ts';
import { deniedBy, type Json } from './mini-iam.ts';

/** Policies of small parts that overlap, and a grid of requests: both readers must agree on each of them. */
const bucket = { name: 'logs', partition: 'aws' };
const arn = 'arn:aws:s3:::logs';
const user = 'arn:aws:iam::123456789012:user/ann';
const root = 'arn:aws:iam::123456789012:root';
const some = <T>(...values: readonly T[]): fc.Arbitrary<readonly T[]> => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
const either = (name: string, values: fc.Arbitrary<unknown>): fc.Arbitrary<Json> =>
  fc.tuple(fc.integer({ min: 0, max: 3 }), values).map(([which, value]) => ({ [which === 0 ? `Not${name}` : name]: value }));
const principal = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ Principal: '*' }) },
  fc.constant({ Principal: { AWS: [user] } }),
  fc.constant({ NotPrincipal: { AWS: [user, root] } }),
);
const action = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ Action: 's3:*' }) },
  { weight: 1, arbitrary: either('Action', some('s3:*', 's3:Get*', 's3:*Object', 'iam:*', 's3:List*', 's3:g*t*', '*')) },
);
const resource = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ Resource: [arn, `${arn}/*`] }) },
  { weight: 2, arbitrary: either('Resource', some(arn, `${arn}/*`, `${arn}*`, `${arn}/a/*`, `${arn}/?*`, '*', 'arn:aws:s3:::l?gs/*', 'arn:aws:s3:::other/*')) },
);
const tests: readonly Json[] = [
  { Bool: { 'aws:SecureTransport': 'false' } },
  { StringNotEquals: { 'aws:SecureTransport': 'true' } },
  { Bool: { 'aws:SecureTransport': 'true' } },
  { NumericLessThanIfExists: { 's3:TlsVersion': '1.2' } },
  { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
  { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
  { NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '198.51.100.0/24'] } },
  { StringEquals: { 'aws:SourceVpce': 'vpce-1' } },
  { StringNotEquals: { 'aws:SourceVpce': ['vpce-1', 'vpce-2'] } },
  { StringEqualsIfExists: { 'aws:SourceVpce': ['vpce-1', 'vpce-2'] } },
  { StringNotEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } },
  { StringLike: { 'aws:SourceVpce': 'vpce-*' } },
  { StringNotLike: { 'aws:SourceVpce': 'vpce-*' } },
  { Null: { 'aws:SourceVpce': 'true' } },
  { Null: { 'aws:SourceVpce': 'false' } },
  { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/*' } },
  { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/*' } },
  {},
];
const condition = fc
  .array(fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...tests) }, { weight: 1, arbitrary: fc.constantFrom(...tests.slice(0, 2), {}) }), {
    minLength: 1,
    maxLength: 2,
  })
  .map((parts) => ({ Condition: Object.assign({}, ...parts) as unknown }));
const statement = fc
  .tuple(principal, action, resource, condition)
  .map((parts): Json => ({ Effect: 'Deny', ...parts[0], ...parts[1], ...parts[2], ...parts[3] }));

const origins: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'aws:sourceip': '203.0.113.9' },
  { 'aws:sourceip': '8.8.4.4' },
  ...['vpce-1', 'vpce-2', 'vpce-3', 'other'].map((id) => ({ 'aws:sourcevpce': id })),
];
const objects = ['s3:GetObject', 's3:PutObject', 's3:RestoreObject', 's3:GetObjectAcl'].flatMap((action) =>
  [`${arn}/b`, `${arn}/a/b`].map((resource) => ({ action, resource })),
);
const requests = [...objects, ...['s3:ListBucket', 's3:PutBucketPolicy', 's3:GetBucketAcl'].map((action) => ({ action, resource: arn }))].flatMap((what) =>
  ['anonymous', user, root, 'arn:aws:iam::111122223333:role/x'].flatMap((principal) => origins.map((context) => ({ ...what, principal, context }))),
);

test('what is proved denied is denied, request by request, and a witness escapes', () => {
  const seen = { denied: 0, open: 0, unprovable: 0 };
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 5 }), (statements) => {
      const policy = JSON.stringify({ Statement: statements });
      const verdict = deniesPlainHttp(policy, bucket);
      seen[verdict.is]++;
      if (verdict.is === 'denied') expect(requests.filter((request) => !deniedBy(policy, request))).toEqual([]);
      if (verdict.is === 'open') expect(deniedBy(policy, verdict.witness)).toBe(false);
    }),
    { numRuns: 600, seed: 4 },
  );
  expect([seen.denied > 50, seen.open > 50], JSON.stringify(seen)).toEqual([true, true]); // the generator meets both
}, 60_000);
