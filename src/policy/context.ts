import { absent, cidr, dotted, text, unknown, type Value } from './condition.ts';
import type { Who } from './match.ts';

/** The request that a witness makes up: what it carries beyond these, and what was chosen for it. */
export interface Request {
  readonly who: Who;
  readonly action: string;
  readonly resource: string;
  readonly chosen: ReadonlyMap<string, Value>;
}
const outside = '198.51.100.7';
const listing = /^s3:List(Bucket|BucketVersions)$/; // the actions that have s3:prefix (service authorization reference)
const starts = (key: string, ...prefixes: readonly string[]): boolean => prefixes.some((prefix) => key.startsWith(prefix));

/** Keys that only signed requests can have (IAM user guide, "AWS global condition context keys"). */
const ofPrincipals = [
  'aws:principalarn',
  'aws:principalaccount',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principaltag/',
  'aws:principalisawsservice',
  'aws:principalservicename',
  'aws:username',
  'aws:multifactorauth',
  'aws:tokenissuetime',
  'aws:federatedprovider',
  'aws:rolesessionname',
  'aws:sourceidentity',
];
/** Keys that a plain request of a client, straight to the bucket, does not have unless it wants to. */
const optional = [
  'aws:referer',
  'aws:useragent',
  'aws:calledvia',
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  's3:prefix',
  's3:delimiter',
  's3:max-keys',
  's3:versionid',
  's3:existingobjecttag/',
  's3:requestobjecttag',
  's3:object-lock-',
  's3:x-amz-acl',
  's3:x-amz-copy-source',
  's3:x-amz-grant-',
  's3:x-amz-metadata-directive',
  's3:x-amz-server-side-encryption',
  's3:x-amz-storage-class',
  's3:x-amz-website-redirect-location',
  's3:dataaccesspoint',
  's3:accesspointnetworkorigin',
];

/** Actions that cannot be asked for without a parameter (S3 API reference). */
const alwaysThere: readonly (readonly [RegExp, ...string[]])[] = [
  [/^s3:(Get|Put|Delete)ObjectVersion/, 's3:versionid'],
  [/^s3:PutObject(Retention|LegalHold)$/, 's3:object-lock-'],
  [/^s3:PutObject(Version)?Tagging$/, 's3:requestobjecttag'],
];

/** What the request carries under a key: as chosen, else as such requests are; a key that is in no list is unknown. */
export function valueOf(request: Request, key: string): Value {
  const { who, chosen } = request;
  const own = chosen.get(key);
  if (own) return own;
  const viaEndpoint = ['aws:sourcevpce', 'aws:sourcevpc'].some((one) => chosen.get(one)?.is === 'text');
  if (key === 'aws:sourceip') return viaEndpoint ? absent : text(outside);
  if (starts(key, 'aws:sourcevpc') || key === 'aws:vpcsourceip') return viaEndpoint ? unknown : absent;
  if (alwaysThere.some(([action, ...keys]) => action.test(request.action) && starts(key, ...keys))) return unknown;
  if (starts(key, ...optional)) return absent;
  if (who.is === 'anonymous') return key === 'aws:principaltype' ? text('Anonymous') : starts(key, ...ofPrincipals) ? absent : unknown;
  return ofPrincipal(who, key);
}
function ofPrincipal({ arn, account }: Extract<Who, { is: 'principal' }>, key: string): Value {
  const isUser = arn.includes(':user/');
  if (key === 'aws:principalarn') return text(arn);
  if (key === 'aws:principalaccount') return text(account);
  if (key === 'aws:principalisawsservice' || key === 'aws:viaawsservice') return text('false');
  if (starts(key, 'aws:principalservicename', 'aws:principaltag/') || key === 'aws:principalorgid') return absent;
  if (!isUser) return unknown;
  if (key === 's3:signatureversion') return text('AWS4-HMAC-SHA256'); // signed in a header, as clients do
  if (key === 's3:authtype') return text('REST-HEADER');
  if (key === 'aws:principaltype') return text('User');
  if (key === 'aws:username') return text(arn.split('/').at(-1) ?? '');
  return starts(key, 'aws:multifactorauth') ? absent : unknown; // long-term keys have neither
}

const headers: ReadonlySet<string> = new Set(
  'private public-read public-read-write authenticated-read bucket-owner-read bucket-owner-full-control STANDARD STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER GLACIER_IR DEEP_ARCHIVE REDUCED_REDUNDANCY AES256'.split(
    ' ',
  ),
);
/** The values that a witness may choose under a key, made from those of the policy. Nothing for a key that is not free. */
export function choices(request: Request, key: string, values: readonly string[]): readonly Value[] {
  const plain = values.filter((value) => !value.includes('${') && value.length <= 200).map((value) => value.replaceAll('*', 'x').replaceAll('?', 'x'));
  const texts = [...new Set(plain)].slice(0, 16).map((one) => ({ is: 'text', text: one }) as const);
  const signed = request.who.is === 'principal';
  if (key === 'aws:sourceip') {
    const inside = plain.flatMap((value) => cidr(value) ?? []).map(({ first, size }) => dotted(first + (size > 1 ? 1 : 0)));
    return [...inside.filter(isPublic).slice(0, 16), outside, '203.0.113.9', '8.8.4.4'].map(text);
  }
  if (key === 'aws:sourcevpce') return [...texts, text('vpce-0e1c2d3b4a5f60718')];
  if (key === 'aws:sourcevpc') return [...texts, text('vpc-0e1c2d3b4a5f60718')];
  if (starts(key, 'aws:referer', 'aws:useragent')) return [...texts, text('witness')];
  if (starts(key, 's3:prefix', 's3:delimiter')) return listing.test(request.action) ? [...texts, text('witness')] : [];
  // S3 refuses what it does not know, and without TLS also SSE-C and KMS keys (S3 user guide): no witness for those.
  if (key === 's3:x-amz-acl' || key === 's3:x-amz-storage-class' || key === 's3:x-amz-server-side-encryption')
    return request.action === 's3:PutObject' ? texts.filter(({ text }) => headers.has(text)) : [];
  if (key === 'aws:principalorgid' || starts(key, 'aws:principaltag/')) return signed ? [...texts, text('witness')] : [];
  return [];
}
/** AWS never sees a private address under aws:SourceIp: through a VPC endpoint the key is absent. */
const isPublic = (address: string): boolean =>
  !/^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|2(2[4-9]|[34]\d|5[0-5]))\./.test(address);
/** No request comes both over the internet and through a VPC endpoint. */
export const possible = ({ chosen }: Request): boolean =>
  chosen.get('aws:sourceip')?.is !== 'text' || ['aws:sourcevpce', 'aws:sourcevpc'].every((key) => chosen.get(key)?.is !== 'text');
