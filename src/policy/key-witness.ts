import { absent, cidr, dotted, holds, text, unknown, type Value } from './condition.ts';
import { globMatches } from './glob.ts';
import { all, matchesAction, matchesResource } from './match.ts';
import type { Condition, Maybe, Statement } from './parse.ts';
import { keyActions, type KeyAction } from './key-actions.ts';
import { canBring, fixedFor, takesIn, type Key, type Party } from './key-party.ts';
import type { Ask } from './key-prove.ts';

/** A request that a statement allows and none denies. `statement`: the place of the one that allows, counted from 0. */
export interface Allowed {
  readonly arn: string; // of a service: what it acts for
  readonly action: string;
  readonly statement: number;
  readonly chosen: ReadonlyMap<string, Value>;
}
interface Request {
  readonly party: Party & { readonly arn: string };
  readonly action: KeyAction;
  readonly key: Key;
  readonly fixed: ReadonlyMap<string, Value>;
  readonly chosen: ReadonlyMap<string, Value>;
  readonly exact: boolean; // the question is about this principal, not about some
  readonly address: string; // in no network that the policy names
}
const mostSteps = 100_000;
const someone = 'witness';

/** Looks for a request of the question that the policy certainly allows, or undefined where none was found. */
export function isAllowed(allows: readonly Statement[], denies: readonly Statement[], ask: Ask): Allowed | undefined {
  const budget = { left: mostSteps };
  const actions = keyActions.filter((action) => mayAsk(action, ask));
  const address = addressOutside([...allows, ...denies]);
  for (const party of partiesOf(allows, denies, ask)) {
    const fixed = fixedFor(party, ask.key, ask.direct);
    for (const allow of allows) {
      if (!allow.clear || allow.lacking || !allow.conditions || takesIn(allow.principals, party, ask.named) !== true) continue;
      if (matchesResource(allow.resources, ask.key.arn) !== true) continue;
      for (const action of actions) {
        if (matchesAction(allow.actions, action.name) !== true) continue;
        const start = { party, action, key: ask.key, fixed, chosen: new Map<string, Value>(), exact: ask.party.arn !== undefined, address };
        const conditions = allow.conditions;
        const stillAllowed = (request: Request): boolean => conditions.every((condition) => holdsIn(condition, request) === true);
        const found = satisfy(conditions, start, ask, budget, (request) => escape(denies, request, ask, budget, stillAllowed));
        if (found) return { arn: party.arn, action: action.name, statement: allow.index, chosen: found.chosen };
        if (budget.left < 0) return undefined;
      }
    }
  }
  return undefined;
}
function mayAsk(action: KeyAction, { party, key, action: one }: Ask): boolean {
  if (one !== undefined && action.name !== one) return false;
  return party.service ? action.byServices : party.account === key.account || action.acrossAccounts;
}
/** One principal of the account, its root user, and those that the policy names. */
function partiesOf(allows: readonly Statement[], denies: readonly Statement[], { party, key }: Ask): readonly (Party & { readonly arn: string })[] {
  const { account, service, arn } = party;
  if (arn !== undefined) return [{ ...party, arn }];
  if (service) return [{ ...party, arn: `arn:${key.partition}:sns:${key.region}:${account}:${someone}` }];
  const iam = `arn:${key.partition}:iam::${account}`;
  const statements = [...allows, ...denies];
  const named = statements.flatMap(({ principals }) => principals?.named ?? []).map(({ value }) => value);
  const conditions = statements.flatMap((one) => one.conditions ?? []).filter((one) => one.key === 'aws:principalarn');
  const patterns = conditions.flatMap((one) => one.values ?? []).flatMap((value) => instance('aws:principalarn', value, account) ?? []);
  const usual = party.stranger ? [`${iam}:user/${someone}`, `${iam}:role/${someone}`] : [`${iam}:root`, `${iam}:user/${someone}`, `${iam}:role/${someone}`];
  const ours = [...named, ...patterns].filter((one) => one.startsWith(`${iam}:`) && /:(root|(user|role)\/[\w+=,.@/-]{1,512})$/.test(one));
  return [...new Set([...usual, ...ours])].slice(0, 24).map((one) => ({ ...party, arn: one }));
}

type Then = (request: Request) => Request | undefined;
/** Chooses values, one condition after the other, until all of them hold. */
function satisfy(conditions: readonly Condition[], request: Request, ask: Ask, budget: { left: number }, then: Then): Request | undefined {
  budget.left -= 1;
  if (budget.left < 0) return undefined;
  const [first, ...others] = conditions;
  if (!first) return then(request);
  if (holdsIn(first, request) === true) {
    const found = satisfy(others, request, ask, budget, then);
    if (found) return found;
  }
  for (const next of choose(first, request, ask)) {
    if (holdsIn(first, next) !== true) continue;
    const found = satisfy(others, next, ask, budget, then);
    if (found) return found;
  }
  return undefined;
}
/** Chooses values until the conditions of no Deny statement hold. What is chosen under one key can change what is under another. */
function escape(
  denies: readonly Statement[],
  request: Request,
  ask: Ask,
  budget: { left: number },
  stillAllowed: (request: Request) => boolean,
): Request | undefined {
  budget.left -= denies.length + 1;
  if (budget.left < 0 || !stillAllowed(request)) return undefined;
  const open = denies.find((deny) => matches(deny, request) !== false);
  if (!open) return request;
  for (const condition of open.conditions ?? []) {
    for (const next of choose(condition, request, ask)) {
      if (holdsIn(condition, next) !== false) continue;
      const found = escape(denies, next, ask, budget, stillAllowed);
      if (found) return found;
      if (budget.left < 0) return undefined;
    }
  }
  return undefined;
}
function matches({ principals, actions, resources, conditions, clear, lacking }: Statement, request: Request): Maybe {
  if (lacking) return false;
  return all([
    takesIn(principals, request.party, false),
    matchesAction(actions, request.action.name),
    matchesResource(resources, request.key.arn),
    conditions && all(conditions.map((condition) => holdsIn(condition, request))),
    clear || undefined,
  ]);
}
const holdsIn = (condition: Condition, request: Request): Maybe => holds(condition, valueOf(request, condition.key));

/** The requests that differ from this one in the value of one key; a key that was chosen, or is given, or that they cannot choose, gives none. */
function choose({ key, base, values }: Condition, request: Request, { party, outside }: Ask): readonly Request[] {
  if (request.chosen.has(key) || request.fixed.has(key)) return [];
  const written = (values ?? []).filter((value) => !value.includes('${') && value.length <= 512);
  return candidates(key, base, written, request)
    .filter(
      (value) =>
        value.is !== 'text' || key === 'aws:sourceip' || canBring(party, outside, key, 'stringequals', value.text) !== false || value.text.includes(someone),
    )
    .slice(0, 24)
    .map((value) => ({ ...request, chosen: new Map([...request.chosen, [key, value]]) }));
}

const starts = (key: string, ...prefixes: readonly string[]): boolean => prefixes.some((prefix) => key.startsWith(prefix));
const ofGrants = ['kms:granteeprincipal', 'kms:retiringprincipal', 'kms:grantoperations', 'kms:grantconstrainttype'];
const takesContext = /^kms:(Decrypt|Encrypt|ReEncrypt(From|To)|GenerateDataKey(Pair)?(WithoutPlaintext)?|CreateGrant)$/;
const throughService = (request: Request): boolean => {
  const via = request.chosen.get('kms:viaservice') ?? request.fixed.get('kms:viaservice');
  return via?.is === 'text' || request.party.service;
};

/** What they may choose to bring under a key; nothing for a key that is not theirs to choose, or that this reader does not know. */
function candidates(key: string, base: string, values: readonly string[], request: Request): readonly Value[] {
  const { party, action, exact } = request;
  const plain = [...new Set(values.flatMap((value) => instance(key, value, party.account) ?? []))].map(text);
  if (key === 'kms:viaservice')
    return action.byServices && request.chosen.get('aws:sourceip') === undefined ? plain.filter((one) => isServiceName(one, request)) : [];
  if (key === 'aws:viaawsservice') return [];
  if (key === 'kms:grantisforawsresource') return action.name === 'kms:CreateGrant' ? [text('true'), text('false')] : [];
  if (starts(key, 'kms:encryptioncontext:')) return takesContext.test(action.name) && !throughService(request) ? [...plain, text(someone)] : [];
  if (ofGrants.includes(key)) return action.name === 'kms:CreateGrant' && !throughService(request) ? plain : [];
  if (key === 'kms:bypasspolicylockoutsafetycheck') return action.name === 'kms:PutKeyPolicy' ? [text('false'), text('true')] : [];
  if (key === 'kms:scheduledeletionpendingwindowindays') return action.name === 'kms:ScheduleKeyDeletion' ? [text('30'), text('7')] : [];
  if (key === 'aws:sourcearn') return party.service ? plain : [];
  if (party.service) return [];
  if (key === 'aws:sourceip') return throughService(request) ? [] : addresses(values, request).map(text);
  if (key === 'aws:sourcevpce') return throughService(request) ? [] : [text(`vpce-0${someone}`)];
  if (key === 'aws:sourcevpc') return throughService(request) ? [] : [text(`vpc-0${someone}`)];
  if (key === 'aws:principalorgid') return party.stranger ? [text(`o-${someone}000`)] : [];
  if (key === 'aws:principalorgpaths') return party.stranger ? [text(`o-${someone}000/r-ab12/`)] : [];
  if (key === 'aws:multifactorauthpresent') return [text('true')];
  if (key === 'aws:multifactorauthage' && base.startsWith('numeric'))
    return values.flatMap((one) => [one, String(Number(one) - 1), String(Number(one) + 1)]).map(text);
  if (key === 'aws:useragent' || key === 'aws:referer') return throughService(request) ? [] : [...plain, text(someone)];
  // Whoever names a user or a role, or tags it, in an account of their own is free in it; of a given principal nobody knows the tags.
  if (starts(key, 'aws:principaltag/')) return exact ? [] : [...plain, text(someone)];
  return [];
}
/** What a plain request brings: one of a client with long-term keys, straight to KMS, or that of a service. */
function valueOf(request: Request, key: string): Value {
  const { party, fixed, chosen, action } = request;
  const own = fixed.get(key) ?? chosen.get(key);
  if (own) return own;
  const service = throughService(request);
  if (key === 'kms:viaservice') return party.service ? unknown : absent;
  if (party.service) return key === 'aws:sourceaccount' ? text(party.account) : key === 'aws:sourceorgid' || key === 'aws:sourceorgpaths' ? absent : unknown;
  if (key === 'aws:principalaccount' || key === 'kms:calleraccount') return text(party.account);
  if (key === 'aws:principalarn') return text(party.arn);
  if (key === 'aws:viaawsservice') return text(String(service));
  if (starts(key, 'aws:calledvia')) return service ? unknown : absent;
  if (starts(key, 'aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorg')) return absent; // only requests of service principals have them
  if (starts(key, 'kms:encryptioncontext')) return service || key === 'kms:encryptioncontextkeys' ? unknown : absent;
  if (key === 'kms:grantisforawsresource') return action.name === 'kms:CreateGrant' ? (service ? unknown : text('false')) : unknown;
  if (key === 'kms:requestalias') return service ? unknown : absent; // asked for by ARN
  if (ofGrants.includes(key)) return action.name === 'kms:CreateGrant' ? unknown : absent;
  if (starts(key, 'aws:sourcevpc', 'aws:vpce') || key === 'aws:vpcsourceip') return service || isChosen(chosen, 'aws:sourcevpc') ? unknown : absent;
  if (key === 'aws:sourceip') return service ? unknown : isChosen(chosen, 'aws:sourcevpc') ? absent : text(request.address);
  if (party.stranger && (key === 'aws:principalorgid' || key === 'aws:principalorgpaths')) return absent;
  if (party.stranger && starts(key, 'aws:principaltag/')) return absent;
  if (starts(key, 'aws:multifactorauth')) return party.arn.includes(':role/') ? unknown : absent; // long-term keys have neither
  if (party.arn.includes(':user/') && key === 'aws:username') return text(party.arn.split('/').at(-1) ?? '');
  if (party.arn.includes(':user/') && key === 'aws:principaltype') return text('User');
  return unknown;
}
const isChosen = (chosen: Request['chosen'], prefix: string): boolean => [...chosen].some(([key, value]) => key.startsWith(prefix) && value.is === 'text');
const isServiceName = (value: Value, { key }: Request): boolean =>
  value.is === 'text' && globMatches(`?*.${key.region}.amazonaws.com*`, value.text) && /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value.text);

/** A value that a pattern matches: the account of an ARN is theirs, what else is open is anything. */
function instance(key: string, pattern: string, account: string): string | undefined {
  const isArn = key === 'aws:principalarn' || key === 'aws:sourcearn';
  if (key === 'kms:viaservice') return pattern.includes('*') ? undefined : pattern;
  if (!isArn) return pattern.replaceAll('*', 'x').replaceAll('?', 'x');
  const parts = pattern.split(':');
  if (parts.length < 6) return undefined;
  const filled = parts.map((part, at) => (at === 4 && part === '*' ? account : part.replaceAll('*', at === 1 ? 'aws' : someone).replaceAll('?', 'x')));
  const arn = filled.join(':');
  const whose = filled[4] ?? '';
  return whose === account || (whose === '' && key === 'aws:sourcearn') ? arn : undefined;
}
/** Addresses in the networks of a condition; of a narrow one only somebody who may be in it has any. */
function addresses(values: readonly string[], { party, address }: Request): readonly string[] {
  const networks = values.flatMap((value) => cidr(value) ?? []).filter(({ size }) => !party.stranger || size > 2 ** 24);
  const inside = networks.map(({ first, size }) => dotted(first + Math.floor(size / 2))).filter(isPublic);
  return [...inside.filter((one) => !party.stranger || !isNamed(one, values)), address].slice(0, 16);
}
const isNamed = (address: string, values: readonly string[]): boolean =>
  values.some((value) => {
    const network = cidr(value);
    const at = cidr(address);
    return network !== undefined && at !== undefined && network.size <= 2 ** 24 && at.first >= network.first && at.first < network.first + network.size;
  });
function addressOutside(statements: readonly Statement[]): string {
  const values = statements.flatMap((one) => one.conditions ?? []).flatMap((one) => (one.key === 'aws:sourceip' ? (one.values ?? []) : []));
  return samples.find((one) => !isNamed(one, values)) ?? '';
}
const samples = ['198.51.100.7', '203.0.113.9', '192.0.2.9', '8.8.4.4', '9.9.9.10', '1.0.0.1', '64.6.65.6', '185.228.168.9'];
/** AWS never sees a private address under aws:SourceIp. */
const isPublic = (address: string): boolean =>
  !/^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|2(2[4-9]|[34]\d|5[0-5]))\./.test(address);
