import { pause } from '../../util/limit.ts';

/** Resolves when the call may go out; at once where no quota is published. */
export type Pace = (operation: string, region: string, signal: AbortSignal) => Promise<void>;

/**
 * A tenth of the default quotas, in calls a second, account and region: production callers share them.
 * Source: AWS KMS Developer Guide, "Request quotas"; of S3's and RDS' control planes no figures are published, and there the number of sockets is the limit.
 */
export const perSecond: Readonly<Record<string, number>> = {
  'kms:ListKeys': 50,
  'kms:ListAliases': 50,
  'kms:DescribeKey': 200,
  'kms:GetKeyPolicy': 100,
  'kms:GetKeyRotationStatus': 100,
  'kms:ListKeyRotations': 10,
};

/** One for each session. Calls of one operation in one region keep their distance; a fifth of a second's worth may go out together. */
export function pacer(now: () => number = () => performance.now(), wait: typeof pause = pause): Pace {
  const next = new Map<string, number>();
  return async (operation, region, signal) => {
    const rate = perSecond[operation];
    if (rate === undefined) return;
    const key = `${operation} ${region}`;
    const [at, step] = [now(), 1000 / rate];
    const slot = Math.max(next.get(key) ?? 0, at - 200); // what was not used of the last fifth of a second
    next.set(key, slot + step);
    if (slot > at) await wait(slot - at, signal);
  };
}
