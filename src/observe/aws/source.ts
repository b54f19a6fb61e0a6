import { setMaxListeners } from 'node:events';
import type { Gap, Observation, SubjectId } from '../../model/observation.ts';
import type { Caller } from '../../model/result.ts';
import type { ObserveContext, Seen, Source, SourceContext } from '../../model/source.ts';
import type { AwsTarget, Target } from '../../model/target.ts';
import { deadline } from '../../util/deadline.ts';
import { checked } from '../checked.ts';
import { call } from './call.ts';
import { parallel } from './parallel.ts';
import { partitionOf } from './partition.ts';
import { reproduce } from './reproduce.ts';
import { s3, type Bucket } from './services/s3.ts';
import { openSession, type Session } from './session.ts';

/** The calls of one bucket go out together, so that this many buckets are twice as many sockets. */
const mostBuckets = 20;

/** An AWS account: who asks, which buckets there are, and what the API says of each. */
export const aws: Source = {
  id: 'aws',
  accepts: (target) => target.is === 'aws',
  async *observe(target, outer) {
    if (!isAws(target)) return;
    const stop = deadline(outer.signal, undefined); // whoever stops listening stops the calls
    setMaxListeners(0, stop.signal); // each call under way listens
    const context = { ...outer, signal: stop.signal };
    const buckets = Math.max(1, Math.min(outer.limits.concurrency, mostBuckets));
    const session = await openSession({ ...pick(target), timeoutMs: outer.timeoutMs, sockets: 2 * buckets });
    try {
      const caller = whoAmI(session, context); // meanwhile
      if (target.services.includes('s3')) yield* observeS3(session, target, caller, context, buckets);
      const known = await caller;
      if (known) yield { is: 'caller', caller: known };
    } finally {
      stop.clear();
      session.close();
    }
  },
};
const isAws = (target: Target): target is AwsTarget => target.is === 'aws';
const pick = ({ region, profile }: AwsTarget): Pick<AwsTarget, 'region' | 'profile'> => ({
  ...(region !== undefined && { region }),
  ...(profile !== undefined && { profile }),
});

/** Everything runs without it: an S3-compatible has no STS, and a denial here says nothing of S3. */
async function whoAmI(session: Session, context: ObserveContext): Promise<Caller | undefined> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const outcome = await call(
    {
      by: 'sts:GetCallerIdentity',
      tries: 1,
      paths: [],
      send: async (abortSignal) => (await session.sts()).send(new GetCallerIdentityCommand({}), { abortSignal }),
      reproduce: () => reproduce(session, session.region, ['sts', 'get-caller-identity']),
      show: ({ Arn = '' }) => Arn,
    },
    context,
  );
  if (outcome.is === 'failure') return undefined;
  const { Account = '', Arn = '' } = outcome.reply;
  return /^\d{12}$/.test(Account) ? { account: Account, arn: Arn.slice(0, 2048) } : undefined;
}

async function* observeS3(
  session: Session,
  target: AwsTarget,
  caller: Promise<Caller | undefined>,
  context: SourceContext,
  atATime: number,
): AsyncGenerator<Seen, void> {
  const found: { count: number; gap?: Gap } = { count: 0 };
  async function* buckets(): AsyncGenerator<Bucket, void> {
    for await (const one of target.buckets ? s3.named(target.buckets) : s3.list(session, target.region, context)) {
      if (one.is === 'incomplete') found.gap ??= one.gap;
      else {
        found.count++;
        yield one.bucket;
      }
    }
  }
  for await (const observation of parallel(buckets(), atATime, (bucket) => seen(session, bucket, target, context))) {
    yield { is: 'observation', observation: checked(observation) };
    yield { is: 'observation', observation: declaredFor(observation, target) };
  }
  const { count, gap } = found;
  const account = (await caller)?.account ?? 'unknown';
  const scope: SubjectId = `aws://${account}/${target.region ?? 'all'}/${s3.service}`;
  const state = gap === undefined ? 'complete' : count === 0 ? 'failed' : 'partial';
  yield { is: 'population', population: { scope, kind: s3.kind, state, ...(state !== 'failed' && { count }), ...(gap && { gap }) } };
}
/** What throws here is our own bug; it costs this bucket alone. */
async function seen(session: Session, bucket: Bucket, { id }: AwsTarget, context: SourceContext): Promise<Observation<'s3-bucket'>> {
  // Credentials are of one partition: there, a bucket of this name is another bucket.
  const [, partition = ''] = id.startsWith('arn:') ? id.split(':') : [];
  const here = partitionOf(session.region);
  if (partition !== '' && partition !== here) {
    const detail = `the bucket is in the partition ${partition}, the region ${session.region} in ${here}; give the target a region of ${partition}`;
    const gap = { path: s3.service, code: 'not-attempted', by: s3.service, detail, tries: 0, evidence: [] } as const;
    return { subject: id, kind: s3.kind, origin: 'api', by: s3.service, facts: {}, evidence: [], gaps: [gap], links: [] };
  }
  try {
    return await s3.observe(session, bucket, context, context.reads);
  } catch (error) {
    const subject = `arn:${partitionOf(bucket.region ?? session.region)}:s3:::${bucket.name}` as const;
    const gap = { path: s3.service, code: 'bug', by: s3.service, detail: error instanceof Error ? error.name : typeof error, tries: 1, evidence: [] } as const;
    return { subject, kind: s3.kind, origin: 'api', by: s3.service, facts: {}, evidence: [], gaps: [gap], links: [] };
  }
}
const declaredFor = ({ subject }: Observation, { declared }: AwsTarget): Observation => ({
  subject,
  kind: s3.kind,
  origin: 'declared',
  by: 'config',
  facts: { declared },
  evidence: [],
  gaps: [],
  links: [],
});
