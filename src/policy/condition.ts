import { globMatches, longestPattern } from './glob.ts';
import { all, any, not } from './match.ts';
import type { Condition, Maybe } from './parse.ts';

/** What a request carries under a condition key. `unknown`: this reader cannot say. */
export type Value = { readonly is: 'text'; readonly text: string } | { readonly is: 'absent' } | { readonly is: 'unknown' };
export const absent: Value = { is: 'absent' };
export const unknown: Value = { is: 'unknown' };
export const text = (text: string): Value => ({ is: 'text', text });

/**
 * The operators whose meaning is decided here, by the name of the positive one: does the request's value equal, or lie in, the policy's?
 * IAM user guide, "IAM JSON policy elements: Condition operators".
 */
const positive: ReadonlyMap<string, (request: string, policy: string) => Maybe> = new Map<string, (request: string, policy: string) => Maybe>([
  ['stringequals', (request, policy) => (request === policy ? true : request.toLowerCase() === policy.toLowerCase() ? undefined : false)],
  ['stringequalsignorecase', (request, policy) => request.toLowerCase() === policy.toLowerCase()],
  ['stringlike', (request, policy) => (policy.length > longestPattern ? undefined : globMatches(policy, request))],
  ['bool', (request, policy) => (/^(true|false)$/i.test(policy) ? request.toLowerCase() === policy.toLowerCase() : undefined)],
  ['arnequals', isArn],
  ['arnlike', isArn],
  ['ipaddress', inNetwork],
  ['numericequals', (request, policy) => compare(request, policy, (a, b) => a === b)],
  ['numericlessthan', (request, policy) => compare(request, policy, (a, b) => a < b)],
  ['numericlessthanequals', (request, policy) => compare(request, policy, (a, b) => a <= b)],
  ['numericgreaterthan', (request, policy) => compare(request, policy, (a, b) => a > b)],
  ['numericgreaterthanequals', (request, policy) => compare(request, policy, (a, b) => a >= b)],
]);
const negated: ReadonlyMap<string, string> = new Map([
  ['stringnotequals', 'stringequals'],
  ['stringnotequalsignorecase', 'stringequalsignorecase'],
  ['stringnotlike', 'stringlike'],
  ['arnnotequals', 'arnequals'],
  ['arnnotlike', 'arnlike'],
  ['notipaddress', 'ipaddress'],
  ['numericnotequals', 'numericequals'],
]);
/** An operator → the positive one it is made of. Undefined for what this reader does not know. */
export function operator(base: string): { readonly of: string; readonly not: boolean } | undefined {
  const of = negated.get(base);
  if (of !== undefined) return { of, not: true };
  return positive.has(base) ? { of: base, not: false } : undefined;
}

/** Does the condition hold for a request that carries this value under its key? Keys are taken to have one value at most. */
export function holds({ base, ifExists, set, values }: Condition, value: Value): Maybe {
  if (!values || value.is === 'unknown' || values.some((one) => one.includes('${'))) return undefined;
  if (base === 'null') return set === 'none' && !ifExists ? any(values.map((one) => nullHolds(one, value))) : undefined;
  const known = operator(base);
  const test = known && positive.get(known.of);
  if (!test) return undefined;
  // ForAnyValue is false on an absent key; seen to stay so with IfExists (re:Post QU9HFmDzP0QGuU), against the words of the user guide.
  if (value.is === 'absent') return set === 'any' ? (ifExists ? undefined : false) : ifExists || set === 'all' || known.not;
  const found = any(values.map((one) => test(value.text, one)));
  return known.not ? not(found) : found;
}
const nullHolds = (wanted: string, value: Value): Maybe =>
  /^true$/i.test(wanted) ? value.is === 'absent' : /^false$/i.test(wanted) ? value.is === 'text' : undefined;

function isArn(request: string, policy: string): Maybe {
  const [ours, theirs] = [request.split(':'), policy.split(':')];
  if (policy === '*') return undefined;
  if (ours.length < 6 || theirs.length < 6 || policy.length > longestPattern) return undefined;
  const [tail, pattern] = [ours.slice(5).join(':'), theirs.slice(5).join(':')];
  return all([...ours.slice(0, 5).map((part, at) => globMatches(theirs[at] ?? '', part)), globMatches(pattern, tail)]);
}
function compare(request: string, policy: string, test: (a: number, b: number) => boolean): Maybe {
  const [a, b] = [Number(request), Number(policy)];
  return request.trim() === '' || policy.trim() === '' || !Number.isFinite(a) || !Number.isFinite(b) ? undefined : test(a, b);
}

/** IPv4 alone: the requests that this reader makes up come from IPv4, which is in no IPv6 network but a mapped one. */
function inNetwork(request: string, policy: string): Maybe {
  const network = cidr(policy);
  const address = cidr(request);
  if (!network || !address) return policy.includes(':') && !policy.includes('.') ? false : undefined;
  return Math.floor(address.first / network.size) === network.first / network.size;
}
/** `192.0.2.0/24` → its first address as a number, and how many there are. */
export function cidr(text: string): { readonly first: number; readonly size: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const [, a, b, c, d, bits = '32'] = match;
  const bytes = [a, b, c, d].map(Number);
  if (bytes.some((byte) => byte > 255) || Number(bits) > 32) return undefined;
  const size = 2 ** (32 - Number(bits));
  const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return { first: Math.floor(address / size) * size, size };
}
export const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
