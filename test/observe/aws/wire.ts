import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { vi } from 'vitest';
import { undeclared } from '../../../src/facts/declared.ts';
import type { Gap, Observation, Population } from '../../../src/model/observation.ts';
import type { Caller } from '../../../src/model/result.ts';
import type { SourceContext } from '../../../src/model/source.ts';
import type { AwsTarget } from '../../../src/model/target.ts';
import { s3 } from '../../../src/observe/aws/services/s3.ts';
import { aws } from '../../../src/observe/aws/source.ts';
import { listen } from '../../support/listen.ts';

/** What the wire answers to: `list`, `location`, `encryption`, `policy` or `sts`, and the bucket. */
export interface Ask {
  readonly what: string;
  readonly bucket: string;
  readonly query: URLSearchParams;
  readonly region: string;
}
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;
export const reply =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'x-amz-request-id': 'R1', ...headers }).end(body);
export const failed = (status: number, code: string, headers: Readonly<Record<string, string>> = {}, more = ''): Answer =>
  reply(status, `<Error><Code>${code}</Code><Message>n'oubliez pas</Message>${more}</Error>`, headers);
export const fixture = (name: string): string => readFileSync(`fixtures/aws/${name}.xml`, 'utf8');

export const bucketList = (names: readonly string[], region = '', token = ''): Answer =>
  reply(
    200,
    `<ListAllMyBucketsResult><Buckets>${names.map((name) => `<Bucket><Name>${name}</Name>${region && `<BucketRegion>${region}</BucketRegion>`}</Bucket>`).join('')}</Buckets>${token && `<ContinuationToken>${token}</ContinuationToken>`}</ListAllMyBucketsResult>`,
  );
/** Written by us after the S3 API reference (ServerSideEncryptionRule, BlockedEncryptionTypes): no sample of anybody's shows this much. */
const ours = {
  encryption: `<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:us-east-1:1234/5678example</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>`,
};
export const usual: Readonly<Record<string, Answer>> = {
  list: bucketList(['logs'], 'eu-west-1'),
  location: reply(200, fixture('moto-get-bucket-location')),
  encryption: reply(200, ours.encryption),
  policy: failed(404, 'NoSuchBucketPolicy'),
  sts: reply(200, fixture('moto-get-caller-identity')),
};

/** An S3 and an STS on loopback, which the SDK finds as it would find any other: by AWS_ENDPOINT_URL. */
export async function wire(answer: (ask: Ask) => Answer | undefined): Promise<readonly Ask[]> {
  const asked: Ask[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    const what = request.method === 'POST' ? 'sts' : (['location', 'encryption', 'policy'].find((one) => query.has(one)) ?? 'list');
    const region = /\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const ask = { what, bucket: pathname.split('/')[1] ?? '', query, region };
    asked.push(ask);
    (answer(ask) ?? usual[what] ?? failed(400, 'InvalidRequest'))(response, request);
  });
  const port = await listen(server);
  configure({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'top-secret', AWS_REGION: 'eu-west-1' });
  return asked;
}
/** Only what is named here: the machine's own profile and proxies stay out. */
export function configure(set: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (/^aws_|_proxy$/i.test(name)) vi.stubEnv(name, undefined);
  const files = { AWS_CONFIG_FILE: '/nonexistent/config', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials', AWS_EC2_METADATA_DISABLED: 'true' };
  for (const [name, value] of Object.entries({ ...files, ...set })) vi.stubEnv(name, value);
}

export interface Told {
  readonly buckets: readonly Observation[];
  readonly declared: readonly Observation[];
  readonly populations: readonly Population[];
  readonly callers: readonly Caller[];
}
export const target = (more: Partial<AwsTarget> = {}): AwsTarget => ({
  is: 'aws',
  id: 'aws://default/all/s3',
  label: 'aws:s3',
  declared: undeclared,
  tags: [],
  services: ['s3'],
  ...more,
});
export const context = (more: Partial<SourceContext> = {}): SourceContext => ({
  signal: new AbortController().signal,
  timeoutMs: 5000,
  now: () => new Date(0),
  limits: { concurrency: 20, perHost: 20, delayMs: 0 },
  roots: { mozilla: [], added: [], sources: [] },
  reads: new Set(['s3.region', ...s3.calls.flatMap(({ fills }) => fills.map((fill) => fill.split(' ')[1] ?? ''))]),
  ...more,
});
export async function observe(more: Partial<AwsTarget> = {}, limits: Partial<SourceContext> = {}): Promise<Told> {
  const [buckets, declared, populations, callers]: [Observation[], Observation[], Population[], Caller[]] = [[], [], [], []];
  for await (const seen of aws.observe(target(more), context(limits))) {
    if (seen.is === 'observation') (seen.observation.origin === 'declared' ? declared : buckets).push(seen.observation);
    else if (seen.is === 'population') populations.push(seen.population);
    else callers.push(seen.caller);
  }
  return { buckets, declared, populations, callers };
}
export const gapsOn = (observation: Observation | undefined, path: string): readonly Gap[] => (observation?.gaps ?? []).filter((gap) => gap.path === path);
