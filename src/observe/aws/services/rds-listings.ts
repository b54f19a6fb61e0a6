import type {
  DBCluster,
  DBClusterSnapshot,
  DBInstance,
  DBSnapshot,
  DescribeDBClusterSnapshotsCommandOutput,
  DescribeDBClustersCommandOutput,
  DescribeDBInstancesCommandOutput,
  DescribeDBSnapshotsCommandOutput,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { Evidence, Gap } from '../../../model/observation.ts';
import { ask, type At } from './rds-ask.ts';
import { pages } from './rds-pages.ts';

/** One listed record with the page that it came on, or why there may be more. */
export type Listed<T> = { readonly is: 'record'; readonly said: T; readonly page: Evidence } | { readonly is: 'incomplete'; readonly gap: Gap };
interface Listing<R, T> {
  readonly by: string;
  readonly command: string;
  readonly send: (client: RDSClient, page: { Marker?: string; MaxRecords: number }, options: { readonly abortSignal: AbortSignal }) => Promise<R>;
  readonly records: (reply: R) => readonly T[] | undefined;
  readonly nouns: string;
}
const instances: Listing<DescribeDBInstancesCommandOutput, DBInstance> = {
  by: 'rds:DescribeDBInstances',
  command: 'describe-db-instances',
  send: async (client, page, options) => client.send(new (await import('@aws-sdk/client-rds')).DescribeDBInstancesCommand(page), options),
  records: ({ DBInstances }) => DBInstances,
  nouns: 'instances',
};
const clusters: Listing<DescribeDBClustersCommandOutput, DBCluster> = {
  by: 'rds:DescribeDBClusters',
  command: 'describe-db-clusters',
  send: async (client, page, options) => client.send(new (await import('@aws-sdk/client-rds')).DescribeDBClustersCommand(page), options),
  records: ({ DBClusters }) => DBClusters,
  nouns: 'clusters',
};
const snapshots: Listing<DescribeDBSnapshotsCommandOutput, DBSnapshot> = {
  by: 'rds:DescribeDBSnapshots',
  command: 'describe-db-snapshots',
  send: async (client, page, options) => client.send(new (await import('@aws-sdk/client-rds')).DescribeDBSnapshotsCommand(page), options),
  records: ({ DBSnapshots }) => DBSnapshots,
  nouns: 'snapshots',
};
const clusterSnapshots: Listing<DescribeDBClusterSnapshotsCommandOutput, DBClusterSnapshot> = {
  by: 'rds:DescribeDBClusterSnapshots',
  command: 'describe-db-cluster-snapshots',
  send: async (client, page, options) => client.send(new (await import('@aws-sdk/client-rds')).DescribeDBClusterSnapshotsCommand(page), options),
  records: ({ DBClusterSnapshots }) => DBClusterSnapshots,
  nouns: 'snapshots',
};

/** All records, a page at a time; the last word says why the listing is not whole, if it is not. */
async function* list<R extends { readonly $metadata: object; readonly Marker?: string | undefined }, T>(
  at: At,
  { by, command, send, records, nouns }: Listing<R, T>,
): AsyncGenerator<Listed<T>, void> {
  const page = (Marker: string | undefined): ReturnType<typeof ask<R>> =>
    ask<R>(at, {
      by,
      paths: [],
      argv: [command],
      send: (client, options) => send(client, { MaxRecords: 100, ...(Marker !== undefined && { Marker }) }, options),
      show: (reply) => `${records(reply)?.length ?? 0} ${nouns}`,
    });
  for await (const one of pages(page)) {
    if (one.is === 'incomplete') return yield incomplete({ ...one.gap, detail: withRequest(one.gap.detail, one.failure?.failure.requestId) });
    const listed = records(one.reply);
    if (!listed) return yield incomplete({ by, code: 'malformed', detail: `a reply without a list of ${nouns}` });
    for (const said of listed) yield { is: 'record', said, page: one.evidence };
  }
}
export const listInstances = (at: At): AsyncGenerator<Listed<DBInstance>, void> => list(at, instances);
export const listClusters = (at: At): AsyncGenerator<Listed<DBCluster>, void> => list(at, clusters);
export const listSnapshots = (at: At): AsyncGenerator<Listed<DBSnapshot>, void> => list(at, snapshots);
export const listClusterSnapshots = (at: At): AsyncGenerator<Listed<DBClusterSnapshot>, void> => list(at, clusterSnapshots);

/** A population has no evidence of its own, so that its gap says which request it was. */
const withRequest = (detail: string, requestId: string | undefined): string =>
  requestId !== undefined && /^[\w+/=-]{1,100}$/.test(requestId) ? `${detail}, request ${requestId}` : detail;
export const incomplete = (gap: Pick<Gap, 'by' | 'code' | 'detail'> & Partial<Gap>): { readonly is: 'incomplete'; readonly gap: Gap } => ({
  is: 'incomplete',
  gap: { tries: 1, ...gap, path: 'rds', evidence: [] },
});
