import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Account, Bucket } from './s3-account.ts';
import { faultsOf } from './faults.ts';
import { listenOn, type Stop } from './listen.ts';
import { bodyOf, requestIdOf, respond, type Trouble } from './respond.ts';
import { callerIdentity, encryption, listBuckets, location, s3Error, stsError, tagging } from './s3-xml.ts';

export type Operation = 'ListBuckets' | 'GetBucketEncryption' | 'GetBucketPolicy' | 'GetBucketLocation' | 'GetBucketTagging' | 'GetCallerIdentity';
/**
 * Something that goes wrong: in calls of one operation (all of them where none is named), on one bucket, the first `times` of them.
 * `error`: what the service would say.
 */
export interface Fault {
  readonly operation?: Operation;
  readonly bucket?: string;
  readonly times?: number;
  readonly is: { readonly error: 'AccessDenied' | 'SlowDown' | 'ExpiredToken' | 'InternalError' } | Trouble;
}
export interface S3WireOptions {
  readonly account: Account;
  readonly pageSize?: number; // S3 may give fewer buckets than were asked for
  readonly faults?: readonly Fault[];
}
/** `calls`: each operation as it came, with its bucket. */
export interface S3Wire extends Stop {
  readonly endpoint: string;
  readonly calls: readonly string[];
}

interface Call {
  readonly operation: Operation;
  readonly bucket: string | undefined;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly requestId: string;
}
interface Answer {
  readonly status: number;
  readonly type: 'application/xml' | 'text/xml' | 'application/json';
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** S3 and STS of one account on one loopback port, path style. Signatures are not checked; key id and signing region are. */
export async function startS3Wire({ account, pageSize = 1000, faults = [] }: S3WireOptions): Promise<S3Wire> {
  const calls: string[] = [];
  const faultOf = faultsOf<Call, Fault['is'], Fault>(
    faults,
    (fault, { operation, bucket }) => (fault.operation ?? operation) === operation && (fault.bucket ?? bucket) === bucket,
  );
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await callOf(request, calls.length).catch(() => undefined);
    if (call === undefined) {
      response.destroy();
      return;
    }
    calls.push([call.operation, call.bucket].filter(Boolean).join(' '));
    const fault = faultOf(call);
    const broken = typeof fault === 'object' && 'error' in fault;
    send(response, call, broken ? failure(call, fault.error) : answer(account, call, pageSize), broken ? undefined : fault);
  };
  const server = createServer((request, response) => {
    response.on('error', () => {});
    void serve(request, response);
  });
  const { port, stop } = await listenOn(server, '127.0.0.1');
  return { endpoint: `http://127.0.0.1:${port}`, calls, stop };
}

const subresources: readonly (readonly [string, Operation])[] = [
  ['encryption', 'GetBucketEncryption'],
  ['policy', 'GetBucketPolicy'],
  ['location', 'GetBucketLocation'],
  ['tagging', 'GetBucketTagging'],
];
/** Which call a request is; throws for what this small AWS does not know. */
async function callOf(request: IncomingMessage, count: number): Promise<Call> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://aws');
  const form = new URLSearchParams(request.method === 'POST' ? await bodyOf(request) : '');
  const bucket = decodeURIComponent(pathname.replace(/^\/|\/$/g, '')) || undefined;
  const named = subresources.find(([name]) => searchParams.has(name))?.[1];
  const operation = form.get('Action') === 'GetCallerIdentity' ? 'GetCallerIdentity' : bucket === undefined ? 'ListBuckets' : named;
  if (operation === undefined || (request.method !== 'GET' && operation !== 'GetCallerIdentity')) throw new RangeError('not a call of this wire');
  return {
    operation,
    bucket,
    query: searchParams,
    authorization: request.headers.authorization ?? '',
    requestId: requestIdOf(count),
  };
}
function answer(account: Account, call: Call, pageSize: number): Answer {
  const { operation, requestId } = call;
  const [, keyId, region] = /Credential=([^/]+)\/\d{8}\/([^/]+)\//.exec(call.authorization) ?? [];
  if (keyId === undefined) return failure(call, operation === 'GetCallerIdentity' ? 'MissingAuthenticationToken' : 'AccessDenied');
  if (keyId !== account.accessKeyId) return failure(call, operation === 'GetCallerIdentity' ? 'InvalidClientTokenId' : 'InvalidAccessKeyId');
  if (operation === 'GetCallerIdentity') return { status: 200, type: 'text/xml', body: callerIdentity(account, requestId) };
  if (operation === 'ListBuckets') return xml(listBuckets(account, pageOf(account.buckets, call.query, pageSize)));
  const bucket = account.buckets.find(({ name }) => name === call.bucket);
  if (bucket === undefined) return failure(call, 'NoSuchBucket');
  if (region !== bucket.region && operation !== 'GetBucketLocation')
    return failure(call, 'AuthorizationHeaderMalformed', { Region: bucket.region }, `the region '${region}' is wrong; expecting '${bucket.region}'`);
  return ofBucket(bucket, call);
}
const xml = (body: string): Answer => ({ status: 200, type: 'application/xml', body });

function ofBucket(bucket: Bucket, call: Call): Answer {
  if (bucket.denied.includes(call.operation)) return failure(call, 'AccessDenied');
  switch (call.operation) {
    case 'GetBucketEncryption':
      return bucket.encryption ? xml(encryption(bucket.encryption)) : failure(call, 'ServerSideEncryptionConfigurationNotFoundError');
    case 'GetBucketPolicy':
      return bucket.policy === null ? failure(call, 'NoSuchBucketPolicy') : { status: 200, type: 'application/json', body: bucket.policy };
    case 'GetBucketTagging':
      return Object.keys(bucket.tags).length > 0 ? xml(tagging(bucket.tags)) : failure(call, 'NoSuchTagSet');
    default:
      return xml(location(bucket.region));
  }
}
/** The token holds the name of the last bucket that was given; the list is in order of names. */
function pageOf(buckets: readonly Bucket[], query: URLSearchParams, pageSize: number): Parameters<typeof listBuckets>[1] {
  const after = Buffer.from(query.get('continuation-token') ?? '', 'base64url').toString();
  const prefix = query.get('prefix');
  const region = query.get('bucket-region');
  const rest = buckets.filter(({ name, ...its }) => name > after && name.startsWith(prefix ?? '') && its.region === (region ?? its.region));
  const page = rest.slice(0, Math.min(Number(query.get('max-buckets') ?? 10_000), pageSize));
  const last = page.at(-1);
  return {
    buckets: page,
    withRegion: ['max-buckets', 'continuation-token', 'prefix', 'bucket-region'].some((name) => query.has(name)),
    ...(last && page.length < rest.length && { next: Buffer.from(last.name).toString('base64url') }),
    ...(prefix !== null && { prefix }),
  };
}

/** Error codes of the S3 and STS references. */
const errors = {
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed'],
  ExpiredToken: [400, 'The provided token has expired.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  InvalidClientTokenId: [403, 'The security token included in the request is invalid.'],
  MissingAuthenticationToken: [403, 'Request is missing Authentication Token'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist'],
  NoSuchTagSet: [404, 'The TagSet does not exist'],
  ServerSideEncryptionConfigurationNotFoundError: [404, 'The server side encryption configuration was not found'],
  SlowDown: [503, 'Please reduce your request rate.'],
} as const;
function failure({ operation, bucket, requestId }: Call, code: keyof typeof errors, more: Readonly<Record<string, string>> = {}, detail = ''): Answer {
  const [status, said] = errors[code];
  const message = detail ? `${said}; ${detail}` : said;
  if (operation === 'GetCallerIdentity') return { status, type: 'text/xml', body: stsError(code, message, requestId) };
  const body = s3Error(code, message, requestId, { ...(bucket && status === 404 && { BucketName: bucket }), ...more });
  return { status, type: 'application/xml', body, ...(more['Region'] && { headers: { 'x-amz-bucket-region': more['Region'] } }) };
}

/** The headers that each service gives beside its body. */
function send(response: ServerResponse, { operation, requestId }: Call, { status, type, body, headers }: Answer, trouble: Trouble | undefined): void {
  const ids =
    operation === 'GetCallerIdentity' ? { 'x-amzn-requestid': requestId } : { 'x-amz-request-id': requestId, 'x-amz-id-2': 'bGFi', server: 'AmazonS3' };
  respond(response, { status, body, headers: { ...ids, ...headers, 'content-type': type } }, trouble);
}
