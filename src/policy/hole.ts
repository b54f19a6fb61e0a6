import { holds } from './condition.ts';
import { valueOf, type Request } from './context.ts';
import { matchesAction, matchesPrincipal, matchesResource } from './match.ts';
import type { Statement } from './parse.ts';
import type { Question } from './prove.ts';

/** The Deny statement that comes nearest to the request, and in words why it does not match it. */
export function holeOf(
  statements: readonly Statement[],
  request: Request,
  { fixed }: Question,
  kind: 'bucket' | 'objects',
): { readonly statement?: number; readonly hole: string } {
  const reasons = statements.map((statement) => ({ statement, about: concerns(statement, fixed), why: why(statement, request, fixed, kind) }));
  const nearest = reasons.filter(({ about }) => about).sort((a, b) => a.why.length - b.why.length || a.statement.index - b.statement.index)[0];
  return nearest ? { statement: nearest.statement.index, hole: nearest.why.join(', ') } : { hole: 'no Deny statement is about it' };
}
/** Statements that deny something else altogether explain nothing: what counts asks about the question's own keys, or about none at all. */
function concerns({ conditions }: Statement, fixed: Question['fixed']): boolean {
  return (conditions ?? []).length === 0 || (conditions ?? []).some(({ key }) => fixed.has(key));
}
function why(statement: Statement, request: Request, fixed: Question['fixed'], kind: 'bucket' | 'objects'): readonly string[] {
  const { principals, actions, resources, conditions } = statement;
  const failing = (conditions ?? []).filter((condition) => holds(condition, valueOf(request, condition.key)) === false);
  return [
    ...(matchesPrincipal(principals, request.who) === false ? [principals?.not ? 'spares a principal (NotPrincipal)' : 'names principals, not everyone'] : []),
    ...(matchesAction(actions, request.action) === false ? [`leaves out ${request.action}`] : []),
    ...(matchesResource(resources, request.resource) === false ? [kind === 'bucket' ? 'leaves out the bucket itself' : 'leaves out objects'] : []),
    ...failing.map(({ key, written }) => (fixed.has(key) ? `its condition on ${written} does not hold` : `narrowed by ${written}`)),
  ];
}
