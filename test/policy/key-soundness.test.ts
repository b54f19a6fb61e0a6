import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Value } from '../../src/policy/condition.ts';
import { keyOf, type Party } from '../../src/policy/key-party.ts';
import { allowsNothing, type Ask } from '../../src/policy/key-prove.ts';
import { isAllowed } from '../../src/policy/key-witness.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { condition, json, statementsOf, wild, type Json } from './mini-iam.ts';

/** Key policies of small parts that overlap, and a grid of requests: a second, naive reader must agree with each proof and each witness. */
const [own, other, stranger] = ['111122223333', '444455556666', '999988887777'];
const keyArn = `arn:aws:kms:eu-west-1:${own}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const key = keyOf(keyArn);
const root = (account: string): string => `arn:aws:iam::${account}:root`;
const role = (account: string, name = 'app'): string => `arn:aws:iam::${account}:role/${name}`;

const principal = fc.constantFrom<Json>(
  { Principal: '*' },
  { Principal: '*' },
  { Principal: { AWS: '*' } },
  { Principal: { AWS: root(own) } },
  { Principal: { AWS: [other] } },
  { Principal: { AWS: role(own) } },
  { Principal: { AWS: [role(other), root(own)] } },
);
const excepting = fc.constantFrom<Json>(
  { Principal: '*' },
  { Principal: '*' },
  { NotPrincipal: { AWS: [root(own)] } },
  { Principal: { AWS: other } },
  { Principal: { AWS: role(own) } },
);
const some = (...values: readonly string[]): fc.Arbitrary<readonly string[]> => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
const action = fc.oneof(
  some('kms:*', 'kms:De*', 'kms:Decrypt', 'kms:DescribeKey', 'KMS:create*', 'kms:PutKeyPolicy', 'kms:P*').map((Action) => ({ Action })),
  some('kms:Decrypt', 'kms:P*', 'kms:De*', 's3:*').map((NotAction) => ({ NotAction })),
);
const resource = fc.constantFrom<Json>(
  { Resource: '*' },
  { Resource: '*' },
  { Resource: '*' },
  { Resource: keyArn },
  { Resource: 'arn:aws:kms:*:*:key/9*' },
  {},
);
const clause = fc.constantFrom<readonly [string, string, unknown]>(
  ['StringEquals', 'kms:CallerAccount', own],
  ['StringEquals', 'kms:CallerAccount', [own, other]],
  ['StringNotEquals', 'aws:PrincipalAccount', own],
  ['StringLike', 'kms:CallerAccount', '*'],
  ['StringEquals', 'aws:PrincipalOrgID', 'o-ours'],
  ['StringNotEquals', 'aws:PrincipalOrgID', 'o-ours'],
  ['StringEqualsIfExists', 'aws:PrincipalOrgID', 'o-ours'],
  ['Null', 'aws:PrincipalOrgID', 'true'],
  ['StringEquals', 'kms:ViaService', 's3.eu-west-1.amazonaws.com'],
  ['StringNotEquals', 'kms:ViaService', 's3.eu-west-1.amazonaws.com'],
  ['ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${own}:role/*`],
  ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/app'],
  ['ArnNotLike', 'aws:PrincipalArn', [role(own), role(other)]],
  ['IpAddress', 'aws:SourceIp', '203.0.113.0/24'],
  ['NotIpAddress', 'aws:SourceIp', '203.0.113.0/24'],
  ['Bool', 'aws:MultiFactorAuthPresent', 'true'],
  ['BoolIfExists', 'aws:MultiFactorAuthPresent', 'false'],
  ['StringEquals', 'aws:SourceVpce', 'vpce-ours'],
  ['StringNotEqualsIfExists', 'aws:SourceVpce', 'vpce-ours'],
);
const conditions = fc.uniqueArray(clause, { maxLength: 2, selector: ([operator]) => operator }).map((all) => ({
  ...(all.length > 0 && { Condition: Object.fromEntries(all.map(([operator, name, value]) => [operator, { [name]: value }])) }),
}));
const statement = (effect: string, who: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.tuple(who, action, resource, conditions).map(([a, b, c, d]) => ({ Effect: effect, ...a, ...b, ...c, ...d }));
const policies = fc
  .tuple(fc.array(statement('Allow', principal), { minLength: 1, maxLength: 3 }), fc.array(statement('Deny', excepting), { maxLength: 2 }))
  .map(([allows, denies]) => JSON.stringify({ Version: '2012-10-17', Statement: [...allows, ...denies] }));

interface Asked {
  readonly arn: string;
  readonly action: string;
  readonly context: Readonly<Record<string, string>>;
}
function allowedBy(policy: string, asked: Asked): boolean {
  const matching = statementsOf(policy).filter((one) => applies(one, asked));
  return matching.some((one) => one['Effect'] === 'Allow') && !matching.some((one) => one['Effect'] === 'Deny');
}
const list = (value: unknown): readonly string[] => [value].flat().map(String);
function applies(one: Json, { arn, action: asked, context }: Asked): boolean {
  if (!('Resource' in one)) return false; // KMS: such a statement has no effect
  const account = arn.split(':')[4] ?? '';
  const named = (value: unknown): boolean => value === '*' || list(json(value)['AWS']).some((who) => ['*', arn, account, root(account)].includes(who));
  if ('Principal' in one ? !named(one['Principal']) : named(one['NotPrincipal'])) return false;
  const does = (value: unknown): boolean => list(value).some((pattern) => wild(pattern, asked, 'i'));
  if ('Action' in one ? !does(one['Action']) : does(one['NotAction'])) return false;
  if (!list(one['Resource']).some((pattern) => wild(pattern, keyArn))) return false;
  return Object.entries(json(one['Condition'] ?? {})).every(([operator, keys]) =>
    Object.entries(json(keys)).every(([name, values]) => condition(operator.toLowerCase(), context[name.toLowerCase()], list(values))),
  );
}
/** What a request brings that nobody said otherwise of. */
const usual = (arn: string): Readonly<Record<string, string>> => ({
  'aws:principalarn': arn,
  'aws:principalaccount': arn.split(':')[4] ?? '',
  'kms:calleraccount': arn.split(':')[4] ?? '',
  'aws:sourceip': '198.51.100.7',
});
const texts = (values: ReadonlyMap<string, Value>): Readonly<Record<string, string>> =>
  Object.fromEntries([...values].flatMap(([name, value]) => (value.is === 'text' ? [[name, value.text]] : [])));
/** Every mixture of a few things that a request may bring, if it is one of those who can. */
function contexts(arn: string, organizations: readonly string[], direct: boolean): readonly Readonly<Record<string, string>>[] {
  const parts: readonly (readonly Readonly<Record<string, string>>[])[] = [
    [{}, ...organizations.map((id) => ({ 'aws:principalorgid': id }))],
    [{}, { 'aws:multifactorauthpresent': 'true' }, { 'aws:multifactorauthpresent': 'false' }],
    direct ? [{}] : [{}, { 'kms:viaservice': 's3.eu-west-1.amazonaws.com' }, { 'kms:viaservice': 'rds.eu-west-1.amazonaws.com' }],
    arn.includes(stranger) ? [{}, { 'aws:sourcevpce': 'vpce-theirs' }] : [{}, { 'aws:sourcevpce': 'vpce-ours' }, { 'aws:sourceip': '203.0.113.5' }],
  ];
  return parts.reduce<readonly Readonly<Record<string, string>>[]>(
    (all, part) => all.flatMap((one) => part.map((other) => ({ ...one, ...other }))),
    [usual(arn)],
  );
}
const outsideActions = ['kms:Decrypt', 'kms:DescribeKey', 'kms:CreateGrant', 'kms:Encrypt'];
const party = (account: string, more: Partial<Party> = {}): Party => ({ account, stranger: false, service: false, ...more });
const questions: readonly {
  readonly name: string;
  readonly ask: Omit<Ask, 'key'>;
  readonly arns: readonly string[];
  readonly actions: readonly string[];
  readonly organizations: readonly string[];
}[] = [
  {
    name: 'strangers',
    ask: { party: party(stranger, { stranger: true }), direct: false, named: false, outside: true },
    arns: [role(stranger), role(stranger, 'x'), `arn:aws:iam::${stranger}:user/x`],
    actions: outsideActions,
    organizations: ['o-theirs'],
  },
  {
    name: 'an account outside',
    ask: { party: party(other), direct: false, named: false, outside: false },
    arns: [role(other), role(other, 'x')],
    actions: outsideActions,
    organizations: ['o-ours', 'o-theirs'],
  },
  {
    name: 'an account outside, of its own accord',
    ask: { party: party(other), direct: true, named: false, outside: true },
    arns: [role(other), role(other, 'x')],
    actions: outsideActions,
    organizations: ['o-theirs'],
  },
  {
    name: 'somebody who can change the policy',
    ask: { party: party(own), action: 'kms:PutKeyPolicy', direct: false, named: false, outside: false },
    arns: [root(own), role(own), role(own, 'x')],
    actions: ['kms:PutKeyPolicy'],
    organizations: ['o-ours', 'o-theirs'],
  },
];
test.each(questions)('$name, no request escapes a proof, and each witness is one', ({ ask, arns, actions, organizations }) => {
  if (!key) throw new Error('no key');
  const met = { proofs: 0, witnesses: 0 };
  fc.assert(
    fc.property(policies, (policy) => {
      const parsed = parsePolicy(policy);
      if (parsed.is === 'unreadable') throw new Error(parsed.why);
      const question = { ...ask, key };
      const nothing = allowsNothing(parsed.allows, parsed.denies, question);
      const found = isAllowed(parsed.allows, parsed.denies, question);
      expect(nothing && found !== undefined).toBe(false);
      if (nothing) {
        met.proofs++;
        for (const arn of arns)
          for (const one of contexts(arn, organizations, ask.direct))
            for (const name of actions)
              if (allowedBy(policy, { arn, action: name, context: one })) throw new Error(`${name} by ${arn} with ${JSON.stringify(one)}`);
      }
      if (found) {
        met.witnesses++;
        const { 'aws:sourceip': address, ...rest } = usual(found.arn);
        const hidden = [...found.chosen].some(([name, value]) => (name === 'kms:viaservice' || name.startsWith('aws:sourcevp')) && value.is === 'text');
        const context = { ...rest, ...(hidden || address === undefined ? {} : { 'aws:sourceip': address }), ...texts(found.chosen) };
        expect(allowedBy(policy, { arn: found.arn, action: found.action, context })).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
  expect(Math.min(met.proofs, met.witnesses)).toBeGreaterThan(10);
});
test('nothing that a policy may say makes the reader throw', () => {
  if (!key) throw new Error('no key');
  fc.assert(
    fc.property(
      fc.json(),
      fc.dictionary(fc.constantFrom('Effect', 'Principal', 'Action', 'Resource', 'Condition', 'NotAction'), fc.jsonValue()),
      (text, record) => {
        for (const policy of [text, JSON.stringify({ Statement: { Effect: 'Allow', ...record } })]) {
          const parsed = parsePolicy(policy);
          if (parsed.is === 'policy') for (const { ask } of questions) isAllowed(parsed.allows, parsed.denies, { ...ask, key });
        }
      },
    ),
    { numRuns: 200 },
  );
});
