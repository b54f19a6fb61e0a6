import { bucketActions, objectActions } from './actions.ts';
import { holds, type Value } from './condition.ts';
import { choices, possible, valueOf, type Request } from './context.ts';
import { all, matchesAction, matchesPrincipal, matchesResource, type Who } from './match.ts';
import type { Condition, Maybe, Statement } from './parse.ts';
import type { Question } from './prove.ts';

export interface Bucket {
  readonly name: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly partition: string;
}
export const bucketArn = ({ name, partition }: Bucket): string => `arn:${partition}:s3:::${name}`;
/** Checks of one statement against one request; hostile policies end here as undecided. */
const mostSteps = 400_000;
const someKey = 'witness';

/** A request of the question that certainly no statement matches, or undefined where none was found. */
export function escapes(statements: readonly Statement[], question: Question, bucket: Bucket): Request | undefined {
  const budget = { left: mostSteps };
  const arn = bucketArn(bucket);
  const objects = objectsOf(statements, arn);
  const wanted = (action: string): boolean => !('one' in question.action) || question.action.one === action;
  const asked: readonly (readonly [readonly string[], readonly string[]])[] = [
    [objectActions.filter(wanted), objects],
    [bucketActions.filter(wanted), 'one' in question.action ? [] : [arn]],
  ];
  for (const who of whosOf(statements, bucket.partition)) {
    const byWho = statements.filter(({ principals }) => matchesPrincipal(principals, who) !== false);
    for (const [actions, resources] of asked) {
      const tables = resources.map((resource) => ({ resource, of: new Set(byWho.filter((one) => matchesResource(one.resources, resource) !== false)) }));
      for (const action of actions) {
        const byAction = byWho.filter((one) => matchesAction(one.actions, action) !== false);
        for (const { resource, of } of tables) {
          const found = choose(
            byAction.filter((one) => of.has(one)),
            { who, action, resource, chosen: question.fixed },
            question.fixed,
            budget,
          );
          if (found && statements.every((one) => matches(one, found) === false)) return found;
          if (budget.left < 0) return undefined;
        }
      }
    }
  }
  return undefined;
}
/** Does this statement match this request? */
function matches({ principals, actions, resources, conditions, clear }: Statement, request: Request): Maybe {
  return all([
    matchesPrincipal(principals, request.who),
    matchesAction(actions, request.action),
    matchesResource(resources, request.resource),
    conditions && all(conditions.map((condition) => conditionHolds(condition, request))),
    clear || undefined,
  ]);
}
const conditionHolds = (condition: Condition, request: Request): Maybe => holds(condition, valueOf(request, condition.key));

/** Chooses values for free keys, one statement after the other, until the conditions of none hold. */
function choose(statements: readonly Statement[], request: Request, fixed: ReadonlyMap<string, Value>, budget: { left: number }): Request | undefined {
  budget.left -= statements.length + 1;
  if (budget.left < 0 || !possible(request)) return undefined;
  const open = statements.find(({ conditions }) => !conditions?.some((condition) => conditionHolds(condition, request) === false));
  if (!open) return request;
  for (const condition of open.conditions ?? []) {
    if (request.chosen.has(condition.key) || fixed.has(condition.key)) continue;
    for (const value of choices(request, condition.key, condition.values ?? [])) {
      budget.left--;
      if (holds(condition, value) !== false) continue;
      const found = choose(statements, { ...request, chosen: new Map([...request.chosen, [condition.key, value]]) }, fixed, budget);
      if (found) return found;
      if (budget.left < 0) return undefined;
    }
  }
  return undefined;
}

/** Objects worth a look: one of no folder, and one in each place that the policy names. */
function objectsOf(statements: readonly Statement[], arn: string): readonly string[] {
  const named = statements
    .flatMap(({ resources }) => resources?.patterns ?? [])
    .filter((pattern) => pattern.length <= 240 && !pattern.includes('${'))
    .map((pattern) => (pattern.includes('/') ? `${arn}/${pattern.slice(pattern.indexOf('/') + 1)}` : ''))
    .map((pattern) => pattern.replaceAll('*', 'x').replaceAll('?', 'x'))
    .filter((name) => name.startsWith(`${arn}/`) && name.length > arn.length + 1);
  return [...new Set([`${arn}/${someKey}`, ...named])].slice(0, 16);
}
/** Anybody, somebody of another account, and whomever the policy names as an exception. */
function whosOf(statements: readonly Statement[], partition: string): readonly Who[] {
  const spared = statements.flatMap(({ principals }) => (principals?.not ? principals.named : [])).map(({ value }) => value);
  const conditions = statements.flatMap((one) => one.conditions ?? []);
  const under = (key: string): readonly string[] => conditions.filter((one) => one.key === key).flatMap((one) => one.values ?? []);
  const arns = [...spared, ...under('aws:principalarn').map((value) => value.replaceAll('*', 'x').replaceAll('?', 'x'))];
  const accounts = [...spared, ...under('aws:principalaccount')].filter((value) => /^\d{12}$/.test(value));
  const named = [
    ...arns,
    ...accounts.flatMap((account) => [`arn:${partition}:iam::${account}:user/${someKey}`, `arn:${partition}:iam::${account}:root`]),
  ].flatMap(whoOf);
  const stranger = whoOf(`arn:${partition}:iam::111122223333:user/${someKey}`);
  const distinct = new Map([...stranger, ...named].map((who) => [JSON.stringify(who), who]));
  return [{ is: 'anonymous' }, ...[...distinct.values()].slice(0, 16)];
}
function whoOf(arn: string): readonly Who[] {
  const match = /^arn:[a-z-]+:iam::(?<account>\d{12}):(?:root|(?:user|role)\/[\w+=,.@/-]+)$/.exec(arn);
  const account = match?.groups?.['account'];
  return account !== undefined && arn.length <= 200 ? [{ is: 'principal', arn, account }] : [];
}
