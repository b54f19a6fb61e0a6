import { keyActions, type KeyAction } from './key-actions.ts';
import { accountIn, keyOf, type Key, type Party } from './key-party.ts';
import { allowsNothing, type Ask } from './key-prove.ts';
import { isAllowed, type Allowed } from './key-witness.ts';
import { parsePolicy, type Maybe, type Statement } from './parse.ts';

/** `yes` comes with a request, in words, that was checked to be allowed; `no` is a proof; `unprovable` is neither. */
export type Answer = { readonly is: 'yes'; readonly witness: string } | { readonly is: 'no' } | { readonly is: 'unprovable'; readonly why: string };
/** What an account outside may do by itself (`open`), or only through AWS services or as part of an organization (`limited`); absent where unprovable. */
export interface Outsider {
  readonly account: string;
  readonly access?: 'open' | 'limited';
}
/** What the policy itself gives to a principal that it names; absent where unprovable. */
export interface Holder {
  readonly principal: string;
  /** Every action, of its own accord. */
  readonly everything?: boolean;
  readonly manages?: boolean;
  readonly uses?: boolean;
}
export type KeyPolicy =
  | {
      readonly is: 'read';
      readonly anyone: Answer;
      readonly outsiders: readonly Outsider[];
      readonly holders: readonly Holder[];
      /** Nobody can change the policy any more. */
      readonly lockout: Answer;
    }
  | { readonly is: 'unreadable'; readonly why: string };

/** One more than this many is more than the facts can hold, which is a gap there and never a short list. */
const most = 100;

/**
 * What does this key policy allow, and whom? Only Allow and Deny statements of the policy itself are looked at: grants, IAM policies of an account to
 * which the policy delegates, and policies of the organization are not. Requests of AWS services that the policy names as principals are not "anyone".
 * Sources: KMS developer guide, "Key policies" and "Condition keys"; IAM user guide, "Policy evaluation logic" and "Global condition keys".
 */
export function readKeyPolicy(policy: string, keyArn: string): KeyPolicy {
  const key = keyOf(keyArn);
  if (!key) return { is: 'unreadable', why: 'the key has no ARN of a known form' };
  const parsed = parsePolicy(policy);
  if (parsed.is === 'unreadable') return parsed;
  const { allows, denies } = parsed;
  const asks = asksOf(allows, denies, key);
  return {
    is: 'read',
    anyone: anyoneOf(asks, strangerTo(policy)),
    outsiders: outsidersOf(asks, allows),
    holders: holdersOf(asks, allows),
    lockout: lockoutOf(asks),
  };
}
/** The two questions that can be put to a policy about somebody: certainly nothing, and certainly something. */
interface Asks {
  readonly key: Key;
  readonly nothing: (ask: Omit<Ask, 'key'>) => boolean;
  readonly something: (ask: Omit<Ask, 'key'>) => Allowed | undefined;
}
const asksOf = (allows: readonly Statement[], denies: readonly Statement[], key: Key): Asks => ({
  key,
  nothing: (ask) => allowsNothing(allows, denies, { ...ask, key }),
  something: (ask) => isAllowed(allows, denies, { ...ask, key }),
});
const undecided = 'neither a proof that no such request is allowed, nor a request that certainly is';

/** An account that nobody names. */
function strangerTo(policy: string): string {
  const samples = ['999988887777', '888877776666', '777766665555'];
  return samples.find((account) => !policy.includes(account)) ?? '666655554444';
}
function anyoneOf({ nothing, something }: Asks, account: string): Answer {
  const strangers: readonly Party[] = [false, true].map((service) => ({ account, stranger: true, service }));
  const asks = strangers.map((party) => ({ party, direct: false, named: false, outside: true }));
  if (asks.every(nothing)) return { is: 'no' };
  for (const ask of asks) {
    const found = something(ask);
    if (found) return { is: 'yes', witness: inWords(found, ask.party.service ? 'an AWS service, acting for' : 'anyone, such as') };
  }
  return { is: 'unprovable', why: undecided };
}
function inWords({ arn, action, statement, chosen }: Allowed, who: string): string {
  const having = [...chosen].flatMap(([key, value]) => (value.is === 'text' ? [`${key}=${value.text}`] : []));
  return `Statement[${statement}] allows ${action} to ${who} ${arn}${having.length > 0 ? ` with ${having.join(', ')}` : ''}`.slice(0, 2048);
}

/** Accounts other than the key's that principals and conditions of Allow statements name. */
function outsidersOf({ key, nothing, something }: Asks, allows: readonly Statement[]): readonly Outsider[] {
  const named = allows
    .flatMap(({ principals }) => (principals?.not === false ? principals.named : []))
    .flatMap(({ type, value }) => (type === 'AWS' ? accountOf(value) : []));
  const conditions = allows.flatMap((one) => one.conditions ?? []).filter((one) => callers.has(one.key));
  const under = conditions.flatMap(({ key: of, base, values }) =>
    (values ?? []).flatMap((value) => (of === 'aws:principalarn' ? (accountIn(of, base, value) ?? []) : value)),
  );
  const accounts = [...new Set([...named, ...under])].filter((one) => /^\d{12}$/.test(one) && one !== key.account).sort();
  return accounts.slice(0, most + 1).flatMap((account): readonly Outsider[] => {
    const party = { account, stranger: false, service: false };
    if (nothing({ party, direct: false, named: false, outside: false })) return [];
    const alone = { party, direct: true, named: false, outside: true };
    if (nothing(alone)) return [{ account, access: 'limited' }];
    return something(alone) ? [{ account, access: 'open' }] : [{ account }];
  });
}
const callers: ReadonlySet<string> = new Set(['aws:principalaccount', 'kms:calleraccount', 'aws:principalarn']);
const accountOf = (value: string): readonly string[] => (/^\d{12}$/.test(value) ? [value] : value.split(':').slice(4, 5));

/** The users, roles and sessions that Allow statements name, of whatever account; and, where one allows everyone, any user of the key's own account. */
function holdersOf({ key, nothing, something }: Asks, allows: readonly Statement[]): readonly Holder[] {
  const named = allows.flatMap(({ principals }) => (principals?.not === false ? principals.named : []));
  const arns = named.flatMap(({ type, value }) => (type === 'AWS' && isPrincipal.test(value) ? [value] : []));
  const everyone = allows.some(({ principals }) => principals?.everyone === true || principals?.not === true);
  const inAccount = `arn:${key.partition}:iam::${key.account}:`;
  const asked = [...new Set(arns)].sort().map((arn) => ({ principal: arn, arn }));
  return [...asked.slice(0, most + 1), ...(everyone ? [{ principal: `${inAccount}*`, arn: `${inAccount}user/witness` }] : [])].map(({ principal, arn }) => {
    const party = { account: arn.split(':')[4] ?? '', stranger: false, service: false, arn };
    const may = (action: string, direct: boolean): Maybe => {
      const ask = { party, action, direct, named: true, outside: false };
      return nothing(ask) ? false : something(ask) ? true : undefined;
    };
    const possible = keyActions.filter(({ acrossAccounts }) => acrossAccounts || party.account === key.account);
    const those = (does: KeyAction['does']): readonly KeyAction[] => possible.filter((action) => action.does === does);
    return {
      principal,
      ...given({
        everything: allOf(possible, ({ name }) => may(name, true)),
        manages: anyOf(those('manage'), ({ name }) => may(name, true)),
        uses: anyOf(those('use'), ({ name }) => may(name, false)),
      }),
    };
  });
}
const isPrincipal = /^arn:aws[a-z-]*:(iam|sts)::\d{12}:(user|role|assumed-role|federated-user)\/[^*?$]+$/;
const given = (facts: Readonly<Record<'everything' | 'manages' | 'uses', Maybe>>): Omit<Holder, 'principal'> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
function anyOf<T>(items: readonly T[], test: (item: T) => Maybe): Maybe {
  let found: Maybe = false;
  for (const item of items) {
    const one = test(item);
    if (one === true) return true;
    found = one === undefined ? undefined : found;
  }
  return found;
}
function allOf<T>(items: readonly T[], test: (item: T) => Maybe): Maybe {
  const none = anyOf(items, (item) => {
    const one = test(item);
    return one === undefined ? undefined : !one;
  });
  return none === undefined ? undefined : !none;
}

function lockoutOf({ key, nothing, something }: Asks): Answer {
  const ask = { party: { account: key.account, stranger: false, service: false }, action: 'kms:PutKeyPolicy', direct: false, named: false, outside: false };
  if (nothing(ask)) return { is: 'yes', witness: 'no principal of the account is allowed kms:PutKeyPolicy' };
  return something(ask) ? { is: 'no' } : { is: 'unprovable', why: undecided };
}
