import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deniesCustomerKeys, deniesPlainHttp, type Verdict } from '../../src/policy/deny.ts';
import { deniedBy, json, statementsOf, type Json } from './mini-iam.ts';

const bucket = { name: 'logs', partition: 'aws' };
const arn = 'arn:aws:s3:::logs';
const all = `${arn}/*`;
const http = { Bool: { 'aws:SecureTransport': 'false' } };
const deny = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: [arn, all], Condition: http };
const allow = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: all };
const user = 'arn:aws:iam::123456789012:user/ann';
const root = 'arn:aws:iam::123456789012:root';
const when = (Condition: Json): Json => ({ ...deny, Condition });
const but = (...keys: readonly (keyof typeof deny)[]): Json => Object.fromEntries(Object.entries(deny).filter(([key]) => !keys.some((one) => one === key)));
const also = (keys: Json): Json => when({ ...http, ...keys });
const text = (...statements: readonly unknown[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });

const denied: readonly (readonly [name: string, ...statements: Json[]])[] = [
  ['the statement of the S3 user guide', deny],
  ['beside an Allow', allow, deny],
  ['every principal of AWS', { ...deny, Principal: { AWS: '*' } }],
  ['in a list', { ...deny, Principal: { AWS: [user, '*'] } }],
  ['every action of every service', { ...deny, Action: '*' }],
  ['actions in capitals', { ...deny, Action: ['S3:*'] }],
  ['actions by wildcards', { ...deny, Action: 's?:**' }],
  ['all actions but those of another service', { ...but('Action'), NotAction: ['iam:*', 'sts:AssumeRole'] }],
  ['any resource', { ...deny, Resource: '*' }],
  ['bucket and objects in one pattern', { ...deny, Resource: `${arn}*` }],
  ['any bucket', { ...deny, Resource: 'arn:aws:s3:::*' }],
  ['any partition', { ...deny, Resource: ['arn:*:s3:::logs', 'arn:*:s3:::logs/*'] }],
  ['one unknown letter', { ...deny, Resource: ['arn:aws:s3:::log?', 'arn:aws:s3:::log?/*'] }],
  ['every resource but those of another bucket', { ...but('Resource'), NotResource: ['arn:aws:s3:::other', 'arn:aws:s3:::other/*'] }],
  ['bucket and objects apart', { ...deny, Resource: arn }, { ...deny, Resource: all }],
  ['a place and all others', { ...deny, Resource: [arn, `${arn}/a/*`] }, { ...but('Resource'), NotResource: `${arn}/a/*` }],
  ['reads and the rest', { ...deny, Action: 's3:Get*' }, { ...but('Action'), NotAction: 's3:Get*' }],
  ['false as a boolean', when({ Bool: { 'aws:SecureTransport': false } })],
  ['false in a list', when({ Bool: { 'aws:SecureTransport': ['false'] } })],
  ['False', when({ Bool: { 'aws:SecureTransport': 'False' } })],
  ['key and operator in lower case', when({ bool: { 'aws:securetransport': 'false' } })],
  ['if it exists', when({ BoolIfExists: { 'aws:SecureTransport': 'false' } })],
  ['a string', when({ StringEquals: { 'aws:SecureTransport': 'false' } })],
  ['a string without case', when({ StringEqualsIgnoreCase: { 'aws:SecureTransport': 'FALSE' } })],
  ['a pattern', when({ StringLike: { 'aws:SecureTransport': 'f*' } })],
  ['not true', when({ StringNotEquals: { 'aws:SecureTransport': 'true' } })],
  ['not like true', when({ StringNotLike: { 'aws:SecureTransport': 'tru?' } })],
  ['true or false, a lockout', when({ Bool: { 'aws:SecureTransport': ['true', 'false'] } })],
  ['wherever the key is, a lockout', when({ Null: { 'aws:SecureTransport': 'false' } })],
  ['no condition, a lockout', but('Condition')],
  ['an empty condition, a lockout', when({})],
  ['for all values', when({ 'ForAllValues:Bool': { 'aws:SecureTransport': 'false' } })],
  ['for any value', when({ 'ForAnyValue:StringEquals': { 'aws:SecureTransport': 'false' } })],
  ['an old TLS version or none', when({ NumericLessThanIfExists: { 's3:TlsVersion': '1.2' } })],
  ['no TLS version', when({ Null: { 's3:TlsVersion': 'true' } })],
  ['two keys that both hold', when({ Bool: { 'aws:SecureTransport': 'false' }, NumericLessThanIfExists: { 's3:TlsVersion': 1.2 } })],
  [
    'from a network and from all others',
    also({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }),
    also({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }),
  ],
  ['an organization and the rest', also({ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }), also({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } })],
  ['a key absent or there', also({ Null: { 'aws:SourceVpce': 'true' } }), also({ Null: { 'aws:SourceVpce': 'false' } })],
  [
    'two endpoints one by one, and the rest',
    also({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } }),
    also({ StringEquals: { 'aws:SourceVpce': 'vpce-2' } }),
    also({ StringNotEquals: { 'aws:SourceVpce': ['vpce-1', 'vpce-2'] } }),
  ],
];
test.each(denied.map(([name, ...statements]) => [name, { statements }] as const))('denied: %s', (_name, { statements }) => {
  expect(deniesPlainHttp(text(...statements), bucket)).toMatchObject({ is: 'denied' });
});

const open: readonly (readonly [name: string, hole: RegExp, ...statements: Json[]])[] = [
  ['nothing denied', /^no Deny statement$/, allow],
  ['allowed with TLS alone', /^no Deny statement$/, { ...allow, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
  ['requests with TLS', /aws:SecureTransport does not hold/, when({ Bool: { 'aws:SecureTransport': 'true' } })],
  ['the bucket alone', /leaves out objects/, { ...deny, Resource: arn }],
  ['objects alone', /leaves out the bucket itself/, { ...deny, Resource: all }],
  ['one folder', /leaves out objects/, { ...deny, Resource: [arn, `${arn}/logs/*`] }],
  ['all but one folder', /leaves out objects/, { ...but('Resource'), NotResource: `${arn}/public/*` }],
  ['another bucket', /leaves out/, { ...deny, Resource: ['arn:aws:s3:::logs-2', 'arn:aws:s3:::logs-2/*'] }],
  ['another partition', /leaves out/, { ...deny, Resource: ['arn:aws-cn:s3:::logs', 'arn:aws-cn:s3:::logs/*'] }],
  ['another case', /leaves out/, { ...deny, Resource: ['arn:aws:s3:::LOGS', 'arn:aws:s3:::LOGS/*'] }],
  ['reads', /leaves out s3:PutObject/, { ...deny, Action: 's3:Get*' }],
  [
    'the usual verbs',
    /leaves out s3:(AbortMultipartUpload|RestoreObject|ReplicateObject|BypassGovernanceRetention)/,
    { ...deny, Action: ['s3:Get*', 's3:Put*', 's3:List*', 's3:Delete*'] },
  ],
  ['all but reads', /leaves out s3:GetObject$/, { ...but('Action'), NotAction: 's3:GetObject' }],
  ['another service', /leaves out/, { ...deny, Action: 'sqs:*' }],
  ['one user', /names principals/, { ...deny, Principal: { AWS: user } }],
  ['one account', /names principals/, { ...deny, Principal: { AWS: '123456789012' } }],
  ['a service', /names principals/, { ...deny, Principal: { Service: 'cloudtrail.amazonaws.com' } }],
  ['all but an account', /NotPrincipal/, { ...but('Principal'), NotPrincipal: { AWS: [user, root] } }],
  ['nobody', /NotPrincipal/, { ...but('Principal'), NotPrincipal: '*' }],
  ['from a network', /^narrowed by aws:SourceIp$/, also({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
  ['from outside a network', /^narrowed by aws:SourceIp$/, also({ NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/32'] } })],
  ['but through an endpoint', /^narrowed by aws:SourceVpce$/, also({ StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } })],
  ['through an endpoint', /^narrowed by aws:sourceVpce$/, also({ StringEquals: { 'aws:sourceVpce': 'vpce-1' } })],
  ['outside the organization', /^narrowed by aws:PrincipalOrgID$/, also({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } })],
  ['but for a role', /^narrowed by aws:PrincipalArn$/, also({ ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/Admin*' } })],
  ['with a referer', /^narrowed by aws:Referer$/, also({ StringNotLike: { 'aws:Referer': 'https://example.com/*' } })],
  ['in the same operator', /^narrowed by aws:SourceVpce$/, when({ StringEquals: { 'aws:SecureTransport': 'false', 'aws:SourceVpce': 'vpce-1' } })],
  ['two narrow ones', /^narrowed by aws:/, also({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }), also({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } })],
  [
    'two networks that are not all',
    /^narrowed by aws:SourceIp$/,
    also({ IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } }),
    also({ NotIpAddress: { 'aws:SourceIp': ['0.0.0.0/1', '200.0.0.0/8'] } }),
  ],
  ['an old TLS version', /s3:TlsVersion does not hold/, when({ NumericLessThan: { 's3:TlsVersion': '1.2' } })],
  ['a TLS version that is there', /s3:TlsVersion does not hold/, when({ Null: { 's3:TlsVersion': 'false' } })],
  ['no such key', /aws:SecureTransport does not hold/, when({ Null: { 'aws:SecureTransport': 'true' } })],
  ['objects by one statement, reads of the bucket by another', /leaves out/, { ...deny, Resource: all }, { ...deny, Resource: arn, Action: 's3:List*' }],
  ['one principal here, another there', /names principals/, { ...deny, Principal: { AWS: user } }, { ...deny, Principal: { AWS: '210987654321' } }],
  [
    'a key both absent and narrow',
    /narrowed by aws:SourceVpce/,
    also({ Null: { 'aws:SourceVpce': 'true' } }),
    also({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } }),
  ],
  ['any value of nothing', /s3:TlsVersion does not hold/, when({ 'ForAnyValue:NumericLessThan': { 's3:TlsVersion': '1.2' } })],
];
test.each(open.map(([name, hole, ...statements]) => [name, { hole, statements }] as const))('open: %s', (_name, { hole, statements }) => {
  const policy = text(...statements);
  const verdict = deniesPlainHttp(policy, bucket);
  expect(verdict).toMatchObject({ is: 'open', witness: { hole: expect.stringMatching(hole) } });
  expectEscape(policy, verdict);
});
function expectEscape(policy: string, verdict: Verdict): void {
  if (verdict.is !== 'open') throw new Error(verdict.is);
  expect(deniedBy(policy, verdict.witness)).toBe(false);
  const patched = text(...statementsOf(policy), verdict.patch);
  expect(deniedBy(patched, verdict.witness)).toBe(true);
  expect(deniesPlainHttp(patched, bucket).is).toBe('denied');
}

const unprovable: readonly (readonly [name: string, policy: string])[] = [
  ['no JSON', '{'],
  ['no object', '[]'],
  ['a statement that is text', '{"Statement":["Deny"]}'],
  ['an element that IAM does not know', text({ ...deny, Extra: 1 })],
  ['a prototype key', text(deny).replace('"Effect"', '"__proto__":{},"Effect"')],
  ['a top element that IAM does not know', JSON.stringify({ Statement: [deny], Rules: [] })],
  ['two statements in two keys', text(deny).replace('{', '{"Statement":[],')],
  ['an unknown effect', text({ ...deny, Effect: 'deny' })],
  ['no principal', text(but('Principal'))],
  ['a list of principals', text({ ...deny, Principal: ['*'] })],
  ['a principal of an unknown kind', text({ ...deny, Principal: { '*': '*' } })],
  ['both Action and NotAction', text({ ...deny, NotAction: 'iam:*' })],
  ['an element in lower case', text({ ...but('Action'), action: 's3:*' })],
  ['an operator that nobody knows', text(also({ StringSortOfEquals: { 'aws:SourceIp': '1' } }))],
  ['a key that nobody knows', text(also({ StringEquals: { 'aws:Weather': 'fine' } }))],
  ['a date', text(also({ DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }))],
  ['a policy variable', text(also({ StringEquals: { 'aws:PrincipalOrgID': '${aws:ResourceOrgID}' } }))],
  [
    'a variable and its opposite',
    text(also({ StringEquals: { 'aws:Referer': '${aws:username}' } }), also({ StringNotEquals: { 'aws:Referer': '${aws:username}' } })),
  ],
  ['a boolean that is none', text(when({ Bool: { 'aws:SecureTransport': 'no' } }))],
  ['no values', text(when({ Bool: { 'aws:SecureTransport': [] } }))],
  ['an ARN of one piece', text({ ...deny, Resource: ['arn:*logs', 'arn:*logs/*'] })],
  ['a private network, which AWS does not see', text(also({ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }))],
  ['a user without the account', text({ ...but('Principal'), NotPrincipal: { AWS: user } })],
  [
    'every action that is known, none that comes',
    text({ ...deny, Action: ['A', 'B', 'D', 'G', 'I', 'L', 'O', 'P', 'R', 'T', 'U', 'C'].map((letter) => `s3:${letter}*`) }),
  ],
  ['deep JSON', `{"Statement":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ['more than 64 KB', text(deny).padEnd(70_000)],
  ['501 statements', text(...Array.from({ length: 501 }, () => deny))],
];
test.each(unprovable)('unprovable: %s', (_name, policy) => {
  expect(deniesPlainHttp(policy, bucket).is).toBe('unprovable');
});

test('no policy is open, and the patch closes it', () => {
  const verdict = deniesPlainHttp(undefined, bucket);
  expect(verdict).toEqual({
    is: 'open',
    witness: {
      principal: 'anonymous',
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::logs/witness',
      context: { 'aws:securetransport': 'false' },
      hole: 'no bucket policy',
    },
    patch: { ...deny, Sid: 'DenyPlainHttp' },
  });
});
test('a lone statement counts, and the proof names those it needs', () => {
  expect(deniesPlainHttp(JSON.stringify({ Statement: deny }), bucket)).toEqual({ is: 'denied', statements: [0] });
  const noise = { ...deny, Action: 's3:DeleteBucket' };
  expect(deniesPlainHttp(text(allow, noise, { ...deny, Resource: arn }, { ...deny, Resource: all }), bucket)).toEqual({ is: 'denied', statements: [2, 3] });
  expect(deniesPlainHttp(text(noise, deny), bucket)).toEqual({ is: 'denied', statements: [1] });
});
test('the statement that comes nearest is named by its place', () => {
  const verdict = deniesPlainHttp(text(allow, { ...deny, Principal: { AWS: user }, Action: 's3:PutObject' }, { ...deny, Resource: all }), bucket);
  expect(verdict).toMatchObject({ is: 'open', witness: { action: 's3:ListBucket', resource: arn, statement: 2 } });
});
test('a Sid that is taken is not used again', () => {
  expect(deniesPlainHttp(text({ ...allow, Sid: 'DenyPlainHttp' }), bucket)).toMatchObject({ patch: { Sid: 'DenyPlainHttp2' } });
});
test.each(['aws-cn', 'aws-us-gov'])('partition %s', (partition) => {
  const there = text(deny).replaceAll('arn:aws:', `arn:${partition}:`);
  expect([deniesPlainHttp(there, { name: 'logs', partition }).is, deniesPlainHttp(text(deny), { name: 'logs', partition }).is]).toEqual(['denied', 'open']);
});
describe('customer-provided keys', () => {
  const sse = (Condition: Json): Json => ({ ...deny, Action: 's3:PutObject', Resource: all, Condition });
  const key = 's3:x-amz-server-side-encryption-customer-algorithm';
  test.each<[Verdict['is'], Json]>([
    ['denied', sse({ Null: { [key]: 'false' } })],
    ['denied', { ...sse({ Null: { [key]: false } }), Action: 's3:*' }],
    ['open', sse({ Null: { [key]: 'true' } })],
    ['open', { ...sse({ Null: { [key]: 'false' } }), Action: 's3:GetObject' }],
    ['open', { ...sse({ Null: { [key]: 'false' } }), Resource: `${arn}/a/*` }],
    ['open', sse({ Null: { [key]: 'false' }, IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
    ['unprovable', sse({ Null: { [key]: 'false' }, Bool: { 'aws:SecureTransport': 'false' } })],
  ])('%s', (is, statement) => {
    expect(deniesCustomerKeys(text(statement), bucket).is).toBe(is);
  });
});

/** Denying policies, and what makes them leak. */
const spellings: fc.Arbitrary<Json> = fc
  .constantFrom(...denied.map(([, ...statements]) => statements).filter(({ length }) => length === 1))
  .map(([statement = deny]) => statement);
const leaks: readonly ((statement: Json) => Json)[] = [
  (one) => ({ ...drop(one, 'NotResource'), Resource: arn }),
  (one) => ({ ...drop(one, 'NotResource'), Resource: all }),
  (one) => ({ ...drop(one, 'NotResource'), Resource: [arn, `${arn}/a*`] }),
  (one) => ({ ...one, Principal: { AWS: user } }),
  (one) => ({ ...drop(one, 'NotAction'), Action: ['s3:Get*', 's3:L*'] }),
  (one) => ({ ...drop(one, 'Action'), NotAction: ['iam:*', 's3:GetBucket*'] }),
  (one) => ({ ...drop(one, 'Principal'), NotPrincipal: { AWS: [user, root] } }),
  (one) => narrow(one, { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }),
  (one) => narrow(one, { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } }),
  (one) => narrow(one, { StringEquals: { 'aws:Weather': 'fine' } }),
  (one) => narrow(one, { Null: { 'aws:SourceVpce': 'false' } }),
];
const drop = (one: Json, key: string): Json => Object.fromEntries(Object.entries(one).filter(([name]) => name !== key));
const narrow = (one: Json, condition: Json): Json => ({ ...one, Condition: { ...json(one['Condition'] ?? {}), ...condition } });
const anyStatement: fc.Arbitrary<Json> = fc
  .record({ statement: spellings, leak: fc.option(fc.constantFrom(...leaks), { nil: undefined }), Effect: fc.constantFrom('Allow', 'Deny') })
  .map(({ statement, leak, Effect }) => ({ ...(leak ? leak(statement) : statement), Effect }));

test('whatever makes a denying statement leak is never denied', () => {
  fc.assert(
    fc.property(spellings, fc.constantFrom(...leaks), (statement, leak) => {
      const policy = text(leak(statement));
      const verdict = deniesPlainHttp(policy, bucket);
      expect(verdict.is).not.toBe('denied');
      if (verdict.is === 'open') expectEscape(policy, verdict);
    }),
    { numRuns: 500 },
  );
});
test('an Allow changes nothing, a Deny never opens, and the order does not matter', () => {
  fc.assert(
    fc.property(fc.array(anyStatement, { maxLength: 4 }), anyStatement, (statements, more) => {
      const { is } = deniesPlainHttp(text(...statements), bucket);
      expect(deniesPlainHttp(text({ ...more, Effect: 'Allow' }, ...statements), bucket).is).toBe(is);
      expect(deniesPlainHttp(text(...statements.toReversed()), bucket).is).toBe(is);
      const { is: then } = deniesPlainHttp(text(...statements, { ...more, Effect: 'Deny' }), bucket);
      if (is === 'denied') expect(then).toBe('denied');
      if (is === 'unprovable') expect(then).not.toBe('open');
    }),
    { numRuns: 500 },
  );
});
test('any JSON ends in a verdict', () => {
  const word = fc.constantFrom('Deny', 'Allow', '*', 's3:*', arn, all, 'false', '${x}', '__proto__', 'constructor');
  const key = fc.constantFrom('Effect', 'Principal', 'NotPrincipal', 'Action', 'Resource', 'Condition', 'Bool', 'aws:SecureTransport', '__proto__', 'AWS');
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      word,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), (statements) => {
      expect(['denied', 'open', 'unprovable']).toContain(deniesPlainHttp(text(...statements), bucket).is);
    }),
    { numRuns: 1000 },
  );
});
test('a hostile policy costs little', () => {
  const stars = 'a*'.repeat(600);
  const many = Array.from({ length: 24 }, (_, at) =>
    also({ StringNotLike: { 'aws:Referer': `${stars}${at}` }, StringNotEquals: { 'aws:SourceVpce': `vpce-${at}` } }),
  );
  const globs = Array.from({ length: 40 }, (_, at) => ({ ...deny, Action: `s3:${'*a'.repeat(300)}${at}`, Resource: `${arn}/${'*w'.repeat(300)}${at}` }));
  const wide = Array.from({ length: 120 }, (_, at) => also({ StringEquals: { [`aws:key${at}`]: 'a' }, StringNotEquals: { [`aws:key${at + 1}`]: 'b' } }));
  for (const statements of [many, globs, wide]) expect(deniesPlainHttp(text(...statements), bucket).is).not.toBe('denied');
});
