import type { Observation } from '../../../model/observation.ts';
import type { Seen } from '../../../model/source.ts';
import type { ApiCall, Collector, Place } from '../collector.ts';
import { kindsOf } from '../kinds.ts';
import { parallel } from '../parallel.ts';
import { argvOf, type At } from './rds-ask.ts';
import { authorities, authorityPaths } from './rds-authorities.ts';
import { clusterPaths, readCluster, type Cluster } from './rds-cluster.ts';
import { observeCluster, observeInstance } from './rds-database.ts';
import { each, gather, guarded, populationOf, type Listing, type RdsKind } from './rds-gather.ts';
import { groupsOf, tlsPaths } from './rds-groups.ts';
import { instancePaths, readInstance, type Instance } from './rds-instance.ts';
import { listClusters, listInstances } from './rds-listings.ts';
import { sharingPaths, snapshotPaths } from './rds-snapshot.ts';
import { snapshots } from './rds-snapshots.ts';

/** RDS publishes no rates; production's own tools wait in the same queue. */
const atATime = 4;

const fills = <K extends RdsKind>(kind: K, ...paths: readonly (readonly string[])[]): readonly `${K} ${string}`[] =>
  paths.flat().map((path) => `${kind} ${path}` as const);
const clusterTlsPaths = [...tlsPaths, 'rds.membersOpen'];
/** What is said of a subject elsewhere still needs the subject. */
const joined = ['declared', 'key'];
const derivedDates = ['rds.caDueInDays', 'rds.certificateDueInDays'];
/** Everything about a subject hangs on its listing; what a cluster enforces, on its instances too. */
const calls: readonly ApiCall[] = [
  {
    action: 'rds:DescribeDBInstances',
    fills: [...fills('rds-instance', joined, instancePaths, tlsPaths, authorityPaths, derivedDates), ...fills('rds-cluster', clusterTlsPaths)],
  },
  { action: 'rds:DescribeDBClusters', fills: fills('rds-cluster', joined, clusterPaths, clusterTlsPaths) },
  { action: 'rds:DescribeDBParameters', fills: [...fills('rds-instance', tlsPaths), ...fills('rds-cluster', clusterTlsPaths)] },
  { action: 'rds:DescribeDBClusterParameters', fills: fills('rds-cluster', clusterTlsPaths) },
  { action: 'rds:DescribeCertificates', fills: fills('rds-instance', authorityPaths, ['rds.caDueInDays']) },
  { action: 'rds:DescribeDBSnapshots', fills: fills('rds-snapshot', joined, snapshotPaths, sharingPaths) },
  { action: 'rds:DescribeDBSnapshotAttributes', fills: fills('rds-snapshot', sharingPaths) },
  { action: 'rds:DescribeDBClusterSnapshots', fills: fills('rds-snapshot', joined, snapshotPaths, sharingPaths) },
  { action: 'rds:DescribeDBClusterSnapshotAttributes', fills: fills('rds-snapshot', sharingPaths) },
];
/** Whether a chosen rule needs this call. */
const isWanted = (action: ApiCall['action'], reads: ReadonlySet<string>): boolean =>
  calls.some(
    (one) =>
      one.action === action && one.fills.some((fill) => [...reads].some((read) => fill === read || fill.startsWith(`${read}.`) || read.startsWith(`${fill}.`))),
  );
const isRead = (kind: RdsKind, reads: ReadonlySet<string>): boolean => [...reads].some((read) => read.startsWith(`${kind} `));

/** Instances, clusters and snapshots of RDS, Aurora, DocumentDB and Neptune: one API. */
export const rds: Collector = {
  service: 'rds',
  reach: 'regional',
  kinds: kindsOf.rds,
  calls,
  async *observe(session, place, context) {
    const at: At = { session, region: place.region, context };
    if (isRead('rds-instance', context.reads) || isRead('rds-cluster', context.reads)) yield* databases(at, place);
    if (isRead('rds-snapshot', context.reads)) yield* snapshots(at, place, isWanted('rds:DescribeDBSnapshotAttributes', context.reads));
  },
};

async function* databases(at: At, place: Place): AsyncGenerator<Seen, void> {
  const { region, context } = at;
  const wanted = (action: ApiCall['action']): boolean => isWanted(action, context.reads);
  const none = Promise.resolve({ found: [] });
  const [instances, clusters]: readonly [Listing<Instance>, Listing<Cluster>] = await Promise.all([
    wanted('rds:DescribeDBInstances')
      ? gather(listInstances(at), (said, page) =>
          readInstance(said, region, page, (id) => argvOf(at, ['describe-db-instances', '--db-instance-identifier', id])),
        )
      : none,
    isRead('rds-cluster', context.reads)
      ? gather(listClusters(at), (said, page) => readCluster(said, region, page, (id) => argvOf(at, ['describe-db-clusters', '--db-cluster-identifier', id])))
      : none,
  ]);
  const ours = {
    instances: isRead('rds-instance', context.reads) ? instances.found.filter(({ subject }) => place.wanted(subject)) : [],
    clusters: clusters.found.filter(({ subject }) => place.wanted(subject)),
  };
  const groups = groupsOf(at);
  const asked = wanted('rds:DescribeCertificates') && ours.instances.some(({ ca }) => ca !== undefined) ? authorities(at) : undefined;
  const byId = new Map(instances.found.map((instance) => [instance.id, instance]));
  const work: readonly (() => Promise<Observation>)[] = [
    ...ours.instances.map(
      (one) => () => guarded(one.subject, 'rds-instance', () => observeInstance(one, wanted('rds:DescribeDBParameters') ? groups : undefined, asked)),
    ),
    ...ours.clusters.map(
      (one) => () =>
        guarded(one.subject, 'rds-cluster', () => observeCluster(one, wanted('rds:DescribeDBClusterParameters') ? groups : undefined, byId, instances.gap)),
    ),
  ];
  for await (const observation of parallel(each(work), atATime, (start) => start())) yield { is: 'observation', observation };
  const account = await place.account();
  if (isRead('rds-instance', context.reads)) yield populationOf('rds-instance', place.region, account, ours.instances.length, instances.gap);
  if (isRead('rds-cluster', context.reads)) yield populationOf('rds-cluster', place.region, account, ours.clusters.length, clusters.gap);
}
