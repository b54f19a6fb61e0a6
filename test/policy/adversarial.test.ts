import { describe, expect, test } from 'vitest';
import { deniesCustomerKeys, deniesPlainHttp } from '../../src/policy/deny.ts';

/**
 * Policies written against the evaluator, each with what IAM does with it, argued from the IAM user guide (condition operators, set operators,
 * Principal, NotPrincipal, NotAction, NotResource, grammar) and the S3 user guide. `never` says what must not come out: a policy that AWS could not
 * hold, or of which the documentation says too little, may be left open, but not be called the wrong thing.
 */
const bucket = { name: 'b', partition: 'aws' } as const;
const both = ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'];
const http = { Bool: { 'aws:SecureTransport': 'false' } };
const full = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: both, Condition: http };
const doc = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const deny = (over: object): string => doc({ ...full, ...over });
const when = (Condition: unknown): string => deny({ Condition });
const raw = (condition: string): string =>
  `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":${condition}}]}`;

const denied: readonly (readonly [string, string])[] = [
  ['the one operator over a list with both values', when({ Bool: { 'aws:SecureTransport': ['true', 'false'] } })],
  ['ForAllValues over one value that is there', when({ 'ForAllValues:Bool': { 'aws:SecureTransport': 'false' } })],
  ['ForAnyValue over one value that is there', when({ 'ForAnyValue:Bool': { 'aws:SecureTransport': 'false' } })],
  ['ForAnyValue with a negation: some value differs', when({ 'ForAnyValue:StringNotEquals': { 'aws:SecureTransport': 'true' } })],
  ['StringNotEquals on the other value', when({ StringNotEquals: { 'aws:SecureTransport': 'true' } })],
  ['StringNotLike with a wildcard', when({ StringNotLike: { 'aws:SecureTransport': 't*' } })],
  ['StringLike with ?', when({ StringLike: { 'aws:securetransport': 'fal?e' } })],
  ['Null: the key is there', when({ Null: { 'aws:SecureTransport': false } })],
  ['Null on s3:TlsVersion: absent without TLS', when({ Null: { 's3:TlsVersion': 'true' } })],
  ['IfExists on s3:TlsVersion holds without TLS', when({ NumericLessThanIfExists: { 's3:TlsVersion': ['1.2', '1.3'] } })],
  ['a negated number on an absent key', when({ NumericNotEquals: { 's3:TlsVersion': 1.3 } })],
  ['ForAllValues on an absent key', when({ 'ForAllValues:StringEquals': { 's3:TlsVersion': '1.1' } })],
  ['Condition {} is no condition', when({})],
  ['two conditions that both hold', when({ ...http, NumericLessThanIfExists: { 's3:TlsVersion': '1.3' } })],
  ['Version 2008-10-17', JSON.stringify({ Version: '2008-10-17', Statement: full })],
  ['no Version', JSON.stringify({ Statement: [full] })],
  ['{"AWS": ["*"]} beside a named principal', deny({ Principal: { AWS: ['arn:aws:iam::111122223333:root', '*'] } })],
  ['NotAction of another service', deny({ Action: undefined, NotAction: ['iam:*', 's3express:*', 's3-object-lambda:*'] })],
  ['NotResource of another bucket', deny({ Resource: undefined, NotResource: ['arn:aws:s3:::other', 'arn:aws:s3:::other/*'] })],
  ['actions in any case', deny({ Action: 'S3:*' })],
  ['the rest by NotAction', doc({ ...full, Action: 's3:Get*' }, { ...full, Action: undefined, NotAction: 'S3:GET*' })],
  ['the rest by NotResource', doc({ ...full, Resource: 'arn:aws:s3:::b/logs/*' }, { ...full, Resource: undefined, NotResource: 'arn:aws:s3:::b/logs/*' })],
  [
    'an address and all others',
    doc(
      { ...full, Condition: { ...http, IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } },
      { ...full, Condition: { ...http, NotIpAddress: { 'AWS:sourceip': '192.0.2.0/24' } } },
    ),
  ],
  [
    'with the key and without it',
    doc(
      { ...full, Condition: { ...http, Null: { 'aws:PrincipalOrgID': 'true' } } },
      { ...full, Condition: { ...http, Null: { 'aws:principalorgid': 'false' } } },
    ),
  ],
  ['the same Sid twice', doc({ Sid: 'A', ...full, Resource: both[0] }, { Sid: 'A', ...full, Resource: both[1] })],
  ['escapes in JSON strings', deny({}).replace('"Deny"', '"\\u0044eny"').replace('"Effect"', '"\\u0045ffect"').replace('false', '\\u0066alse')],
  ['wildcards in the ARN', deny({ Resource: ['arn:*:s3:::b', 'arn:aws:s3:::?/?*'] })],
  ['an Allow beside it changes nothing', doc({ Effect: 'Allow', Principal: '*', Action: '*', Resource: both }, full)],
];
const open: readonly (readonly [string, string])[] = [
  ['StringEquals on a key that is not there', when({ ...http, StringEquals: { 'aws:SourceVpce': 'vpce-1' } })],
  ['s3:TlsVersion without IfExists', when({ NumericLessThan: { 's3:TlsVersion': '1.2' } })],
  ['ForAnyValue on an absent key, negated or not', when({ 'ForAnyValue:StringNotEquals': { 's3:TlsVersion': '1.3' } })],
  ['the true one', when({ Bool: { 'aws:SecureTransport': 'true' } })],
  ['Null: the key is not there', when({ Null: { 'aws:SecureTransport': 'true' } })],
  ['StringNotEquals false', when({ StringNotEqualsIfExists: { 'aws:SecureTransport': ['true', 'false'] } })],
  ['StringLike in the wrong case', when({ StringLike: { 'aws:SecureTransport': 'F*' } })],
  ['a principal of one account', deny({ Principal: { AWS: '111122223333' } })],
  ['services only', deny({ Principal: { Service: '*' } })],
  ['NotPrincipal spares everyone', deny({ Principal: undefined, NotPrincipal: '*' })],
  ['a resource in another case', deny({ Resource: ['arn:aws:s3:::B', 'arn:aws:s3:::B/*'] })],
  ['a resource of another partition', deny({ Resource: ['arn:aws-cn:s3:::b', 'arn:aws-cn:s3:::b/*'] })],
  ['a * that would have to span segments', deny({ Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::?b/*'] })],
  ['NotAction of s3', deny({ Action: undefined, NotAction: 's3:*' })],
  ['NotAction that spares one', deny({ Action: undefined, NotAction: ['s3:GetObject', 'iam:*'] })],
  ['NotResource spares a folder', deny({ Resource: undefined, NotResource: 'arn:aws:s3:::b/public/*' })],
  ['one character of key', deny({ Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/?'] })],
  [
    'signed requests that AWS services do not make: anonymous ones lack the key',
    when({ ...http, Bool: { 'aws:SecureTransport': 'false', 'aws:PrincipalIsAWSService': 'false' } }),
  ],
  ['anonymous requests lack PrincipalAccount', when({ ...http, StringEquals: { 'aws:PrincipalAccount': '111122223333' } })],
  [
    'two of one operator AND together',
    when({ Bool: { 'aws:SecureTransport': 'false', 'aws:ViaAWSService': 'true' }, StringEquals: { 'aws:PrincipalAccount': '111122223333' } }),
  ],
  ['an org is spared', when({ ...http, StringNotEquals: { 'aws:PrincipalOrgID': 'o-abc123' } })],
  ['signature version 4 is spared', when({ ...http, StringNotEquals: { 's3:signatureversion': 'AWS4-HMAC-SHA256' } })],
  ['an empty list of statements', doc()],
];
/** name, policy, the answer that would be wrong. */
const never: readonly (readonly [string, string, 'denied' | 'open'])[] = [
  [
    'ForAnyValue with IfExists on an absent key is false (re:Post QU9HFmDzP0QGuU)',
    when({ 'ForAnyValue:NumericLessThanIfExists': { 's3:TlsVersion': '1.2' } }),
    'denied',
  ],
  ['an operator without keys', when({ Bool: {} }), 'denied'],
  ['an operator without keys', when({ Bool: {} }), 'open'],
  ['a key without values', when({ Bool: { 'aws:SecureTransport': [] } }), 'denied'],
  ['Condition null', when(null), 'denied'],
  ['Condition []', when([]), 'denied'],
  ['a condition inside a list', when([http]), 'open'],
  ['a key in two spellings, one of which does not hold', raw('{"Bool":{"aws:SecureTransport":"true","aws:securetransport":"false"}}'), 'open'],
  ['an operator in two spellings', raw('{"Bool":{"aws:SecureTransport":"true"},"bool":{"aws:SecureTransport":"false"}}'), 'open'],
  ['a key written twice', raw('{"Bool":{"aws:SecureTransport":"true","aws:SecureTransport":"false"}}'), 'denied'],
  ['a key written twice, once in escapes', raw('{"Bool":{"aws:SecureTransport":"true","aws:Secure\\u0054ransport":"false"}}'), 'denied'],
  ['effect in lower case', deny({ Effect: 'deny' }), 'denied'],
  ['effect in lower case', deny({ Effect: 'deny' }), 'open'],
  ['an element in lower case', doc({ Effect: 'Deny', Principal: '*', action: 's3:*', Resource: both, Condition: http }), 'denied'],
  ['Action and NotAction', deny({ NotAction: 's3:GetObject' }), 'denied'],
  ['Principal as a list', deny({ Principal: ['*'] }), 'denied'],
  ['{"*": "*"}', deny({ Principal: { '*': '*' } }), 'open'],
  ['a principal type that IAM does not know beside everyone', deny({ Principal: { AWS: '*', Bot: 'x' } }), 'denied'],
  ['a user name in the resource', deny({ Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/${aws:username}/*', 'arn:aws:s3:::b/*x'] }), 'denied'],
  ['a variable as value', when({ StringEquals: { 'aws:SecureTransport': '${aws:SecureTransport}' } }), 'open'],
  ['a version of the language that is none', JSON.stringify({ Version: '2099-01-01', Statement: [full] }), 'denied'],
  ['services are let off, signed or not', when({ ...http, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } }), 'open'],
  // S3 refuses SSE-C and KMS without TLS by itself: such requests are no witness (S3 user guide, "Using SSE-C"; re:Post "s3-kms-signature-version-error").
  ['spared is only a write with aws:kms, which needs TLS', when({ ...http, StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } }), 'open'],
  ['spared is only SSE-C, which needs TLS', when({ ...http, Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'true' } }), 'open'],
  // GetObjectVersion always names a version (S3 API reference).
  [
    'a version is always named where one is read',
    doc({ ...full, Action: undefined, NotAction: 's3:GetObjectVersion' }, { ...full, Condition: { ...http, Null: { 's3:versionid': 'false' } } }),
    'open',
  ],
  ['an ACL that S3 does not know', when({ ...http, StringNotLike: { 's3:x-amz-acl': 'bucket-owner-*' } }), 'open'],
];

describe('plain HTTP, against what IAM does', () => {
  test.each(denied)('denied: %s', (_name, policy) => {
    expect(deniesPlainHttp(policy, bucket).is).toBe('denied');
  });
  test.each(open)('open: %s', (_name, policy) => {
    expect(deniesPlainHttp(policy, bucket).is).toBe('open');
  });
  test.each(never)('%s', (_name, policy, wrong) => {
    expect(deniesPlainHttp(policy, bucket).is).not.toBe(wrong);
  });
});

const ssec = (Condition: object, over: object = {}): string =>
  doc({ Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: 'arn:aws:s3:::b/*', Condition, ...over });
const algorithm = 's3:x-amz-server-side-encryption-customer-algorithm';
describe('SSE-C, against what IAM does', () => {
  test.each([
    ['the documented statement', ssec({ Null: { [algorithm]: 'false' } })],
    ['any algorithm', ssec({ StringLike: { [algorithm.toUpperCase()]: '*' } })],
    ['all writes', ssec({})],
  ])('denied: %s', (_name, policy) => {
    expect(deniesCustomerKeys(policy, bucket).is).toBe('denied');
  });
  test.each([
    ['demanded instead', ssec({ Null: { [algorithm]: 'true' } })],
    ['reads alone', ssec({ Null: { [algorithm]: 'false' } }, { Action: 's3:GetObject' })],
    ['in one folder', ssec({ Null: { [algorithm]: 'false' } }, { Resource: 'arn:aws:s3:::b/in/*' })],
    ['without TLS', ssec({ Null: { [algorithm]: 'false' }, Bool: { 'aws:SecureTransport': 'false' } })],
  ])('not denied: %s', (_name, policy) => {
    expect(deniesCustomerKeys(policy, bucket).is).not.toBe('denied');
  });
});
