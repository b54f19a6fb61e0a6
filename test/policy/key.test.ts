import { expect, test } from 'vitest';
import { readKeyPolicy, type KeyPolicy } from '../../src/policy/key.ts';

/**
 * Key policies written by us after the KMS developer guide ("Key policies", "Condition keys", "Default key policy", "Allowing users in other
 * accounts", "Troubleshooting key access") and the IAM user guide ("Condition operators", "Global condition context keys", "Principal").
 */
const own = '111122223333';
const other = '444455556666';
const keyArn = `arn:aws:kms:eu-west-1:${own}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
type Part = Readonly<Record<string, unknown>>;
const doc = (...statements: readonly Part[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const root = (account: string): Part => ({ AWS: `arn:aws:iam::${account}:root` });
const allow = (more: Part): Part => ({ Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*', ...more });
const deny = (more: Part): Part => ({ Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', ...more });
const when = (...conditions: readonly Part[]): string => doc(delegation, ...conditions.map((Condition) => allow({ Condition })));
const delegation: Part = { Effect: 'Allow', Principal: root(own), Action: 'kms:*', Resource: '*' };
const read = (policy: string): Extract<KeyPolicy, { is: 'read' }> => {
  const found = readKeyPolicy(policy, keyArn);
  if (found.is === 'unreadable') throw new Error(found.why);
  return found;
};

const open: readonly (readonly [string, string])[] = [
  ['everyone', doc(allow({}))],
  ['everyone, in the long form', doc(allow({ Principal: { AWS: '*' } }))],
  ['everyone in a list', doc(allow({ Principal: { AWS: [`arn:aws:iam::${own}:root`, '*'] } }))],
  ['everyone may only see the key', doc(allow({ Action: 'kms:DescribeKey' }))],
  ['actions in any case', doc(allow({ Action: 'KMS:decrypt' }))],
  ['a wildcard action', doc(allow({ Action: 'kms:De*' }))],
  ['all but managing', doc(allow({ Action: undefined, NotAction: ['kms:Put*', 'kms:Schedule*'] }))],
  ['NotPrincipal', doc({ ...allow({}), Principal: undefined, NotPrincipal: root(own) })],
  ['the key by its ARN', doc(allow({ Resource: keyArn }))],
  ['kms:ViaService alone', when({ StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } })],
  ['kms:ViaService of several', when({ StringEquals: { 'kms:ViaService': ['ec2.eu-west-1.amazonaws.com', 'rds.eu-west-1.amazonaws.com'] } })],
  ['a caller account that may be any', when({ StringLike: { 'kms:CallerAccount': '*' } })],
  ['a principal ARN of any account', when({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Admin' } })],
  ['a principal ARN of any account, as text', when({ StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Admin*' } })],
  ['any organization', when({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } })],
  ['IfExists on an organization', when({ StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
  ['IfExists on a source account', when({ StringEqualsIfExists: { 'aws:SourceAccount': own } })],
  ['IfExists on a source ARN', when({ ArnLikeIfExists: { 'aws:SourceArn': `arn:aws:sns:*:${own}:*` } })],
  ['ForAllValues on paths that may be absent', when({ 'ForAllValues:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/*' } })],
  ['everyone but an account', when({ StringNotEquals: { 'aws:PrincipalAccount': other } })],
  ['everyone outside of an organization', when({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
  ['Null alone', when({ Null: { 'aws:PrincipalOrgID': 'true' } })],
  ['Bool alone', when({ Bool: { 'aws:SecureTransport': 'true' } })],
  ['with a second factor', when({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } })],
  ['not as a service', when({ BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } })],
  ['an encryption context', when({ StringEquals: { 'kms:EncryptionContext:purpose': 'billing' } })],
  ['a tag of the principal', when({ StringEquals: { 'aws:PrincipalTag/team': 'data' } })],
  ['a grant for a resource of AWS, alone', doc(allow({ Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } }))],
  ['a network of everybody', when({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } })],
  ['all networks of the documentation but one', when({ NotIpAddress: { 'aws:SourceIp': ['198.51.100.0/24', '203.0.113.0/24'] } })],
  ['half the addresses', when({ IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } })],
  ['all addresses but some', when({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
  ['any VPC endpoint', when({ StringLike: { 'aws:SourceVpce': 'vpce-*' } })],
  ['a service acting for any bucket', when({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } })],
  ['the own account as the one asked', when({ StringEquals: { 'aws:ResourceAccount': own } })],
  ['one of two conditions is none', when({ StringEquals: { 'kms:CallerAccount': own } }, { StringLike: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } })],
  ['a Deny of something else', doc(allow({}), deny({ Action: 'kms:Encrypt' }))],
  ['a Deny for one account', doc(allow({}), deny({ Principal: root(other) }))],
  ['a Deny through one service', doc(allow({}), deny({ Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } }))],
  ['a Deny without a second factor', doc(allow({}), deny({ Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } }))],
  ['a Deny of an address', doc(allow({}), deny({ Condition: { IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } } }))],
  ['a Deny without a resource has no effect', doc(allow({}), { Effect: 'Deny', Principal: '*', Action: 'kms:*' })],
  [
    'a Deny outside of an organization, where it is present',
    doc(allow({}), deny({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' }, Null: { 'aws:PrincipalOrgID': 'false' } } })),
  ],
  [
    'a Deny of other accounts that spares services',
    doc(
      allow({ Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } } }),
      deny({ Condition: { StringNotEquals: { 'kms:CallerAccount': own }, Bool: { 'aws:PrincipalIsAWSService': 'false' } } }),
    ),
  ],
];
const closed: readonly (readonly [string, string])[] = [
  ['the default policy', doc(delegation)],
  [
    'the console policy',
    doc(delegation, allow({ Principal: { AWS: `arn:aws:iam::${own}:role/app` }, Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*'] })),
  ],
  ['a service as principal', doc(delegation, allow({ Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 'kms:GenerateDataKey*' }))],
  ['another account', doc(delegation, allow({ Principal: root(other) }))],
  ['another account by its number', doc(delegation, allow({ Principal: { AWS: other } }))],
  ['as AWS writes it for its own keys', when({ StringEquals: { 'kms:CallerAccount': own, 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } })],
  ['keys of conditions in any case', when({ StringEquals: { 'KMS:callerACCOUNT': own } })],
  ['operators in any case', when({ stringequals: { 'aws:PrincipalAccount': own } })],
  ['an organization', when({ StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
  ['paths of an organization', when({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/r-ab12/ou-*' } })],
  ['a principal ARN', when({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${own}:role/*` } })],
  ['a principal ARN as text', when({ StringLike: { 'aws:PrincipalArn': `arn:aws:iam::${own}:*` } })],
  ['a source account', when({ StringEquals: { 'aws:SourceAccount': own } })],
  ['a source ARN', when({ ArnLike: { 'aws:SourceArn': `arn:aws:sns:*:${own}:*` } })],
  ['a bucket', when({ ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::ours' } })],
  ['a source organization', when({ StringEquals: { 'aws:SourceOrgID': 'o-a1b2c3d4e5' } })],
  ['a VPC endpoint', when({ StringEquals: { 'aws:SourceVpce': 'vpce-0a1b2c3d' } })],
  ['a VPC', when({ StringEquals: { 'aws:SourceVpc': ['vpc-1', 'vpc-2'] } })],
  ['a network of the documentation', when({ IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } })],
  ['a network of our own', when({ IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/48'] } })],
  ['the unique id of a role', when({ StringLike: { 'aws:userId': 'AROAEXAMPLEEXAMPLE12:*' } })],
  ['one condition of two is enough', when({ StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' }, Bool: { 'aws:SecureTransport': 'true' } })],
  ['never over HTTP', when({ Bool: { 'aws:SecureTransport': 'false' } })],
  ['nothing that works from outside', doc(delegation, allow({ Action: ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion'] }))],
  ['another key', doc(delegation, allow({ Resource: keyArn.replace('1234abcd', '99999999') }))],
  ['an Allow without a resource has no effect', doc(delegation, { Effect: 'Allow', Principal: '*', Action: 'kms:*' })],
  ['an Allow without an action has no effect', doc(delegation, { Effect: 'Allow', Principal: '*', Resource: '*' })],
  ['actions of another service', doc(delegation, allow({ Action: 's3:*' }))],
  ['a role that is gone', doc(delegation, allow({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE12' } }))],
  ['a Deny of everything', doc(allow({}), deny({}))],
  ['a Deny of what it allows', doc(allow({ Action: ['kms:Decrypt', 'kms:Encrypt'] }), deny({ Action: ['kms:Dec*', 'kms:Enc*'] }))],
  ['a Deny of a wider pattern', doc(allow({ Action: 'kms:Generate*' }), deny({ Action: 'kms:G*' }))],
  ['a Deny outside of an organization', doc(allow({ Action: 'kms:*' }), deny({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }))],
  ['a Deny outside of the account', doc(allow({ Action: '*' }), deny({ Condition: { StringNotEqualsIfExists: { 'aws:PrincipalAccount': [own, other] } } }))],
  [
    'a Deny for all but the account',
    doc(allow({}), { ...deny({}), Principal: undefined, NotPrincipal: root(own) }, deny({ Condition: { Bool: { 'aws:PrincipalIsAWSService': 'true' } } })),
  ],
  [
    'two Denies that leave nobody',
    doc(
      allow({}),
      deny({ Condition: { Bool: { 'aws:ViaAWSService': 'true' } } }),
      deny({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }),
    ),
  ],
];
const unprovable: readonly (readonly [string, string])[] = [
  ['ForAllValues on a key that services may lack', when({ 'ForAllValues:StringEquals': { 'aws:PrincipalAccount': own } })],
  ['a wildcard in a principal', doc(delegation, allow({ Principal: { AWS: 'arn:aws:iam::*:role/app' } }))],
  ['a policy variable', when({ StringEquals: { 'aws:PrincipalAccount': '${aws:ResourceAccount}' } })],
  ['a time', when({ DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' } })],
  ['an alias of the key', when({ 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/public' } })],
  ['a key that nobody knows', when({ StringEquals: { 'aws:Unheard': 'of' } })],
  ['an operator that nobody knows', when({ StringSounds: { 'aws:PrincipalAccount': own } })],
  [
    'a bucket through a service',
    when({ StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com', 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::ours' } }),
  ],
  ['an organization that begins so', when({ StringLike: { 'aws:PrincipalOrgID': 'o-a1b2*' } })],
  ['an Effect in small letters', doc(delegation, allow({ Effect: 'allow' }))],
  ['an element that IAM does not know', doc(delegation, allow({ Conditions: {} }))],
];
test.each(open)('open to anyone: %s', (_name, policy) => {
  expect(read(policy).anyone).toMatchObject({ is: 'yes', witness: expect.stringMatching(/^Statement\[\d\] allows kms:/) });
});
test.each(closed)('not open to anyone: %s', (_name, policy) => {
  expect(read(policy).anyone).toEqual({ is: 'no' });
});
test.each(unprovable)('undecided: %s', (_name, policy) => {
  expect(read(policy).anyone).toMatchObject({ is: 'unprovable' });
});

const role = (name: string, account = own): string => `arn:aws:iam::${account}:role/${name}`;
test.each<readonly [string, string, readonly Part[]]>([
  ['an account as a whole', doc(delegation, allow({ Principal: root(other) })), [{ account: other, access: 'open' }]],
  ['an account by its number', doc(delegation, allow({ Principal: { AWS: other } })), [{ account: other, access: 'open' }]],
  ['a role there', doc(delegation, allow({ Principal: { AWS: role('app', other) } })), [{ account: other, access: 'open' }]],
  [
    'through a service',
    doc(allow({ Principal: root(other), Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } })),
    [{ account: other, access: 'limited' }],
  ],
  [
    'within an organization',
    doc(allow({ Principal: root(other), Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } })),
    [{ account: other, access: 'limited' }],
  ],
  [
    'within an organization if it has one',
    doc(allow({ Principal: root(other), Condition: { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } })),
    [{ account: other }],
  ],
  [
    'grants for AWS resources',
    doc(allow({ Principal: root(other), Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': true } } })),
    [{ account: other, access: 'limited' }],
  ],
  [
    'both',
    doc(
      allow({ Principal: root(other), Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': true } } }),
      allow({ Principal: root(other) }),
    ),
    [{ account: other, access: 'open' }],
  ],
  ['by a condition', when({ StringEquals: { 'kms:CallerAccount': [own, other] } }), [{ account: other, access: 'open' }]],
  ['by the ARN in a condition', when({ ArnLike: { 'aws:PrincipalArn': role('app*', other) } }), [{ account: other, access: 'open' }]],
  ['only what does not work from outside', doc(delegation, allow({ Principal: root(other), Action: 'kms:PutKeyPolicy' })), []],
  ['denied again', doc(delegation, allow({ Principal: root(other) }), deny({ Principal: { AWS: other } })), []],
  ['denied from outside', doc(delegation, allow({ Principal: root(other) }), deny({ Condition: { StringNotEquals: { 'aws:PrincipalAccount': own } } })), []],
  [
    'denied in part',
    doc(delegation, allow({ Principal: root(other), Action: ['kms:Decrypt', 'kms:Encrypt'] }), deny({ Principal: root(other), Action: 'kms:Decrypt' })),
    [{ account: other, access: 'open' }],
  ],
  ['nobody', doc(delegation), []],
])('accounts outside: %s', (_name, policy, outsiders) => {
  expect(read(policy).outsiders).toEqual(outsiders);
});

const everything = { everything: true, manages: true, uses: true };
test.each<readonly [string, string, readonly Part[]]>([
  ['the account itself delegates', doc(delegation), []],
  ['kms:* to a role', doc(delegation, allow({ Principal: { AWS: role('admin') }, Action: 'kms:*' })), [{ principal: role('admin'), ...everything }]],
  [
    '* to a role with a second factor',
    doc(allow({ Principal: { AWS: role('admin') }, Action: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })),
    [{ principal: role('admin'), ...everything }],
  ],
  [
    'kms:* through a service',
    doc(allow({ Principal: { AWS: role('app') }, Action: 'kms:*', Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } })),
    [{ principal: role('app'), everything: false, manages: false, uses: true }],
  ],
  [
    'all but one',
    doc(allow({ Principal: { AWS: role('admin') }, Action: 'kms:*' }), deny({ Principal: { AWS: role('admin') }, Action: 'kms:Decrypt' })),
    [{ principal: role('admin'), everything: false, manages: true, uses: true }],
  ],
  [
    'NotAction of nothing there is',
    doc(allow({ Principal: { AWS: role('admin') }, Action: undefined, NotAction: 's3:*' })),
    [{ principal: role('admin'), ...everything }],
  ],
  [
    'manages',
    doc(allow({ Principal: { AWS: role('admin') }, Action: ['kms:Put*', 'kms:Describe*', 'kms:ScheduleKeyDeletion'] })),
    [{ principal: role('admin'), everything: false, manages: true, uses: false }],
  ],
  [
    'uses',
    doc(allow({ Principal: { AWS: `arn:aws:iam::${own}:user/path/ann` }, Action: ['kms:Decrypt', 'kms:DescribeKey'] })),
    [{ principal: `arn:aws:iam::${own}:user/path/ann`, everything: false, manages: false, uses: true }],
  ],
  [
    'both, in two statements',
    doc(allow({ Principal: { AWS: role('a') }, Action: 'kms:Put*' }), allow({ Principal: { AWS: [role('a'), role('b')] } })),
    [
      { principal: role('a'), everything: false, manages: true, uses: true },
      { principal: role('b'), everything: false, manages: false, uses: true },
    ],
  ],
  [
    'everyone of the account',
    when({ StringEquals: { 'kms:CallerAccount': own } }).replace('kms:Decrypt', 'kms:*'),
    [{ principal: `arn:aws:iam::${own}:*`, ...everything }],
  ],
  [
    'tags that nobody knows',
    doc(allow({ Principal: { AWS: role('a') }, Action: 'kms:*', Condition: { StringEquals: { 'aws:PrincipalTag/team': 'keys' } } })),
    [{ principal: role('a') }],
  ],
])('holders: %s', (_name, policy, holders) => {
  expect(read(policy).holders).toEqual(holders);
});

test.each<readonly [string, string, 'yes' | 'no' | 'unprovable']>([
  ['the default policy', doc(delegation), 'no'],
  ['a role alone', doc(allow({ Principal: { AWS: role('admin') }, Action: 'kms:*' })), 'no'],
  ['users only', doc(allow({ Principal: { AWS: role('app') } })), 'yes'],
  ['only accounts outside', doc(allow({ Principal: root(other), Action: 'kms:*' })), 'yes'],
  ['a role that is gone', doc(allow({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE12' }, Action: 'kms:*' }), allow({ Principal: { AWS: role('app') } })), 'yes'],
  ['denied to all', doc(delegation, deny({ Action: 'kms:PutKey*' })), 'yes'],
  ['denied to all but one role', doc(delegation, deny({ Action: 'kms:PutKeyPolicy', Condition: { ArnNotLike: { 'aws:PrincipalArn': role('admin') } } })), 'no'],
  [
    'denied to all but a role of another account',
    doc(delegation, deny({ Action: 'kms:PutKeyPolicy', Condition: { ArnNotLike: { 'aws:PrincipalArn': role('admin', other) } } })),
    'yes',
  ],
  ['an Allow without a resource', doc({ Effect: 'Allow', Principal: root(own), Action: 'kms:*' }), 'yes'],
  ['all but that action', doc({ ...delegation, Action: undefined, NotAction: 'kms:PutKeyPolicy' }), 'yes'],
  [
    'until a day that this reader does not weigh',
    doc({ ...delegation, Condition: { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } } }),
    'unprovable',
  ],
  ['no statement that allows', doc(deny({ Principal: root(other) })), 'yes'],
])('lockout: %s', (_name, policy, is) => {
  expect(read(policy).lockout.is).toBe(is);
});

test.each([
  ['not JSON', 'no'],
  ['a list', '[]'],
  ['one key twice', doc(delegation).replace('"Version"', '"Version":"2008-10-17","Version"')],
  ['too long', doc({ ...delegation, Sid: 'x'.repeat(70_000) })],
])('unreadable: %s', (_name, policy) => {
  expect(readKeyPolicy(policy, keyArn)).toMatchObject({ is: 'unreadable' });
});
test('an ARN that no key has', () => {
  expect(readKeyPolicy(doc(delegation), 'arn:aws:kms:eu-west-1:1:key/a').is).toBe('unreadable');
});
