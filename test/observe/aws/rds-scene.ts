import { onTestFinished } from 'vitest';
import { labDatabases, type RdsAccount } from '../../../src/demo/rds-account.ts';
import { startRdsWire, type RdsWire, type RdsWireOptions } from '../../../src/demo/rds-wire.ts';
import type { Gap, Observation, Population } from '../../../src/model/observation.ts';
import { rds } from '../../../src/observe/aws/services/rds.ts';
import { checked } from '../../../src/observe/checked.ts';
import { openSession } from '../../../src/observe/aws/session.ts';
import type { AwsContext } from '../../../src/observe/aws/collector.ts';
import { configure, context } from './wire.ts';

export const now = new Date('2026-11-25T12:00:00Z');
export const keyId = 'AKIDTEST';
export const account = (more: Partial<RdsAccount> = {}): RdsAccount => ({ ...labDatabases(now, keyId), ...more });
/** Everything that the collector says it can fill, read by some rule. */
export const allReads: ReadonlySet<string> = new Set(rds.calls.flatMap(({ fills }) => fills.flatMap((fill) => [fill, fill.split(' ')[1] ?? ''])));

export interface Seen {
  readonly observations: readonly Observation[];
  readonly populations: readonly Population[];
  readonly calls: readonly string[];
}
export async function wired(options: Partial<RdsWireOptions> = {}): Promise<RdsWire> {
  const wire = await startRdsWire({ account: account(), ...options });
  onTestFinished(() => wire.stop());
  configure({ AWS_ENDPOINT_URL_RDS: wire.endpoint, AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: 'top-secret', AWS_REGION: 'eu-west-1' });
  return wire;
}
/** One look at one region, through the real SDK. */
export async function look(more: Partial<AwsContext> = {}, region = 'eu-west-1', wanted: (arn: string) => boolean = () => true): Promise<Omit<Seen, 'calls'>> {
  const session = await openSession({ region, timeoutMs: 5000, sockets: 10 });
  const [observations, populations]: [Observation[], Population[]] = [[], []];
  try {
    const place = { region, wanted, account: () => Promise.resolve('111122223333') };
    for await (const seen of rds.observe(session, place, { ...context({ reads: allReads, now: () => now, ...more }), pace: () => Promise.resolve() })) {
      if (seen.is === 'observation') observations.push(checked(seen.observation));
      else if (seen.is === 'population') populations.push(seen.population);
    }
  } finally {
    session.close();
  }
  return { observations, populations };
}
export async function see(options: Partial<RdsWireOptions> = {}, more: Partial<AwsContext> = {}): Promise<Seen> {
  const { calls, ...wire } = await wired(options);
  const seen = await look(more);
  return { ...seen, calls: [...calls], ...(wire && {}) };
}
export const named = ({ observations }: Pick<Seen, 'observations'>, name: string): Observation | undefined =>
  observations.find(({ subject }) => subject.endsWith(`:${name}`));
export const factsOf = (seen: Pick<Seen, 'observations'>, name: string): unknown => {
  const facts: unknown = named(seen, name)?.facts;
  return typeof facts === 'object' && facts !== null && 'rds' in facts ? facts.rds : undefined;
};
export const gapsOf = (seen: Pick<Seen, 'observations'>, name: string): readonly Gap[] => named(seen, name)?.gaps ?? [];
