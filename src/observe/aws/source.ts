import { setMaxListeners } from 'node:events';
import type { Gap, Observation, Population, SubjectId } from '../../model/observation.ts';
import type { Caller } from '../../model/result.ts';
import type { ObserveContext, Seen, Source } from '../../model/source.ts';
import type { AwsTarget, Target } from '../../model/target.ts';
import { deadline } from '../../util/deadline.ts';
import { checked } from '../checked.ts';
import { call } from './call.ts';
import type { AwsContext, Collector } from './collector.ts';
import { filterOf } from './filter.ts';
import { merged } from './merged.ts';
import { partitionOf } from './partition.ts';
import { pacer } from './rate.ts';
import { enabledRegions } from './regions.ts';
import { reproduce } from './reproduce.ts';
import { collectors } from './services/index.ts';
import { mostBuckets } from './services/s3.ts';
import { openSession, type Session } from './session.ts';

/** An AWS account: who asks, and what its services say of what they hold, in every region that is enabled. */
export const aws: Source = {
  id: 'aws',
  accepts: (target) => target.is === 'aws',
  async *observe(target, outer) {
    if (!isAws(target)) return;
    const stop = deadline(outer.signal, undefined); // whoever stops listening stops the calls
    setMaxListeners(0, stop.signal); // each call under way listens
    const context: AwsContext = { ...outer, signal: stop.signal, pace: pacer() };
    const session = await openSession({ ...pick(target), timeoutMs: outer.timeoutMs, sockets: 2 * mostBuckets });
    try {
      const caller = whoAmI(session, context); // meanwhile
      for await (const seen of observeServices(session, target, caller, context)) {
        yield seen.is === 'observation' ? { is: 'observation', observation: checked(seen.observation) } : seen;
        if (seen.is === 'observation') yield { is: 'observation', observation: declaredFor(seen.observation, target) };
      }
      const known = await caller;
      if (known) yield { is: 'caller', caller: known };
    } finally {
      stop.clear();
      session.close();
    }
  },
};
const isAws = (target: Target): target is AwsTarget => target.is === 'aws';
const pick = ({ regions, profile }: AwsTarget): { readonly region?: string; readonly profile?: string } => ({
  ...(regions?.[0] !== undefined && { region: regions[0] }),
  ...(profile !== undefined && { profile }),
});

/** Everything runs without it: an S3-compatible has no STS, and a denial here says nothing of other services. */
async function whoAmI(session: Session, context: ObserveContext): Promise<Caller | undefined> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const outcome = await call(
    {
      by: 'sts:GetCallerIdentity',
      tries: 2, // keys that a bucket names without an account hang on it
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

/** Credentials are of one partition: there, a resource of this name is another resource. */
function strayed({ id }: AwsTarget, session: Session, { service, kinds }: Collector): readonly Seen[] {
  const [, partition = ''] = id.startsWith('arn:') ? id.split(':') : [];
  const here = partitionOf(session.region);
  const [kind] = kinds;
  if (partition === '' || partition === here || kind === undefined) return [];
  const detail = `the resource is in the partition ${partition}, the region ${session.region} in ${here}; give the target a region of ${partition}`;
  const gap: Gap = { path: service, code: 'not-attempted', by: service, detail, tries: 0, evidence: [] };
  return [
    { is: 'observation', observation: { subject: id, kind, origin: 'api', by: service, facts: {}, evidence: [], gaps: [gap], links: [] } },
    { is: 'population', population: { scope: `aws://unknown/all/${service}`, kind, state: 'complete', count: 1 } },
  ];
}

async function* observeServices(session: Session, target: AwsTarget, caller: Promise<Caller | undefined>, context: AwsContext): AsyncGenerator<Seen, void> {
  const chosen = collectors.filter((one) => target.services.includes(one.service) && isRead(one, context.reads));
  const regional = chosen.some(({ reach }) => reach === 'regional');
  const enabled = target.regions === undefined && regional ? enabledRegions(session, context) : Promise.resolve({ regions: target.regions ?? [] });
  const account = async (): Promise<string | undefined> => (await caller)?.account;
  const place = {
    ...(target.regions && { regions: target.regions }),
    ...(target.buckets && { names: target.buckets }),
    wanted: filterOf(target),
    declared: target.declared,
    account,
  };
  const inRegion = (one: Collector, region: string): AsyncIterable<Seen> => one.observe(session, { ...place, region }, context);
  async function* everywhere(one: Collector): AsyncGenerator<Seen, void> {
    const elsewhere = strayed(target, session, one);
    if (elsewhere.length > 0) return yield* elsewhere;
    if (one.reach === 'global') return yield* inRegion(one, session.region);
    const found = await enabled;
    const gap = 'gap' in found ? found.gap : undefined;
    const regions = found.regions.length > 0 ? found.regions : [session.region];
    const complete: Population[] = [];
    for await (const seen of merged(regions.map((region) => inRegion(one, region)))) {
      if (seen.is === 'population' && seen.population.state === 'complete') complete.push(seen.population);
      else yield seen;
    }
    yield* one.kinds.flatMap((kind) =>
      together(
        complete.filter((population) => population.kind === kind),
        target,
      ),
    );
    if (gap) for (const kind of one.kinds) yield unlisted(one, kind, gap, regions, await account());
    return undefined;
  }
  yield* merged(chosen.map(everywhere));
}
/** A service about which no chosen rule asks costs no call. */
const isRead = ({ calls }: Collector, reads: ReadonlySet<string>): boolean =>
  calls.some(({ fills }) => fills.some((fill) => [...reads].some((read) => namespace(read) === namespace(fill.slice(fill.indexOf(' ') + 1)))));
const namespace = (path: string): string => path.split('.', 1)[0] ?? path;

/** Seventeen regions without a database are one line in a report. */
function together(populations: readonly Population[], { regions }: AwsTarget): readonly Seen[] {
  const [first] = populations;
  if (!first) return [];
  const [, , account = 'unknown', , service = ''] = first.scope.split('/');
  const where = regions?.length === 1 ? (regions[0] ?? 'all') : 'all';
  const count = populations.reduce((sum, one) => sum + (one.count ?? 0), 0);
  return [{ is: 'population', population: { ...first, scope: `aws://${account}/${where}/${service}`, count } }];
}
function unlisted({ service }: Collector, kind: Population['kind'], gap: Gap, looked: readonly string[], account = 'unknown'): Seen {
  const scope: SubjectId = `aws://${account}/other-regions/${service}`;
  const detail = `${gap.detail}; looked at ${looked.join(', ')} only: name others as aws:${service}@REGION`.slice(0, 500);
  return { is: 'population', population: { scope, kind, state: 'failed', gap: { ...gap, path: service, detail } } };
}
/** Each kind has the namespace `declared`. */
const declaredFor = ({ subject, kind }: Observation, { declared }: AwsTarget): Observation => ({
  subject,
  kind,
  origin: 'declared',
  by: 'config',
  facts: { declared },
  evidence: [],
  gaps: [],
  links: [],
});
