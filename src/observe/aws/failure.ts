import type { Gap } from '../../model/observation.ts';
import { reason } from '../../util/gap.ts';

/** A reply of more bytes than the limit. */
export class ReplyTooLarge extends Error {
  override readonly name = 'ReplyTooLarge';
}
/** What a call ended with: a code for the gap, a detail in our own words, and whether asking again may help. */
export interface Failure extends Pick<Gap, 'code' | 'detail'> {
  readonly name: string;
  readonly transient: boolean;
  readonly requestId?: string;
  readonly region?: string;
  readonly status?: number;
}
/** Error codes that util/gap.ts leaves open. Sources: S3 API reference "Error responses"; RDS and KMS API reference "Common errors" and each call's own; the SDK's credential providers. */
const byName: ReadonlyMap<string, Gap['code']> = new Map<string, Gap['code']>([
  ['TokenProviderError', 'expired-credentials'],
  ['UnauthorizedException', 'expired-credentials'],
  ['InvalidToken', 'no-credentials'],
  ['NotSignedUp', 'no-credentials'],
  ['MissingAuthenticationToken', 'no-credentials'],
  ['IncompleteSignature', 'no-credentials'],
  ['AllAccessDisabled', 'access-denied'],
  ['NotAuthorized', 'access-denied'],
  ['OptInRequired', 'access-denied'],
  ['RequestTimeoutException', 'timeout'],
  ['DBParameterGroupNotFoundFault', 'not-found'],
  ['DBSnapshotNotFoundFault', 'not-found'],
  ['DBClusterSnapshotNotFoundFault', 'not-found'],
  ['MethodNotAllowed', 'unsupported'],
  ['NotImplemented', 'unsupported'],
  ['InvalidAction', 'unsupported'],
  ['UnknownOperationException', 'unsupported'],
  ['UnsupportedOperationException', 'unsupported'],
  ['DependencyTimeoutException', 'timeout'],
]);
const transientCodes: ReadonlySet<Gap['code']> = new Set<Gap['code']>(['timeout', 'reset', 'closed', 'throttled', 'dns', 'refused', 'unreachable']);
const isName = /^[A-Za-z][A-Za-z0-9._]{0,79}$/;

/** Sorts what the SDK throws. `ended`: why the try was stopped, if it was. Never a bug: the SDK throws plain errors at whatever a server makes up. */
export function failureOf(error: unknown, ended: 'deadline' | 'cancelled' | undefined): Failure {
  const { status, requestId, region } = told(error);
  const about = { ...(status !== undefined && { status }), ...(requestId !== undefined && { requestId }), ...(region !== undefined && { region }) };
  if (ended === 'cancelled') return { name: 'cancelled', code: 'cancelled', detail: 'the scan was stopped', transient: false };
  if (ended === 'deadline') return { name: 'timeout', code: 'timeout', detail: 'no whole reply in time', transient: true };
  if (error instanceof ReplyTooLarge) return { ...about, name: error.name, code: 'too-large', detail: 'the reply is larger than the limit', transient: false };
  const name = nameOf(error);
  const { code, detail } = reason(error);
  const known = byName.get(name) ?? (code === 'bug' ? 'unexpected' : code);
  const server = status !== undefined && status >= 500;
  // Without a code of its own, an error that came with a status is the SDK failing to read the body.
  const unread = status !== undefined && (name === 'Error' || name === 'SyntaxError' || name === 'TypeError' || name === 'RangeError');
  if (unread && (known === 'unexpected' || known === 'malformed'))
    return { ...about, name, code: 'malformed', detail: `HTTP ${status} with a body that cannot be read`, transient: server };
  if (name === 'CredentialsProviderError') return { ...about, name, code: known, detail: 'no credentials found', transient: false };
  const said = !isName.test(detail) || detail.startsWith('Unknown') ? `HTTP ${status ?? 'failure'}` : detail;
  return { ...about, name, code: known, detail: said, transient: server || transientCodes.has(known) || /^RequestTime(out|TooSkewed)$/.test(name) };
}

/** What an error says beside its message: HTTP status, request id, and the region that the bucket is in. */
function told(error: unknown): { readonly status?: number; readonly requestId?: string; readonly region?: string } {
  const metadata = field(error, '$metadata');
  const status = field(metadata, 'httpStatusCode');
  const requestId = field(metadata, 'requestId');
  const region = field(field(field(error, '$response'), 'headers'), 'x-amz-bucket-region') ?? field(error, 'Region');
  return {
    ...(typeof status === 'number' && { status }),
    ...(typeof requestId === 'string' && { requestId }),
    ...(isRegion(region) && { region }),
  };
}
const nameOf = (error: unknown): string => (error instanceof Error && isName.test(error.name) ? error.name : 'Error');
/** A field of a value that nobody vouches for. */
export function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}
/** A region becomes part of a host name that gets signed requests: nothing else may come in by a reply. */
export const isRegion = (value: unknown): value is string => typeof value === 'string' && /^[a-z]{2,6}(-[a-z]{2,12}){1,3}-\d{1,2}$/.test(value);
