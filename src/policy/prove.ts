import { holds, operator, type Value } from './condition.ts';
import { matchesAction, matchesResource, shareOfActions, shareOfResources, type Share } from './match.ts';
import type { Condition, Patterns, Statement } from './parse.ts';

/** A set of requests: an action (or all of a family, as a pattern in lower case), what they act on, and the context they all share. */
export interface Question {
  readonly action: { readonly all: string } | { readonly one: string };
  readonly resources: readonly ({ readonly all: string } | { readonly one: string })[];
  readonly fixed: ReadonlyMap<string, Value>;
}
/** A conjunction: variable → the value it must have. Variables are facts about a request that this reader leaves open. */
export type Term = ReadonlyMap<string, boolean>;
export const mostTerms = 2000;
export const mostSteps = 200_000;

/**
 * Do the statements together deny every request of the question? True is a proof: for every value of whatever is left open, one of them matches.
 * False says nothing. What cannot be decided is taken not to deny.
 */
export function coversAll(statements: readonly Statement[], question: Question): boolean {
  return question.resources.every((resource) => {
    const terms = statements.flatMap((statement) => termsOf(statement, question, resource));
    return terms.length <= mostTerms && isTautology(terms, { left: mostSteps });
  });
}

function termsOf(statement: Statement, { action, fixed }: Question, resource: Question['resources'][number]): readonly Term[] {
  const { principals, actions, resources, conditions, clear } = statement;
  if (!clear || !principals || !actions || !resources || !conditions || principals.not || !principals.everyone) return [];
  const parts = [
    'one' in action ? constant(matchesAction(actions, action.one)) : patternTerms(actions, 'action', (pattern) => shareOfActions(pattern, action.all)),
    'one' in resource
      ? constant(matchesResource(resources, resource.one))
      : patternTerms(resources, 'resource', (pattern) => shareOfResources(pattern, resource.all)),
    ...conditions.map((condition) => conditionTerms(condition, fixed)),
  ];
  return parts.reduce<readonly Term[]>((terms, part) => product(terms, part), [new Map()]);
}
/** A statement whose variable has no value matches nothing, so that neither it nor its negation may hold. */
export const hasVariable = (text: string): boolean => text.includes('${');
const constant = (value: boolean | undefined): readonly Term[] => (value === true ? [new Map()] : []);
const literal = (name: string, value: boolean): Term => new Map([[name, value]]);

export function patternTerms({ not, patterns }: Patterns, prefix: string, share: (pattern: string) => Share): readonly Term[] {
  const shares = patterns.map((pattern) => ({ name: `${prefix} ${prefix === 'action' ? pattern.toLowerCase() : pattern}`, share: share(pattern) }));
  if (not) {
    if (shares.some((one) => one.share === 'all') || patterns.some(hasVariable)) return [];
    return [new Map(shares.filter((one) => one.share === 'some').map(({ name }) => [name, false]))];
  }
  if (shares.some((one) => one.share === 'all')) return [new Map()];
  return shares.filter((one) => one.share === 'some').map(({ name }) => literal(name, true));
}

/** Keys of one value, of which an operator and its negation are exact opposites. */
export const single =
  /^aws:(sourceip|sourcevpce|sourcevpc|vpcsourceip|principalarn|principalaccount|principalorgid|principaltype|username|userid|referer|useragent|sourcearn|sourceaccount|multifactorauthpresent|viaawsservice|principalisawsservice|requestedregion)$|^kms:(calleraccount|viaservice|grantisforawsresource)$|^s3:(prefix|delimiter|x-amz-acl|x-amz-server-side-encryption|x-amz-storage-class|versionid|authtype|signatureversion)$/;

function conditionTerms(condition: Condition, fixed: ReadonlyMap<string, Value>): readonly Term[] {
  const { base, ifExists, set, key, values } = condition;
  const value = fixed.get(key);
  if (value) return constant(holds(condition, value));
  if (!values) return [];
  const missing = `absent ${key}`;
  if (base === 'null' && set === 'none' && !ifExists) {
    return values.flatMap((wanted) => (/^true$/i.test(wanted) ? [literal(missing, true)] : /^false$/i.test(wanted) ? [literal(missing, false)] : []));
  }
  const known = operator(base);
  if (!known || set !== 'none' || !single.test(key) || values.some(hasVariable))
    return [literal(`opaque ${JSON.stringify([base, ifExists, set, key, values])}`, true)];
  const names = values.map((one) => `${valueName(known.of, one)} ${key}`);
  if (known.not) return [new Map(names.map((name) => [name, false]))]; // holds where the key is absent, too
  return [...names.map((name) => literal(name, true)), ...(ifExists ? [literal(missing, true)] : [])];
}
/** Two spellings of one test get one name. */
export function valueName(of: string, value: string): string {
  if (of === 'arnequals' || of === 'arnlike') return `arn ${value}`;
  if (of === 'bool' || of === 'stringequalsignorecase') return `${of} ${value.toLowerCase()}`;
  if (of === 'stringlike' && !/[*?]/.test(value)) return `stringequals ${value}`;
  return `${of} ${value}`;
}

export function product(terms: readonly Term[], part: readonly Term[]): readonly Term[] {
  if (terms.length * part.length > mostTerms) return [];
  return terms.flatMap((term) => part.flatMap((other) => join(term, other) ?? []));
}
function join(a: Term, b: Term): Term | undefined {
  for (const [name, value] of b) if (a.get(name) === !value) return undefined;
  return new Map([...a, ...b]);
}

/** Is one of the terms true whatever the variables are? Splits on the variable met most often; gives up (false) when the budget is spent. */
export function isTautology(terms: readonly Term[], budget: { left: number }): boolean {
  if (terms.some((term) => term.size === 0)) return true;
  budget.left -= terms.length + 1;
  if (terms.length === 0 || budget.left < 0) return false;
  const name = mostCommon(terms);
  return [true, false].every((value) => isTautology(assume(terms, name, value), budget));
}
const assume = (terms: readonly Term[], name: string, value: boolean): readonly Term[] =>
  terms.flatMap((term) => (term.get(name) === !value ? [] : [new Map([...term].filter(([other]) => other !== name))]));
function mostCommon(terms: readonly Term[]): string {
  const counts = new Map<string, number>();
  for (const term of terms) for (const name of term.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}
