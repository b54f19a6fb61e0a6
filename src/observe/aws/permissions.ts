import type { Kind } from '../../facts/index.ts';
import type { AwsService } from '../../model/target.ts';
import type { ApiCall, Collector } from './collector.ts';

/** What a rule asks for: the kind of its subject and the fact paths that it reads. */
export interface Asking {
  readonly subject: Kind;
  readonly reads: readonly string[];
}
export interface Permissions {
  readonly service: AwsService | 'account';
  readonly actions: readonly string[];
}

/** The IAM actions that these rules need, and no others; of a service that none of them asks about nothing, not even its listing. */
export function permissionsFor(rules: readonly Asking[], collectors: readonly Collector[]): readonly Permissions[] {
  const needed = collectors.map((collector) => ({ collector, calls: neededCalls(rules, collector) })).filter(({ calls }) => calls.length > 0);
  const regions = needed.some(({ collector }) => collector.reach === 'regional');
  return [
    ...(regions ? [{ service: 'account' as const, actions: ['account:ListRegions'] }] : []),
    ...needed.map(({ collector, calls }) => ({ service: collector.service, actions: [...new Set(calls.map(({ action }) => action))].sort() })),
  ];
}
/** The calls of one service; its listings only beside others, or for rules about what it holds. */
export function neededCalls(rules: readonly Asking[], { kinds, calls }: Pick<Collector, 'kinds' | 'calls'>): readonly ApiCall[] {
  const filling = calls.filter(({ fills }) => fills.some((fill) => rules.some((rule) => asks(rule, fill, calls))));
  if (filling.length === 0 && !rules.some(({ subject }) => kinds.includes(subject))) return [];
  return calls.filter((one) => one.fills.length === 0 || filling.includes(one));
}
/** A read that no call fills is derived from something in its namespace. */
function asks({ subject, reads }: Asking, fill: ApiCall['fills'][number], calls: readonly ApiCall[]): boolean {
  const [kind = '', path = ''] = fill.split(' ');
  if (kind !== subject) return false;
  const filled = (read: string): boolean =>
    calls.some(({ fills }) => fills.some((one) => one.startsWith(`${kind} `) && overlap(one.slice(kind.length + 1), read)));
  return reads.some((read) => overlap(path, read) || (!filled(read) && namespace(path) === namespace(read)));
}
const overlap = (a: string, b: string): boolean => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
const namespace = (path: string): string => path.split('.', 1)[0] ?? path;
