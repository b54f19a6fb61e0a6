import { absent, text, type Value } from './condition.ts';
import { holeOf } from './hole.ts';
import { parsePolicy, type Statement } from './parse.ts';
import { coversAll, type Question } from './prove.ts';
import { bucketArn, escapes, type Bucket } from './witness.ts';

export type { Bucket } from './witness.ts';
/** A request that no statement denies. `statement`: the place of the Deny statement that comes nearest, counted from 0; `hole`: why it does not match. */
interface Witness {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
  readonly statement?: number;
  readonly hole: string;
}
/** A policy statement, ready to be added to the policy. */
type Patch = Readonly<Record<string, unknown>>;
export type Verdict =
  | { readonly is: 'denied'; readonly statements: readonly number[] }
  | { readonly is: 'open'; readonly witness: Witness; readonly patch: Patch }
  | { readonly is: 'unprovable'; readonly why: string };

/**
 * Does this bucket policy deny every request without TLS: by anybody, with any S3 action, on the bucket and on each object?
 * `denied` is a proof over all requests (it does not mind if requests with TLS are denied too), `open` comes with a request that was checked to escape
 * every Deny statement, and what this reader cannot decide is `unprovable`. No policy (undefined) is open. Allow statements, identity policies and
 * organization policies are not looked at: only what the bucket itself refuses counts. Source: IAM user guide, "Policy evaluation logic".
 */
export function deniesPlainHttp(policy: string | undefined, bucket: Bucket): Verdict {
  const arn = bucketArn(bucket);
  // s3:TlsVersion: without TLS the key is not in the request, and aws:SecureTransport always is (IAM user guide, global condition keys).
  const fixed = new Map<string, Value>([
    ['aws:securetransport', text('false')],
    ['s3:tlsversion', absent],
  ]);
  return judge(policy, bucket, { action: { all: 's3:*' }, resources: [{ one: arn }, { all: `${arn}/?*` }], fixed }, (sid) => ({
    Sid: sid('DenyPlainHttp'),
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  }));
}

/** Does this bucket policy deny every write with a customer-provided key (SSE-C)? The same meanings; S3 user guide, "Using SSE-C". */
export function deniesCustomerKeys(policy: string | undefined, bucket: Bucket): Verdict {
  const arn = bucketArn(bucket);
  const fixed = new Map([['s3:x-amz-server-side-encryption-customer-algorithm', text('AES256')]]);
  return judge(policy, bucket, { action: { one: 's3:PutObject' }, resources: [{ all: `${arn}/?*` }], fixed }, (sid) => ({
    Sid: sid('DenyCustomerKeys'),
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `${arn}/*`,
    Condition: { Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' } },
  }));
}

type PatchOf = (sid: (wanted: string) => string) => Patch;
function judge(policy: string | undefined, bucket: Bucket, question: Question, patch: PatchOf): Verdict {
  const parsed = policy === undefined ? ({ is: 'policy', denies: [], allows: [], sids: new Set<string>() } as const) : parsePolicy(policy);
  if (parsed.is === 'unreadable') return { is: 'unprovable', why: parsed.why };
  const { denies, sids } = parsed;
  const proof = proofOf(denies, question);
  if (proof) return { is: 'denied', statements: proof.map(({ index }) => index) };
  const request = escapes(denies, question, bucket);
  if (!request) return { is: 'unprovable', why: 'neither a proof that every such request is denied, nor a request that certainly is not' };
  const { who, action, resource, chosen } = request;
  const hole =
    denies.length === 0
      ? { hole: policy === undefined ? 'no bucket policy' : 'no Deny statement' }
      : holeOf(denies, request, question, resource.includes('/') ? 'objects' : 'bucket');
  return {
    is: 'open',
    witness: {
      principal: who.is === 'anonymous' ? 'anonymous' : who.arn,
      action,
      resource,
      context: Object.fromEntries([...chosen].flatMap(([key, value]) => (value.is === 'text' ? [[key, value.text]] : []))),
      ...hole,
    },
    patch: patch((wanted) => freeSid(wanted, sids)),
  };
}
/** The first single statement that does it; else as few of them as are needed together. */
function proofOf(statements: readonly Statement[], question: Question): readonly Statement[] | undefined {
  const alone = statements.find((statement) => coversAll([statement], question));
  if (alone) return [alone];
  if (!coversAll(statements, question)) return undefined;
  if (statements.length > 32) return statements; // finding out which are needed asks once more for each
  return statements.reduce<readonly Statement[]>((kept, statement) => {
    const without = kept.filter((one) => one !== statement);
    return coversAll(without, question) ? without : kept;
  }, statements);
}
function freeSid(wanted: string, taken: ReadonlySet<string>): string {
  let sid = wanted;
  for (let n = 2; taken.has(sid); n++) sid = `${wanted}${n}`;
  return sid;
}
