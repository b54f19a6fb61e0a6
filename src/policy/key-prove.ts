import { holds, operator, type Value } from './condition.ts';
import { globCovers, globsMeet, longestPattern } from './glob.ts';
import { matchesAction, matchesResource, shareOfActions } from './match.ts';
import type { Condition, Maybe, Principals, Statement } from './parse.ts';
import { family, knownActions } from './key-actions.ts';
import { canBring, fixedFor, isAlwaysThere, takesIn, type Key, type Party } from './key-party.ts';
import { hasVariable, isTautology, mostSteps, mostTerms, patternTerms, product, single, valueName, type Term } from './prove.ts';

/** May they do anything with the key, or one thing? */
export interface Ask {
  readonly party: Party;
  readonly key: Key;
  readonly action?: string; // else any action
  /** Not through a service. */
  readonly direct: boolean;
  /** By the key policy itself, and not because it lets an account decide. */
  readonly named: boolean;
  /** They are of no organization that a policy names. */
  readonly outside: boolean;
}
const always: readonly Term[] = [new Map()];
const never: readonly Term[] = [];

/**
 * Is nobody of them allowed anything of the question? True is a proof: whatever is left open, no statement allows it, or another denies it.
 * False says nothing. What cannot be decided is taken to allow, and not to deny.
 */
export function allowsNothing(allows: readonly Statement[], denies: readonly Statement[], ask: Ask): boolean {
  return allows.every((allow) => {
    if (allow.lacking || takesIn(besideServices(allow.principals), ask.party, ask.named) === false) return true;
    if (matchesResource(allow.resources, ask.key.arn) === false) return true;
    return familiesOf(allow, ask).every(({ all, terms }) => {
      const wanted = conditionsOf(allow, ask, 'allow').reduce(product, terms);
      if (wanted.length === 0 && !tooMany(allow, ask)) return true;
      const denied = denies.flatMap((deny) => denyTerms(deny, all, ask));
      return wanted.length > 0 && denied.length <= mostTerms && wanted.every((term) => isTautology(under(denied, term), { left: mostSteps }));
    });
  });
}
/** A service that is named is not anyone: it answers for whom it acts. */
const besideServices = (principals: Principals | undefined): Principals | undefined =>
  principals && (principals.not ? principals : { ...principals, named: principals.named.filter(({ type }) => type !== 'Service') });
/** `product` gives up with an empty list; an empty list here would be a proof. */
function tooMany(allow: Statement, ask: Ask): boolean {
  return !conditionsOf(allow, ask, 'allow').some((part) => part.length === 0);
}

type Actions = { readonly all: string; readonly terms: readonly Term[] };
/** What the statement names, each as one action or as a pattern of them that the proof has to hold for. */
function familiesOf({ actions }: Statement, { party, key, action }: Ask): readonly Actions[] {
  if (action !== undefined) return matchesAction(actions, action) === false ? [] : [{ all: action.toLowerCase(), terms: always }];
  if (!actions) return [{ all: family, terms: always }];
  if (actions.not) {
    const known = { not: true, patterns: actions.patterns.filter((pattern) => !hasVariable(pattern)) };
    return [{ all: family, terms: patternTerms(known, 'action', (pattern) => shareOfActions(pattern, family)) }];
  }
  const outside = party.account !== key.account;
  return actions.patterns.flatMap((written) => {
    const pattern = written.toLowerCase();
    if (hasVariable(pattern) || pattern.length > longestPattern || globCovers(pattern, family)) return [{ all: family, terms: always }];
    if (!globsMeet(pattern, family)) return [];
    const one = knownActions.get(pattern);
    return outside && one?.acrossAccounts === false ? [] : [{ all: pattern, terms: always }];
  });
}
function denyTerms(deny: Statement, all: string, ask: Ask): readonly Term[] {
  const { principals, actions, resources, clear, lacking } = deny;
  if (!clear || lacking || !actions || !deny.conditions || takesIn(principals, ask.party, false) !== true) return never;
  if (matchesResource(resources, ask.key.arn) !== true) return never;
  const onActions = patternTerms(actions, 'action', (pattern) => shareOfActions(pattern, all));
  return conditionsOf(deny, ask, 'deny').reduce(product, onActions);
}
/** The terms that are left where those of another hold. */
const under = (terms: readonly Term[], held: Term): readonly Term[] =>
  terms.flatMap((term) => ([...term].some(([name, value]) => held.get(name) === !value) ? [] : [new Map([...term].filter(([name]) => !held.has(name)))]));

type Side = 'allow' | 'deny';
function conditionsOf({ conditions }: Statement, ask: Ask, side: Side): readonly (readonly Term[])[] {
  if (!conditions) return [side === 'allow' ? always : never];
  const fixed = fixedFor(ask.party, ask.key, ask.direct);
  return conditions.map((condition) => termsOf(condition, fixed, ask, side));
}
const constant = (value: Maybe, side: Side): readonly Term[] => ((value ?? side === 'allow') ? always : never);
const literal = (name: string, value: boolean): Term => new Map([[name, value]]);

function termsOf(condition: Condition, fixed: ReadonlyMap<string, Value>, { party, outside }: Ask, side: Side): readonly Term[] {
  const { base, ifExists, set, key, values } = condition;
  if (!values) return constant(undefined, side);
  const value = fixed.get(key);
  if (value) return constant(holds(condition, value), side);
  const present = isAlwaysThere(key, party);
  const missing: readonly Term[] = present ? never : [literal(`absent ${key}`, true)];
  if (base === 'null' && set === 'none' && !ifExists) {
    return values.flatMap((wanted) => (/^true$/i.test(wanted) ? missing : /^false$/i.test(wanted) ? there(key, present) : constant(undefined, side)));
  }
  const known = operator(base);
  const opaque = [literal(`opaque ${JSON.stringify([base, ifExists, set, key, values])}`, true)];
  if (!known || values.some(hasVariable)) return opaque;
  const tests = values.map((one) => ({ name: `${valueName(known.of, one)} ${key}`, can: canBring(party, outside, key, known.of, one) }));
  const impossible = tests.every(({ can }) => can === false);
  if (set !== 'none') {
    // ForAllValues holds of no values at all; ForAnyValue needs one that matches.
    if (known.not || !impossible) return opaque;
    return set === 'any' ? (ifExists ? opaque : never) : present ? never : missing;
  }
  if (!single.test(key)) return impossible && !known.not && !ifExists ? never : opaque; // of several values, "not" may be said of another one
  if (known.not) return [new Map(tests.filter(({ can }) => can !== false).map(({ name }) => [name, false]))]; // holds where the key is absent, too
  return [...tests.filter(({ can }) => can !== false).map(({ name }) => literal(name, true)), ...(ifExists ? missing : [])];
}
const there = (key: string, present: boolean): readonly Term[] => (present ? always : [literal(`absent ${key}`, false)]);
