import type { RdsCluster, RdsInstance, RdsSnapshot } from '../../../facts/rds.ts';
import type { Evidence, Gap, Observation, SubjectId } from '../../../model/observation.ts';
import type { Seen } from '../../../model/source.ts';
import { gapOf } from '../call.ts';
import type { ApiCall, Collector, Place } from '../collector.ts';
import { kindsOf } from '../kinds.ts';
import { parallel } from '../parallel.ts';
import { argvOf, ask, type At } from './rds-ask.ts';
import { authorities, authorityPaths, datesOf, type Authorities } from './rds-authorities.ts';
import { clusterPaths, readCluster, type Cluster } from './rds-cluster.ts';
import { gapsOf } from './rds-facts.ts';
import { groupGaps, groupsOf, tlsPaths, type Group, type Groups } from './rds-groups.ts';
import { instancePaths, readInstance, type Instance } from './rds-instance.ts';
import { incomplete, listClusters, listClusterSnapshots, listInstances, listSnapshots, type Listed } from './rds-listings.ts';
import { ofCluster, ofInstance, readSharing, readSnapshot, sharingPaths, snapshotPaths, type Snapshot } from './rds-snapshot.ts';
import { clusterInForce, configuredTls, inForce, tlsParameter, type Engine, type InForce, type Member, type Parameters, type Unknown } from './rds-tls.ts';
import { clusterOldest, oldestInForce, oldestTls, versionParameters, type Oldest } from './rds-tls-version.ts';

/** RDS publishes no rates; production's own tools wait in the same queue. */
const atATime = 4;

const fills = <K extends 'rds-instance' | 'rds-cluster' | 'rds-snapshot'>(kind: K, paths: readonly string[]): readonly `${K} ${string}`[] =>
  paths.map((path) => `${kind} ${path}` as const);
const calls: readonly ApiCall[] = [
  { action: 'rds:DescribeDBInstances', fills: fills('rds-instance', instancePaths) },
  { action: 'rds:DescribeDBClusters', fills: fills('rds-cluster', clusterPaths) },
  { action: 'rds:DescribeDBParameters', fills: [...fills('rds-instance', tlsPaths), ...fills('rds-cluster', tlsPaths)] }, // members have groups of their own
  { action: 'rds:DescribeDBClusterParameters', fills: fills('rds-cluster', [...tlsPaths, 'rds.membersOpen']) },
  { action: 'rds:DescribeCertificates', fills: fills('rds-instance', authorityPaths) },
  { action: 'rds:DescribeDBSnapshots', fills: fills('rds-snapshot', snapshotPaths) },
  { action: 'rds:DescribeDBSnapshotAttributes', fills: fills('rds-snapshot', sharingPaths) },
  { action: 'rds:DescribeDBClusterSnapshots', fills: fills('rds-snapshot', snapshotPaths) },
  { action: 'rds:DescribeDBClusterSnapshotAttributes', fills: fills('rds-snapshot', sharingPaths) },
];

/** Instances, clusters and snapshots of RDS, Aurora, DocumentDB and Neptune: one API. */
export const rds: Collector = {
  service: 'rds',
  reach: 'regional',
  kinds: kindsOf.rds,
  calls,
  async *observe(session, place, context) {
    const at: At = { session, region: place.region, context };
    const wants = (paths: readonly string[]): boolean => [...context.reads].some((read) => paths.some((path) => path === read || path.startsWith(`${read}.`)));
    yield* databases(at, place, { tls: wants([...tlsPaths, 'rds.membersOpen']), authorities: wants([...authorityPaths, 'rds.caDueInDays']) });
    if (wants([...snapshotPaths, ...sharingPaths])) yield* snapshots(at, place, wants(sharingPaths));
  },
};

/** What a listing gave, and why it may be short. */
interface Listing<T> {
  readonly found: readonly T[];
  readonly gap?: Gap;
}
async function gather<T, R>(listed: AsyncIterable<Listed<T>>, read: (said: T, page: Evidence) => R | undefined): Promise<Listing<R>> {
  const found: R[] = [];
  let gap: Gap | undefined;
  for await (const one of listed) {
    if (one.is === 'incomplete') gap ??= one.gap;
    else {
      const record = read(one.said, one.page);
      if (record === undefined) gap ??= incomplete({ by: one.page.by, code: 'malformed', detail: 'a record without a name that RDS gives' }).gap;
      else found.push(record);
    }
  }
  return { found, ...(gap && { gap }) };
}
async function* populations(place: Place, kind: 'rds-instance' | 'rds-cluster' | 'rds-snapshot', count: number, gap: Gap | undefined): AsyncGenerator<Seen, void> {
  const scope: SubjectId = `aws://${(await place.account()) ?? 'unknown'}/${place.region}/rds`;
  const state = gap === undefined ? 'complete' : count === 0 ? 'failed' : 'partial';
  yield { is: 'population', population: { scope, kind, state, ...(state !== 'failed' && { count }), ...(gap && { gap }) } };
}

async function* databases(at: At, place: Place, want: { readonly tls: boolean; readonly authorities: boolean }): AsyncGenerator<Seen, void> {
  const { region } = at;
  const [instances, clusters] = await Promise.all([
    gather(listInstances(at), (said, page) =>
      readInstance(said, region, page, (id) => argvOf(at, ['describe-db-instances', '--db-instance-identifier', id])),
    ),
    gather(listClusters(at), (said, page) => readCluster(said, region, page, (id) => argvOf(at, ['describe-db-clusters', '--db-cluster-identifier', id]))),
  ]);
  const groups = groupsOf(at);
  const wantedInstances = instances.found.filter(({ subject }) => place.wanted(subject));
  const wantedClusters = clusters.found.filter(({ subject }) => place.wanted(subject));
  const listed = want.authorities && wantedInstances.some(({ ca }) => ca !== undefined) ? authorities(at) : undefined;
  const byId = new Map(instances.found.map((instance) => [instance.id, instance]));
  const work: readonly (() => Promise<Observation>)[] = [
    ...wantedInstances.map((instance) => () => observeInstance(instance, want.tls ? groups : undefined, listed)),
    ...wantedClusters.map((cluster) => () => observeCluster(cluster, want.tls ? groups : undefined, byId, instances.gap)),
  ];
  for await (const observation of parallel(each(work), atATime, (start) => start())) yield { is: 'observation', observation };
  yield* populations(place, 'rds-instance', wantedInstances.length, instances.gap);
  yield* populations(place, 'rds-cluster', wantedClusters.length, clusters.gap);
}
async function* each<T>(items: readonly T[]): AsyncGenerator<T, void> {
  yield* items;
}

/** Facts and gaps of one subject beside what its listing said. */
interface Part<F> {
  readonly facts: F;
  readonly gaps: readonly Gap[];
  readonly evidence: readonly Evidence[];
}
const nothing = { facts: {}, gaps: [], evidence: [] };

async function observeInstance(instance: Instance, groups: Groups | undefined, listed: Promise<Authorities> | undefined): Promise<Observation<'rds-instance'>> {
  const tls = groups && instance.cluster === undefined ? await instanceTls(instance, groups) : nothing;
  const dates = listed && instance.ca !== undefined ? { ...datesOf(instance.ca, await listed), evidence: (await listed).evidence } : nothing;
  const facts: RdsInstance = { ...instance.found.facts, ...tls.facts, ...dates.facts };
  return observed('rds-instance', instance, facts, [tls, dates]);
}
function observed<K extends 'rds-instance' | 'rds-cluster' | 'rds-snapshot'>(
  kind: K,
  { subject, found, links, evidence }: Pick<Instance | Cluster | Snapshot, 'subject' | 'links' | 'evidence'> & { readonly found: { readonly missing: Instance['found']['missing'] } },
  rdsFacts: RdsInstance | RdsCluster | RdsSnapshot,
  parts: readonly Part<object>[],
): Observation<K> {
  return {
    subject,
    kind,
    origin: 'api',
    by: 'rds',
    facts: { rds: rdsFacts },
    evidence: [evidence, ...parts.flatMap((part) => part.evidence)],
    gaps: [...gapsOf(found.missing, evidence), ...parts.flatMap((part) => part.gaps)],
    links,
  };
}
