import type { DescribeDBClusterParametersCommandOutput, DescribeDBParametersCommandOutput, RDSClient } from '@aws-sdk/client-rds';
import type { Evidence, Gap } from '../../../model/observation.ts';
import type { Outcome } from '../call.ts';
import type { Failure } from '../failure.ts';
import { ask, type At } from './rds-ask.ts';
import { pages } from './rds-pages.ts';
import type { Parameter, Parameters } from './rds-tls.ts';

/** What a group says of the parameters that were asked for, or why nobody knows. */
export type Group =
  | { readonly is: 'known'; readonly parameters: Parameters; readonly evidence: readonly Evidence[] }
  | { readonly is: 'gap'; readonly gap: Gap; readonly evidence: readonly Evidence[] };
export interface Groups {
  /** Parameters of a DB parameter group. Each group is asked once, however many use it. */
  readonly ofInstances: (group: string, names: readonly string[]) => Promise<Group>;
  readonly ofClusters: (group: string, names: readonly string[]) => Promise<Group>;
}
export const tlsPaths = ['rds.tlsEnforced', 'rds.tlsConfigured', 'rds.tlsEnforcedBy', 'rds.tlsSetting', 'rds.minTlsVersion'];

type Reply = DescribeDBParametersCommandOutput | DescribeDBClusterParametersCommandOutput;
interface Kind {
  readonly by: string;
  readonly argv: (group: string) => readonly string[];
  readonly send: (client: RDSClient, group: string, how: How, options: { readonly abortSignal: AbortSignal }) => Promise<Reply>;
}
/** How the reply is kept small. Endpoints that do not know the filter get the second question, then the third. */
interface How {
  readonly Filters?: { Name: string; Values: string[] }[];
  readonly Source?: string;
  readonly Marker?: string;
  readonly MaxRecords: number;
}
const ofInstances: Kind = {
  by: 'rds:DescribeDBParameters',
  argv: (group) => ['describe-db-parameters', '--db-parameter-group-name', group],
  send: async (client, DBParameterGroupName, how, options) => {
    const { DescribeDBParametersCommand } = await import('@aws-sdk/client-rds');
    return client.send(new DescribeDBParametersCommand({ DBParameterGroupName, ...how }), options);
  },
};
const ofClusters: Kind = {
  by: 'rds:DescribeDBClusterParameters',
  argv: (group) => ['describe-db-cluster-parameters', '--db-cluster-parameter-group-name', group],
  send: async (client, DBClusterParameterGroupName, how, options) => {
    const { DescribeDBClusterParametersCommand } = await import('@aws-sdk/client-rds');
    return client.send(new DescribeDBClusterParametersCommand({ DBClusterParameterGroupName, ...how }), options);
  },
};

export function groupsOf(at: At): Groups {
  const asked = new Map<string, Promise<Group>>();
  const once = (kind: Kind, group: string, names: readonly string[]): Promise<Group> => {
    const key = `${kind.by} ${group}`;
    const known = asked.get(key) ?? readGroup(at, kind, group, names);
    asked.set(key, known);
    return known;
  };
  return {
    ofInstances: (group, names) => once(ofInstances, group, names),
    ofClusters: (group, names) => once(ofClusters, group, names),
  };
}

/** Refusals of a question, not of the asker. */
const notUnderstood = ({ name, status }: Failure): boolean =>
  /^(InvalidParameter(Value|Combination)|ValidationError|UnknownParameter|InvalidAction|InvalidQueryParameter|NotImplemented)/.test(name) || status === 501;

async function readGroup(at: At, kind: Kind, group: string, names: readonly string[]): Promise<Group> {
  const ways: readonly Omit<How, 'MaxRecords'>[] = [{ Filters: [{ Name: 'parameter-name', Values: [...names] }] }, { Source: 'user' }, {}];
  const evidence: Evidence[] = [];
  for (const [tried, way] of ways.entries()) {
    const { parameters, failed, records } = await readPages(at, kind, group, names, way);
    evidence.push(...records);
    if (!failed) return { is: 'known', parameters, evidence };
    const again = failed.failure && notUnderstood(failed.failure.failure) && tried < ways.length - 1;
    if (!again) return { is: 'gap', gap: failed.gap, evidence: [...evidence, ...(failed.failure ? [failed.failure.evidence] : [])] };
  }
  throw new TypeError('the last way ends the loop');
}
interface Read {
  readonly parameters: Parameters;
  readonly records: readonly Evidence[];
  readonly failed?: { readonly gap: Gap; readonly failure?: Extract<Outcome<Reply>, { is: 'failure' }> };
}
async function readPages(at: At, kind: Kind, group: string, names: readonly string[], way: Omit<How, 'MaxRecords'>): Promise<Read> {
  const parameters = new Map<string, Parameter>();
  const records: Evidence[] = []; // of the pages that say something, or of the last one, which then says that there is nothing
  let last: Evidence | undefined;
  const filter = way.Filters ? ['--filters', `Name=parameter-name,Values=${names.join(',')}`] : way.Source ? ['--source', way.Source] : [];
  const page = (Marker: string | undefined): Promise<Outcome<Reply>> =>
    ask(at, {
      by: kind.by,
      paths: tlsPaths,
      argv: [...kind.argv(group), ...filter],
      send: (client, options) => kind.send(client, group, { ...way, ...(Marker !== undefined && { Marker }), MaxRecords: 100 }, options),
      show: (reply) => shown(reply, names),
    });
  for await (const one of pages(page)) {
    if (one.is === 'incomplete') return { parameters, records, failed: { gap: one.gap, ...(one.failure && { failure: one.failure }) } };
    const wanted = wantedOf(one.reply, names);
    for (const [name, parameter] of wanted) parameters.set(name, parameter);
    if (wanted.length > 0) records.push(one.evidence);
    last = one.evidence;
  }
  return { parameters, records: records.length === 0 && last ? [last] : records };
}
const wantedOf = ({ Parameters = [] }: Reply, names: readonly string[]): readonly (readonly [string, Parameter])[] =>
  Parameters.flatMap(({ ParameterName: name, ParameterValue: value, Source: source }) =>
    name !== undefined && names.includes(name) ? [[name, { ...(value !== undefined && { value }), ...(source !== undefined && { source }) }] as const] : [],
  );
function shown(reply: Reply, names: readonly string[]): string {
  const wanted = wantedOf(reply, names);
  const said = wanted.map(
    ([name, { value, source = 'no source' }]) => `${name} ${value === undefined ? 'without a value' : `= ${value.slice(0, 256)}`} (${source})`,
  );
  return said.length === 0 ? `none of ${names.join(', ')}` : said.join(', ');
}
