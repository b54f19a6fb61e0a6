import type { GetBucketEncryptionCommandOutput, GetBucketPolicyCommandOutput, S3Client } from '@aws-sdk/client-s3';
import type { S3 } from '../../../facts/s3.ts';
import type { Evidence, Gap, Observation } from '../../../model/observation.ts';
import type { ObserveContext } from '../../../model/source.ts';
import { deniesCustomerKeys, deniesPlainHttp, type Verdict } from '../../../policy/deny.ts';
import { call, gapOf, type Outcome } from '../call.ts';
import type { ApiCall } from '../collector.ts';
import { failureOf, isRegion, type Failure } from '../failure.ts';
import { partitionOf } from '../partition.ts';
import { plainEndpoint, reproduce } from '../reproduce.ts';
import type { Session } from '../session.ts';
import { encryptionOf, unencrypted } from './s3-encryption.ts';

/** A bucket as it was listed; without a region it is asked for. */
export interface Bucket {
  readonly name: string;
  readonly region?: string;
}
/** One page after the other; the last word says whether the listing is whole. */
export type Listed = { readonly is: 'bucket'; readonly bucket: Bucket } | { readonly is: 'incomplete'; readonly gap: Gap };
/** Bucket names of before 2018 may have capitals and underscores; whatever else comes is not a bucket's. */
const isBucketName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(name);

const encryptionPaths = ['s3.tier', 's3.keyNamed', 's3.keyId', 's3.bucketKey', 's3.ssec'] as const;
const policyPaths = ['s3.plainHttp', 's3.plainHttpWitness', 's3.ssec'] as const;
const mostPages = 1000;

export const calls: readonly ApiCall[] = [
  { action: 's3:ListAllMyBuckets', fills: [] },
  { action: 's3:GetBucketLocation', fills: [] }, // of buckets that were named, or listed without their region,
  { action: 's3:GetEncryptionConfiguration', fills: encryptionPaths.map((path) => `s3-bucket ${path}` as const) },
  { action: 's3:GetBucketPolicy', fills: policyPaths.map((path) => `s3-bucket ${path}` as const) },
];

/** All buckets of the account, or those of some regions. */
export async function* list(session: Session, regions: readonly string[] | undefined, context: ObserveContext): AsyncGenerator<Listed, void> {
  const { ListBucketsCommand } = await import('@aws-sdk/client-s3');
  const by = 's3:ListBuckets';
  let token: string | undefined;
  const only = regions?.length === 1 ? regions[0] : undefined;
  for (let page = 1; page <= mostPages; page++) {
    const input = { MaxBuckets: 1000, ...(only !== undefined && { BucketRegion: only }), ...(token !== undefined && { ContinuationToken: token }) };
    const outcome = await call(
      {
        by,
        paths: [],
        send: async (abortSignal) => (await session.s3(session.region)).send(new ListBucketsCommand(input), { abortSignal }),
        reproduce: () => reproduce(session, session.region, ['s3api', 'list-buckets']),
        show: ({ Buckets = [] }) => `${Buckets.length} buckets`,
      },
      context,
    );
    if (outcome.is === 'failure') return yield incomplete({ ...gapOf(outcome, ''), detail: inFull(outcome.failure, session) });
    const { Buckets, ContinuationToken } = outcome.reply;
    if (!Buckets) return yield incomplete({ by, code: 'malformed', detail: 'a reply without a list of buckets' });
    let strange = 0;
    for (const { Name = '', BucketRegion } of Buckets) {
      const told = isRegion(BucketRegion) ? BucketRegion : undefined;
      if (!isBucketName(Name)) strange++;
      else if (regions === undefined || told === undefined || regions.includes(told))
        yield { is: 'bucket', bucket: { name: Name, ...(told !== undefined && { region: told }) } };
    }
    if (strange > 0) yield notABucket(by);
    if (!ContinuationToken) return undefined;
    if (ContinuationToken === token) return yield incomplete({ by, code: 'malformed', detail: 'the same page again' });
    token = ContinuationToken;
  }
  return yield incomplete({ by, code: 'budget', detail: `more than ${mostPages} pages` });
}
/** A listing has no evidence of its own, so that its gap says all that whoever is on call needs: which profile, which endpoint, which request. */
function inFull({ detail, code, requestId }: Failure, { profile = process.env['AWS_PROFILE'] }: Session): string {
  const endpoint = requestId === undefined ? plainEndpoint('S3') : undefined;
  return [
    detail,
    ...(code === 'no-credentials' && profile ? [`profile ${profile}`] : []),
    ...(endpoint !== undefined && code !== 'no-credentials' ? [`endpoint ${endpoint}`] : []),
    ...(requestId !== undefined && /^[\w+/=-]{1,100}$/.test(requestId) ? [`request ${requestId}`] : []),
  ]
    .join(', ')
    .slice(0, 300);
}
/** The buckets that somebody named, instead of a listing. */
export async function* named(names: readonly string[]): AsyncGenerator<Listed, void> {
  for (const name of names) yield isBucketName(name) ? { is: 'bucket', bucket: { name } } : notABucket('config');
}
const notABucket = (by: string): Listed => incomplete({ by, code: 'malformed', detail: 'a name that no bucket can have' });
const incomplete = (gap: Pick<Gap, 'by' | 'code' | 'detail'> & Partial<Gap>): Listed => ({
  is: 'incomplete',
  gap: { tries: 1, ...gap, path: 's3', evidence: [] }, // a population has no evidence of its own
});

/** Up to three calls of one bucket; each failure costs only what hangs on it. `reads`: the fact paths that somebody wants. */
export async function observe(
  session: Session,
  { name, region }: Bucket,
  context: ObserveContext,
  reads: ReadonlySet<string>,
): Promise<Observation<'s3-bucket'>> {
  const at = { region: region ?? session.region };
  const located = region === undefined ? await locate(session, name, at, context) : { known: true, evidence: [], gaps: [] };
  const wants = (paths: readonly string[]): boolean => [...reads].some((read) => paths.some((path) => path === read || path.startsWith(`${read}.`)));
  const bucket = { name, partition: partitionOf(at.region) };
  const [encryption, policy] = await Promise.all([
    wants(encryptionPaths) ? askEncryption(session, name, at, context) : undefined,
    wants(policyPaths) ? askPolicy(session, name, at, context) : undefined,
  ]);
  const parts = [...(encryption ? [readEncryption(encryption)] : []), ...(policy ? [readPolicy(policy, bucket)] : [])];
  const facts: S3 = Object.assign({}, located.known || at.region !== session.region ? { region: at.region } : {}, ...parts.map((part) => part.facts));
  const gaps = parts.flatMap((part) => part.gaps);
  const customerKeys = encryption && facts.ssec !== 'blocked' ? readCustomerKeys(encryption, facts.ssec, policy, bucket) : { facts: {}, gaps: [] };
  const isKnown = (path: string): boolean => path === 's3.ssec' && (customerKeys.facts.ssec !== undefined || customerKeys.gaps.length > 0);
  return {
    subject: `arn:${bucket.partition}:s3:::${name}`,
    kind: 's3-bucket',
    origin: 'api',
    by: 's3',
    facts: { s3: { ...facts, ...customerKeys.facts } },
    evidence: [...located.evidence, ...parts.map((part) => part.evidence)],
    gaps: [...(facts.region === undefined ? located.gaps : []), ...gaps.filter(({ path }) => !isKnown(path)), ...customerKeys.gaps],
    links: [],
  };
}
interface Part {
  readonly facts: S3;
  readonly gaps: readonly Gap[];
  readonly evidence: Evidence;
}
/** Where the bucket is, as far as is known: a redirect may correct it. */
interface At {
  region: string;
}

type Located = { readonly known: boolean; readonly evidence: readonly Evidence[]; readonly gaps: readonly Gap[] };
async function locate(session: Session, Bucket: string, at: At, context: ObserveContext): Promise<Located> {
  const { GetBucketLocationCommand } = await import('@aws-sdk/client-s3');
  const outcome = await call(
    {
      by: 's3:GetBucketLocation',
      paths: ['s3.region'],
      send: async (abortSignal) => (await session.s3(at.region)).send(new GetBucketLocationCommand({ Bucket }), { abortSignal }),
      reproduce: () => reproduce(session, at.region, ['s3api', 'get-bucket-location', '--bucket', Bucket]),
      show: ({ LocationConstraint }) => `LocationConstraint ${LocationConstraint ?? 'null'}`,
    },
    context,
  );
  const evidence = [outcome.evidence];
  if (outcome.is === 'failure') return { known: false, evidence, gaps: [gapOf(outcome, 's3.region')] };
  const said: string | undefined = outcome.reply.LocationConstraint;
  const region = said === undefined || said === '' ? 'us-east-1' : said === 'EU' ? 'eu-west-1' : said; // API reference, GetBucketLocation
  if (isRegion(region)) {
    at.region = region;
    return { known: true, evidence, gaps: [] };
  }
  const [{ id, by }] = [outcome.evidence];
  return { known: false, evidence, gaps: [{ path: 's3.region', code: 'malformed', by, detail: 'not a region of AWS', tries: 1, evidence: [id] }] };
}

const redirects: ReadonlySet<string> = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);
/**
 * Sends, and once more where S3 says the bucket is. The SDK's own followRegionRedirects changes the region of the whole client meanwhile,
 * under the feet of the other calls.
 */
async function follow<R>(session: Session, at: At, send: (client: S3Client) => Promise<R>): Promise<R> {
  const asked = at.region;
  try {
    return await send(await session.s3(asked));
  } catch (error) {
    const { name, region, status } = failureOf(error, undefined);
    // A redirect may come without a body, and so without a name.
    if (region === undefined || region === asked || !(redirects.has(name) || status === 301 || status === 307)) throw error;
    at.region = region;
    return send(await session.s3(region));
  }
}
/** What is asked of a bucket, wherever it turns out to be. */
interface Question<R> {
  readonly by: string;
  readonly paths: readonly string[];
  readonly argv: readonly string[];
  readonly send: (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<R>;
  readonly show: (reply: R) => string;
}
const ask = <R extends { readonly $metadata: object }>(
  session: Session,
  at: At,
  context: ObserveContext,
  { argv, send, ...what }: Question<R>,
): Promise<Outcome<R>> =>
  call(
    {
      ...what,
      send: (abortSignal) => follow(session, at, (client) => send(client, { abortSignal })),
      reproduce: () => reproduce(session, at.region, ['s3api', ...argv]),
    },
    context,
  );

type Encryption = Outcome<GetBucketEncryptionCommandOutput>;
async function askEncryption(session: Session, Bucket: string, at: At, context: ObserveContext): Promise<Encryption> {
  const { GetBucketEncryptionCommand } = await import('@aws-sdk/client-s3');
  return ask(session, at, context, {
    by: 's3:GetBucketEncryption',
    paths: encryptionPaths,
    argv: ['get-bucket-encryption', '--bucket', Bucket],
    send: (client, options) => client.send(new GetBucketEncryptionCommand({ Bucket }), options),
    show: ({ ServerSideEncryptionConfiguration }) => JSON.stringify(ServerSideEncryptionConfiguration ?? {}).slice(0, 1024),
  });
}
type PolicyAnswer = Outcome<GetBucketPolicyCommandOutput>;
async function askPolicy(session: Session, Bucket: string, at: At, context: ObserveContext): Promise<PolicyAnswer> {
  const { GetBucketPolicyCommand } = await import('@aws-sdk/client-s3');
  return ask(session, at, context, {
    by: 's3:GetBucketPolicy',
    paths: policyPaths,
    argv: ['get-bucket-policy', '--bucket', Bucket, '--query', 'Policy', '--output', 'text'],
    send: (client, options) => client.send(new GetBucketPolicyCommand({ Bucket }), options),
    show: ({ Policy = '' }) => Policy.slice(0, 2048),
  });
}

function readEncryption(outcome: Encryption): Part {
  const { evidence } = outcome;
  if (outcome.is === 'failure') {
    if (outcome.failure.name === 'ServerSideEncryptionConfigurationNotFoundError') return { facts: unencrypted, gaps: [], evidence };
    return { facts: {}, gaps: encryptionPaths.map((path) => gapOf(outcome, path)), evidence };
  }
  const { facts, missing } = encryptionOf(outcome.reply);
  return { facts, gaps: missing.map((one) => ({ ...one, by: evidence.by, tries: 1, evidence: [evidence.id] })), evidence };
}
/** No policy is an answer: nothing is denied. */
function policyOf(outcome: PolicyAnswer): { readonly text: string | undefined } | undefined {
  if (outcome.is === 'reply') return { text: outcome.reply.Policy ?? '' };
  return outcome.failure.name === 'NoSuchBucketPolicy' ? { text: undefined } : undefined;
}
function readPolicy(outcome: PolicyAnswer, bucket: { readonly name: string; readonly partition: string }): Part {
  const { evidence } = outcome;
  const policy = policyOf(outcome);
  if (!policy) return { facts: {}, gaps: outcome.is === 'failure' ? policyPaths.slice(0, 2).map((path) => gapOf(outcome, path)) : [], evidence };
  const verdict = deniesPlainHttp(policy.text, bucket);
  if (verdict.is === 'denied') return { facts: { plainHttp: 'denied' }, gaps: [], evidence };
  if (verdict.is === 'open') return { facts: { plainHttp: 'allowed', plainHttpWitness: inWords(verdict) }, gaps: [], evidence };
  const gap = { code: 'unprovable', by: evidence.by, detail: verdict.why, tries: 1, evidence: [evidence.id] } as const;
  return { facts: {}, gaps: policyPaths.slice(0, 2).map((path) => ({ ...gap, path })), evidence };
}
function inWords({ witness }: Extract<Verdict, { is: 'open' }>): string {
  const { principal, action, resource, statement, hole } = witness;
  const where = statement === undefined ? hole : `Statement[${statement}] ${hole}`;
  const context = Object.entries(witness.context).filter(([key]) => key !== 'aws:securetransport');
  const having = context.length === 0 ? '' : ` with ${context.map(([key, value]) => `${key}=${value}`).join(', ')}`;
  return `no statement denies ${action} on ${resource} to ${principal} without TLS${having}: ${where}`.slice(0, 2048);
}
/**
 * Where the configuration does not block SSE-C, a policy that denies such writes does, even where the configuration allows it.
 * Where both are silent nobody knows (S3 blocks it by itself since April 2026, for some).
 */
function readCustomerKeys(
  encryption: Encryption,
  said: S3['ssec'],
  policy: PolicyAnswer | undefined,
  bucket: { readonly name: string; readonly partition: string },
): Pick<Part, 'facts' | 'gaps'> {
  const answered = encryption.is === 'reply' || encryption.failure.name === 'ServerSideEncryptionConfigurationNotFoundError';
  const known = policy && policyOf(policy);
  if (known && deniesCustomerKeys(known.text, bucket).is === 'denied') return { facts: { ssec: 'blocked' }, gaps: [] };
  if (said !== undefined || !answered) return { facts: {}, gaps: [] }; // the fact, or the gap of that call, is there already
  if (policy?.is === 'failure' && !known) return { facts: {}, gaps: [gapOf(policy, 's3.ssec')] };
  const { id, by } = encryption.evidence;
  return {
    facts: {},
    gaps: [
      { path: 's3.ssec', code: 'unsupported', by, detail: 'the reply has no BlockedEncryptionTypes, and no policy denies SSE-C', tries: 1, evidence: [id] },
    ],
  };
}
