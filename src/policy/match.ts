import { globCovers, globMatches, globsMeet, longestPattern } from './glob.ts';
import type { Maybe, Named, Patterns, Principals } from './parse.ts';

/** Who asks: nobody known, or a principal of an account (`arn:aws:iam::ACCOUNT:user/…`, `role/…` or `root`). */
export type Who = { readonly is: 'anonymous' } | { readonly is: 'principal'; readonly arn: string; readonly account: string };

export const not = (value: Maybe): Maybe => (value === undefined ? undefined : !value);
export const any = (values: readonly Maybe[]): Maybe => (values.includes(true) ? true : values.includes(undefined) ? undefined : false);
export const all = (values: readonly Maybe[]): Maybe => (values.includes(false) ? false : values.includes(undefined) ? undefined : true);

/** Does Principal or NotPrincipal take in this one? */
export function matchesPrincipal(principals: Principals | undefined, who: Who): Maybe {
  if (!principals) return undefined;
  const { everyone, named, unclear } = principals;
  if (!principals.not) return everyone || any([...named.map((one) => isNamed(one, who)), unclear ? undefined : false]);
  if (everyone) return false;
  if (who.is === 'anonymous') return unclear ? undefined : true;
  const listed = any([...named.map((one) => isNamed(one, who)), unclear ? undefined : false]);
  // NotPrincipal spares a user only where its account is listed too, a role only where its session is (IAM user guide, NotPrincipal).
  const account = named.some(({ value }) => value === who.account || value === rootOf(who));
  const spared = named.some(({ value }) => value === who.arn) && account && !who.arn.includes(':role/');
  return spared ? false : listed === false ? true : undefined;
}
const rootOf = ({ arn, account }: Extract<Who, { is: 'principal' }>): string => `${arn.split(':', 3).join(':')}::${account}:root`;

function isNamed({ type, value }: Named, who: Who): Maybe {
  if (who.is === 'anonymous') return false;
  if (type === 'CanonicalUser') return undefined;
  if (type !== 'AWS') return false;
  if (value === who.arn || value === who.account || value === rootOf(who)) return true;
  const parts = value.split(':');
  if (/^\d{12}$/.test(value)) return false;
  if (parts.length < 6) return undefined; // a unique id (AIDA…, AROA…)
  return parts[4] === who.account && parts[2] === 'sts' ? undefined : false;
}

/** Actions are compared without case. */
export function matchesAction(actions: Patterns | undefined, action: string): Maybe {
  if (!actions) return undefined;
  const found = any(actions.patterns.map((pattern) => (isAction(pattern) ? globMatches(pattern.toLowerCase(), action.toLowerCase()) : undefined)));
  return actions.not ? not(found) : found;
}
const isAction = (pattern: string): boolean => pattern === '*' || (pattern.includes(':') && !pattern.includes('${') && pattern.length <= longestPattern);

export function matchesResource(resources: Patterns | undefined, arn: string): Maybe {
  if (!resources) return undefined;
  const found = any(resources.patterns.map((pattern) => isResource(pattern, arn)));
  return resources.not ? not(found) : found;
}
/** Wildcards stay in their segment of the ARN; where only a looser reading matches, nothing is decided. A policy variable may be any text. */
function isResource(pattern: string, arn: string): Maybe {
  if (pattern === '*') return true;
  if (pattern.length > longestPattern) return undefined;
  if (pattern.includes('${')) return globMatches(pattern.replace(variable, '*'), arn) ? undefined : false;
  if (!globMatches(pattern, arn)) return false;
  return bySegment(pattern, arn, globMatches) || undefined;
}
const variable = /\$\{[^}]*\}?/g;
function bySegment(pattern: string, arn: string, matches: (pattern: string, text: string) => boolean): boolean {
  const [ours, theirs] = [segments(pattern), segments(arn)];
  return ours.length === 6 && theirs.every((text, at) => matches(ours[at] ?? '', text));
}
function segments(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** A pattern against a whole family of names, itself a pattern: it takes in all, none, or some that only the pattern itself can name. */
export type Share = 'all' | 'none' | 'some';
export function shareOfActions(pattern: string, family: string): Share {
  if (!isAction(pattern)) return 'some';
  const lower = pattern.toLowerCase();
  return globCovers(lower, family) ? 'all' : globsMeet(lower, family) ? 'some' : 'none';
}
export function shareOfResources(pattern: string, family: string): Share {
  if (pattern === '*') return 'all';
  if (pattern.length > longestPattern) return 'some';
  if (!globsMeet(pattern.replace(variable, '*'), family)) return 'none';
  return !pattern.includes('${') && bySegment(pattern, family, globCovers) ? 'all' : 'some';
}
