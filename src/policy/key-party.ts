import { absent, cidr, text, type Value } from './condition.ts';
import { any, not } from './match.ts';
import type { Maybe, Named, Principals } from './parse.ts';

/** A key by its ARN: where it is, and whose it is. */
export interface Key {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}
export function keyOf(arn: string): Key | undefined {
  const match = /^arn:(?<partition>aws[a-z-]*):kms:(?<region>[a-z0-9-]+):(?<account>\d{12}):key\/[A-Za-z0-9-]{1,128}$/.exec(arn);
  const { partition, region, account } = match?.groups ?? {};
  return partition !== undefined && region !== undefined && account !== undefined ? { arn, partition, region, account } : undefined;
}

/**
 * Those about whom a question is asked: all principals of an account, or one of them. `stranger`: an account that the policy does not name, of whoever
 * opens one, in no organization or in one of its own. `service`: an AWS service that acts for a resource of that account.
 */
export interface Party {
  readonly account: string;
  readonly stranger: boolean;
  readonly service: boolean;
  readonly arn?: string;
}
const names = /^\d{12}$/;
const uniqueId = /^(AIDA|AROA|AGPA|ANPA|ANVA|APKA|ASCA|AIPA)[A-Z0-9]{10,124}$/;

/**
 * Does Principal or NotPrincipal take them in: all of them (true), nobody (false), or some of them, or nobody knows (undefined)?
 * `named`: an account stands for its root user alone, not for whom its IAM policies let in.
 */
export function takesIn(principals: Principals | undefined, party: Party, named: boolean): Maybe {
  if (!principals) return undefined;
  if (principals.everyone) return !principals.not;
  const listed = any(principals.named.map((one) => isOf(one, party, named)));
  if (!principals.not) return listed;
  return not(listed) === true ? true : undefined; // whom NotPrincipal spares depends on sessions and accounts
}
function isOf({ type, value }: Named, { account, service, arn }: Party, named: boolean): Maybe {
  if (type === 'Service') return service ? undefined : false;
  if (type === 'CanonicalUser') return undefined;
  if (type !== 'AWS') return false;
  if (names.test(value)) return value === account && !service && (!named || isRoot(arn));
  // IAM shows a principal that is gone by its unique id, and lets nobody in by it (IAM user guide, Principal: "can no longer map it back").
  if (uniqueId.test(value)) return false;
  if (/[*?]|\$\{/.test(value)) return undefined;
  const parts = value.split(':');
  if (parts.length < 6) return undefined;
  if (parts[4] !== account || service) return false;
  if (parts[5] === 'root') return !named || isRoot(arn);
  if (arn === undefined) return undefined;
  if (value === arn) return true;
  return parts[2] === 'sts' || arn.includes(':sts:') ? undefined : false; // a session of a role is the role, too
}
const isRoot = (arn: string | undefined): boolean => arn?.endsWith(':root') ?? false;

/** What is the same in every request of theirs. Source: IAM user guide, "AWS global condition context keys"; KMS developer guide, condition keys. */
export function fixedFor({ account, stranger, service, arn }: Party, key: Key, direct: boolean): ReadonlyMap<string, Value> {
  const own: readonly (readonly [string, Value])[] =
    stranger || service
      ? []
      : [
          ['aws:principalaccount', text(account)],
          ['kms:calleraccount', text(account)],
          ...(arn === undefined || arn.includes(':sts:') ? [] : ([['aws:principalarn', text(arn)]] as const)),
        ];
  return new Map([
    ...own,
    ['aws:securetransport', text('true')], // KMS has no other endpoints
    ['aws:requestedregion', text(key.region)],
    ['aws:resourceaccount', text(key.account)],
    ['aws:principalisawsservice', text(String(service))],
    ...(service ? [] : ([['aws:principalservicename', absent]] as const)),
    ...(direct ? directly : []),
  ]);
}
/** Not through a service, nor as one. */
const directly: readonly (readonly [string, Value])[] = [
  ['kms:viaservice', absent],
  ['kms:grantisforawsresource', text('false')],
  ['aws:viaawsservice', text('false')],
  ['aws:calledvia', absent],
  ['aws:calledviafirst', absent],
  ['aws:calledvialast', absent],
  ['aws:sourcearn', absent],
  ['aws:sourceaccount', absent],
  ['aws:sourceorgid', absent],
  ['aws:sourceorgpaths', absent],
];

const accounts: ReadonlySet<string> = new Set(['aws:principalaccount', 'kms:calleraccount', 'aws:sourceaccount', 'aws:vpceaccount']);
const organizations: ReadonlySet<string> = new Set(['aws:principalorgid', 'aws:sourceorgid', 'aws:vpceorgid']);
const paths: ReadonlySet<string> = new Set(['aws:principalorgpaths', 'aws:sourceorgpaths', 'aws:vpceorgpaths']);
const arns: ReadonlySet<string> = new Set(['aws:principalarn', 'aws:sourcearn', 'aws:sourcevpcarn']);
const owned: ReadonlySet<string> = new Set(['aws:sourcevpce', 'aws:sourcevpc']);

/** Operators that compare for equality, with or without wildcards. */
const equality: ReadonlySet<string> = new Set(['stringequals', 'stringequalsignorecase', 'stringlike', 'arnequals', 'arnlike', 'ipaddress', 'numericequals']);

/**
 * Can what they bring under a key equal, or match, a value of the policy? False only where nobody of them can have it: an account, an organization,
 * a network or a resource is not free to choose. Undefined is "perhaps". `outside`: for this question they are of no organization that a policy names.
 */
export function canBring(party: Party, outside: boolean, key: string, base: string, value: string): false | undefined {
  if (!equality.has(base)) return undefined;
  const wild = base !== 'stringequals' && base !== 'stringequalsignorecase' && /[*?]/.test(value);
  const foreign = party.stranger || outside;
  if (organizations.has(key)) return foreign && !wild ? false : undefined;
  if (paths.has(key)) return foreign && !(wild && /[*?]/.test(value.split('/')[0] ?? '')) ? false : undefined;
  if (key === 'aws:principalarn') return [undefined, party.account].includes(accountIn(key, base, value)) ? undefined : false;
  if (!party.stranger) return undefined;
  if (key === 'aws:sourceip') return isNarrow(value) ? false : undefined;
  if (accounts.has(key) || owned.has(key)) return wild || value === party.account ? undefined : false;
  if (key === 'aws:userid') return /^[A-Z0-9]{12,128}(:|$)/.test(value) ? false : undefined;
  if (!arns.has(key)) return undefined;
  const account = accountIn(key, base, value);
  // An S3 bucket has no account in its ARN, but a name that is taken.
  return account === undefined || account === party.account || (account === '' && wild) ? undefined : false;
}
/** The account that an ARN, or a pattern of ARNs, is tied to; empty where it has none, undefined where it may be any. */
export function accountIn(key: string, base: string, value: string): string | undefined {
  if (base === 'stringequals' || base === 'stringequalsignorecase') return value.split(':')[4] ?? '';
  const parts = value.split(':');
  const [account = ''] = parts.slice(4, 5);
  if (parts.length < 6) return /[*?]/.test(value) ? undefined : '';
  // StringLike lets * swallow colons, which the ARN of a principal has only five of.
  if (base === 'stringlike' && /[*?]/.test(parts.slice(0, 4).join(':')) && !(key === 'aws:principalarn' && parts.length === 6)) return undefined;
  return /[*?]/.test(account) ? undefined : account;
}
/** Networks that AWS itself does not call public: up to /8 of IPv4, /32 of IPv6 (S3 user guide, "The meaning of public"). */
function isNarrow(value: string): boolean {
  const bits = /\/(\d{1,3})$/.exec(value)?.[1];
  if (value.includes(':')) return bits === undefined || (Number(bits) >= 32 && Number(bits) <= 128);
  const network = cidr(value);
  return network !== undefined && network.size <= 2 ** 24;
}
/** Never without a value, for whoever signs a request. */
export const isAlwaysThere = (key: string, { service }: Party): boolean =>
  !service && (key === 'aws:principalaccount' || key === 'kms:calleraccount' || key === 'aws:principalarn');
