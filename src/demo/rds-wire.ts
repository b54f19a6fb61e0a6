import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { faultsOf } from './faults.ts';
import { listenOn, type Stop } from './listen.ts';
import type { DbSnapshot, RdsAccount } from './rds-account.ts';
import { authority, cluster, instance, parameter, rdsError, reply, sharing, snapshot } from './rds-xml.ts';
import { bodyOf, requestIdOf, respond, type Trouble } from './respond.ts';
import { tag } from './xml.ts';

export type RdsOperation =
  | 'DescribeDBInstances'
  | 'DescribeDBClusters'
  | 'DescribeDBParameters'
  | 'DescribeDBClusterParameters'
  | 'DescribeDBSnapshots'
  | 'DescribeDBClusterSnapshots'
  | 'DescribeDBSnapshotAttributes'
  | 'DescribeDBClusterSnapshotAttributes'
  | 'DescribeCertificates';
type Named = keyof typeof errors;
/** Something that goes wrong: in calls of one operation (all of them where none is named), about one group or snapshot, `times` of them after the first `after`. */
export interface RdsFault {
  readonly operation?: RdsOperation;
  readonly resource?: string;
  readonly after?: number;
  readonly times?: number;
  readonly is: { readonly error: Named } | Trouble;
}
export interface RdsWireOptions {
  readonly account: RdsAccount;
  readonly pageSize?: number; // a page may be shorter than was asked for
  /** Whether DescribeDBParameters knows Filters: some endpoints pass over them, older ones refuse them. */
  readonly filters?: 'known' | 'ignored' | 'refused';
  readonly faults?: readonly RdsFault[];
}
/** `calls`: each operation as it came, with its group or snapshot, and the region that signed it. */
export interface RdsWire extends Stop {
  readonly endpoint: string;
  readonly calls: readonly string[];
}
interface Call {
  readonly operation: string;
  readonly resource: string | undefined;
  readonly form: URLSearchParams;
  readonly authorization: string;
  readonly requestId: string;
}

/** RDS of one account on one loopback port. Signatures are not checked; the key id is, and the signing region decides what there is. */
export async function startRdsWire({ account, pageSize = 100, filters = 'known', faults = [] }: RdsWireOptions): Promise<RdsWire> {
  const calls: string[] = [];
  const faultOf = faultsOf<Call, RdsFault['is'], RdsFault>(
    faults,
    (fault, { operation, resource }) => (fault.operation ?? operation) === operation && (fault.resource ?? resource) === resource,
  );
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await callOf(request, calls.length).catch(() => undefined);
    if (call === undefined) {
      response.destroy();
      return;
    }
    calls.push([call.operation, call.resource].filter(Boolean).join(' '));
    const fault = faultOf(call);
    const broken = typeof fault === 'object' && 'error' in fault ? fault.error : undefined;
    const { status, body } = broken ? failure(broken, call) : answer(account, call, pageSize, filters);
    const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': call.requestId };
    respond(response, { status, body, headers }, typeof fault === 'object' && 'error' in fault ? undefined : fault);
  };
  const server = createServer((request, response) => {
    response.on('error', () => {});
    void serve(request, response);
  });
  const { port, stop } = await listenOn(server, '127.0.0.1');
  return { endpoint: `http://127.0.0.1:${port}`, calls, stop };
}
const resources = ['DBParameterGroupName', 'DBClusterParameterGroupName', 'DBSnapshotIdentifier', 'DBClusterSnapshotIdentifier'];
async function callOf(request: IncomingMessage, count: number): Promise<Call> {
  if (request.method !== 'POST') throw new RangeError('not a call of this wire');
  const form = new URLSearchParams(await bodyOf(request));
  return {
    operation: form.get('Action') ?? '',
    resource: resources.flatMap((name) => form.get(name) ?? [])[0],
    form,
    authorization: request.headers.authorization ?? '',
    requestId: requestIdOf(count),
  };
}

interface Said {
  readonly status: number;
  readonly body: string;
}
function answer(whole: RdsAccount, call: Call, pageSize: number, filters: NonNullable<RdsWireOptions['filters']>): Said {
  const { operation, resource = '', form, authorization } = call;
  const [, keyId, region] = /Credential=([^/]+)\/\d{8}\/([^/]+)\//.exec(authorization) ?? [];
  if (keyId === undefined) return failure('MissingAuthenticationToken', call);
  if (keyId !== whole.accessKeyId) return failure('InvalidClientTokenId', call);
  if (whole.denied.includes(operation) || whole.denied.includes(`${operation} ${resource}`)) return failure('AccessDenied', call);
  const account = region === whole.region ? whole : { ...whole, instances: [], clusters: [], snapshots: [], groups: [] };
  const list = (name: string, items: readonly string[]): Said => page(call, name, items, pageSize);
  const shared = (of: DbSnapshot['of']): Said => {
    const found = account.snapshots.find((one) => one.of === of && one.name === resource);
    return found ? ok(call, sharing(found)) : failure(of === 'instance' ? 'DBSnapshotNotFound' : 'DBClusterSnapshotNotFoundFault', call);
  };
  const parameters = (of: 'instance' | 'cluster'): Said => {
    if (filters === 'refused' && form.has('Filters.Filter.1.Name')) return failure('InvalidParameterValue', call);
    const found = account.groups.find((one) => one.of === of && one.name === resource);
    if (!found) return failure('DBParameterGroupNotFound', call);
    const names = filters === 'known' ? [...form].flatMap(([key, value]) => (key.startsWith('Filters.Filter.1.Values.Value.') ? [value] : [])) : [];
    const source = form.get('Source');
    const wanted = found.parameters.filter((one) => (names.length === 0 || names.includes(one.name)) && (source === null || one.source === source));
    return list('Parameters', wanted.map(parameter));
  };
  switch (operation) {
    case 'DescribeDBInstances':
      return list(
        'DBInstances',
        account.instances.map((one) => instance(account, one)),
      );
    case 'DescribeDBClusters':
      return list(
        'DBClusters',
        account.clusters.map((one) => cluster(account, one)),
      );
    case 'DescribeDBSnapshots':
    case 'DescribeDBClusterSnapshots': {
      const of = operation === 'DescribeDBSnapshots' ? 'instance' : 'cluster';
      const ofKind = account.snapshots.filter((one) => one.of === of).map((one) => snapshot(account, one));
      return list(of === 'instance' ? 'DBSnapshots' : 'DBClusterSnapshots', ofKind);
    }
    case 'DescribeCertificates':
      return list('Certificates', account.certificates.map(authority));
    case 'DescribeDBParameters':
      return parameters('instance');
    case 'DescribeDBClusterParameters':
      return parameters('cluster');
    case 'DescribeDBSnapshotAttributes':
      return shared('instance');
    case 'DescribeDBClusterSnapshotAttributes':
      return shared('cluster');
    default:
      return failure('InvalidAction', call);
  }
}
const ok = ({ operation, requestId }: Call, ...content: readonly string[]): Said => ({ status: 200, body: reply(operation, requestId, ...content) });
/** The marker says how many records were given already. */
function page(call: Call, name: string, items: readonly string[], pageSize: number): Said {
  const start = Number(call.form.get('Marker') ?? 0);
  const size = Math.min(Number(call.form.get('MaxRecords') ?? 100), pageSize);
  const some = items.slice(start, start + size);
  const next = start + some.length < items.length ? [tag('Marker', String(start + some.length))] : [];
  return ok(call, ...next, some.length === 0 ? `<${name}/>` : tag(name, ...some));
}
/** Error codes of the RDS reference and of "Common errors". */
const errors = {
  AccessDenied: [403, 'User is not authorized to perform this action'],
  DBClusterSnapshotNotFoundFault: [404, 'DBClusterSnapshot not found'],
  DBParameterGroupNotFound: [404, 'DBParameterGroup not found'],
  DBSnapshotNotFound: [404, 'DBSnapshot not found'],
  ExpiredToken: [403, 'The security token included in the request is expired'],
  InternalFailure: [500, 'An internal error has occurred.'],
  InvalidAction: [400, 'Could not find this operation'],
  InvalidClientTokenId: [403, 'The security token included in the request is invalid.'],
  InvalidParameterValue: [400, 'The parameter Filter: parameter-name is not recognized'],
  MissingAuthenticationToken: [403, 'Request is missing Authentication Token'],
  OptInRequired: [403, 'The AWS access key ID needs a subscription for the service.'],
  RequestExpired: [400, 'Request has expired.'],
  ServiceUnavailable: [503, 'Service is unable to handle request.'],
  Throttling: [400, 'Rate exceeded'],
} as const;
function failure(code: Named, { requestId }: Call): Said {
  const [status, message] = errors[code];
  return { status, body: rdsError(code, message, requestId) };
}
