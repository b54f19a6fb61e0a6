import type { DescribeDBClusterSnapshotAttributesCommandOutput, DescribeDBSnapshotAttributesCommandOutput } from '@aws-sdk/client-rds';
import type { Evidence, Gap, Observation } from '../../../model/observation.ts';
import type { Seen } from '../../../model/source.ts';
import { gapOf, type Outcome } from '../call.ts';
import type { Place } from '../collector.ts';
import { parallel } from '../parallel.ts';
import { argvOf, ask, type At } from './rds-ask.ts';
import { gapsOf } from './rds-facts.ts';
import { guarded, populationOf } from './rds-gather.ts';
import { incomplete, listClusterSnapshots, listSnapshots, type Listed } from './rds-listings.ts';
import { ofCluster, ofInstance, readSharing, readSnapshot, sharingPaths, type Snapshot } from './rds-snapshot.ts';

/** One call for each snapshot that can be shared; RDS publishes no rate for it. */
const atATime = 4;

/** Snapshots of instances, then those of clusters, as their pages come. `sharing`: whether anybody asks who may restore them. */
export async function* snapshots(at: At, place: Place, sharing: boolean): AsyncGenerator<Seen, void> {
  const found: { count: number; gap?: Gap } = { count: 0 };
  const listed = both(at, place, found);
  for await (const observation of parallel(listed, atATime, (snapshot) =>
    guarded(snapshot.subject, 'rds-snapshot', () => observeSnapshot(at, snapshot, sharing)),
  ))
    yield { is: 'observation', observation };
  yield populationOf('rds-snapshot', place.region, await place.account(), found.count, found.gap);
}
async function* both(at: At, place: Place, found: { count: number; gap?: Gap }): AsyncGenerator<Snapshot, void> {
  async function* read<T>(records: AsyncIterable<Listed<T>>, reader: (said: T, page: Evidence) => Snapshot | undefined): AsyncGenerator<Snapshot, void> {
    for await (const one of records) {
      const snapshot = one.is === 'record' ? reader(one.said, one.page) : undefined;
      if (one.is === 'incomplete') found.gap ??= one.gap;
      else if (!snapshot) found.gap ??= incomplete({ by: one.page.by, code: 'malformed', detail: 'a record without a name that RDS gives' }).gap;
      else if (place.wanted(snapshot.subject)) {
        found.count++;
        yield snapshot;
      }
    }
  }
  yield* read(listSnapshots(at), (said, page) =>
    readSnapshot(ofInstance(said), at.region, page, (id) => argvOf(at, ['describe-db-snapshots', '--db-snapshot-identifier', id])),
  );
  yield* read(listClusterSnapshots(at), (said, page) =>
    readSnapshot(ofCluster(said), at.region, page, (id) => argvOf(at, ['describe-db-cluster-snapshots', '--db-cluster-snapshot-identifier', id])),
  );
}

async function observeSnapshot(at: At, snapshot: Snapshot, sharing: boolean): Promise<Observation<'rds-snapshot'>> {
  const { subject, found, links, evidence } = snapshot;
  const shared = sharing && !snapshot.automated ? await sharingOf(at, snapshot) : { facts: {}, gaps: [], evidence: [] };
  return {
    subject,
    kind: 'rds-snapshot',
    origin: 'api',
    by: 'rds',
    facts: { rds: { ...found.facts, ...shared.facts } },
    evidence: [evidence, ...shared.evidence],
    gaps: [...gapsOf(found.missing, evidence), ...shared.gaps],
    links,
  };
}
type Reply = DescribeDBSnapshotAttributesCommandOutput & DescribeDBClusterSnapshotAttributesCommandOutput;
async function sharingOf(
  at: At,
  { id, of }: Snapshot,
): Promise<{ readonly facts: ReturnType<typeof readSharing>['facts']; readonly gaps: readonly Gap[]; readonly evidence: readonly Evidence[] }> {
  const outcome = await (of === 'instance' ? askInstance(at, id) : askCluster(at, id));
  if (outcome.is === 'failure') return { facts: {}, gaps: sharingPaths.map((path) => gapOf(outcome, path)), evidence: [outcome.evidence] };
  const { facts, missing } = readSharing(attributesOf(outcome.reply));
  return { facts, gaps: gapsOf(missing, outcome.evidence), evidence: [outcome.evidence] };
}
const attributesOf = ({ DBSnapshotAttributesResult, DBClusterSnapshotAttributesResult }: Partial<Reply>): Parameters<typeof readSharing>[0] =>
  DBSnapshotAttributesResult?.DBSnapshotAttributes ?? DBClusterSnapshotAttributesResult?.DBClusterSnapshotAttributes;
const shown = (reply: Partial<Reply>): string =>
  (attributesOf(reply) ?? [])
    .map(({ AttributeName = '', AttributeValues = [] }) => `${AttributeName}: ${AttributeValues.join(' ')}`)
    .join(', ')
    .slice(0, 1024);

async function askInstance(at: At, DBSnapshotIdentifier: string): Promise<Outcome<DescribeDBSnapshotAttributesCommandOutput>> {
  const { DescribeDBSnapshotAttributesCommand } = await import('@aws-sdk/client-rds');
  return ask(at, {
    by: 'rds:DescribeDBSnapshotAttributes',
    paths: sharingPaths,
    argv: ['describe-db-snapshot-attributes', '--db-snapshot-identifier', DBSnapshotIdentifier],
    send: (client, options) => client.send(new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier }), options),
    show: shown,
  });
}
async function askCluster(at: At, DBClusterSnapshotIdentifier: string): Promise<Outcome<DescribeDBClusterSnapshotAttributesCommandOutput>> {
  const { DescribeDBClusterSnapshotAttributesCommand } = await import('@aws-sdk/client-rds');
  return ask(at, {
    by: 'rds:DescribeDBClusterSnapshotAttributes',
    paths: sharingPaths,
    argv: ['describe-db-cluster-snapshot-attributes', '--db-cluster-snapshot-identifier', DBClusterSnapshotIdentifier],
    send: (client, options) => client.send(new DescribeDBClusterSnapshotAttributesCommand({ DBClusterSnapshotIdentifier }), options),
    show: shown,
  });
}
