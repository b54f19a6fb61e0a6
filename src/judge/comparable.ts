import type { Difference, DifferenceCode } from '../model/diff.ts';
import type { FrameworkResult, ScanResult, SubjectResult } from '../model/result.ts';
import { byCodeUnit, plural } from '../util/text.ts';

/** The target of the scope that led to a subject. */
export const scopeOf = ({ id, target }: SubjectResult): string => target ?? id;

/** The same rules ran, with the same severities. */
export const sameRules = (old: ScanResult, now: ScanResult): boolean => old.ruleset.sha256 === now.ruleset.sha256 && running(old) === running(now);
const running = ({ rules }: ScanResult): string =>
  Object.values(rules)
    .map(({ id, severity }) => `${id} ${severity}`)
    .sort(byCodeUnit)
    .join('\n');
export const sameScope = (old: ScanResult, now: ScanResult): boolean => old.scope.sha256 === now.scope.sha256;
export const sameAnchors = (old: ScanResult, now: ScanResult): boolean => anchors(old) === anchors(now);
const anchors = ({ trust }: ScanResult): string => [...new Set(trust.map(({ sha256 }) => sha256))].sort(byCodeUnit).join(' ');

/** What a reader must know before comparing two results, gravest first. Names are sorted. */
export function differences(old: ScanResult, now: ScanResult): readonly Difference[] {
  const [asked, asks] = [ids(old.scope.targets), ids(now.scope.targets)];
  const [left, added] = [minus(asked, asks), minus(asks, asked)];
  const vanished = vanishedFrom(old, now);
  const [lost, fresh] = [minus(Object.keys(old.rules), Object.keys(now.rules)), minus(Object.keys(now.rules), Object.keys(old.rules))];
  const [chose, chosen] = [chosenOf(old.frameworks), chosenOf(now.frameworks)];
  return [
    ...say('order', Date.parse(now.judgedAt) < Date.parse(old.judgedAt), 'NEW was judged before OLD: are the two files in the right order?'),
    ...say('interrupted', now.interrupted, `NEW was cut short (${now.interrupted}): what it did not reach is unknown there`),
    ...say('old-interrupted', old.interrupted, `OLD was cut short (${old.interrupted}): what it did not reach can look new`),
    ...say(
      'scope-shrunk',
      left.length > 0,
      `the scope shrank: ${plural(left.length, 'target')} of OLD ${left.length === 1 ? 'was' : 'were'} not asked for in NEW, which fixes nothing`,
      left,
    ),
    ...say(
      'subjects-vanished',
      vanished.length > 0,
      `${plural(vanished.length, 'subject')} of OLD ${vanished.length === 1 ? 'is' : 'are'} not in NEW, though the target that led there is`,
      vanished,
    ),
    ...say('listing', incomplete(now).length > 0, 'NEW could not list everything: what is missing there may still exist', incomplete(now)),
    ...say('old-listing', incomplete(old).length > 0, 'OLD could not list everything: what is new may be old', incomplete(old)),
    ...say(
      'rules-gone',
      lost.length > 0,
      `${plural(lost.length, 'rule')} of OLD did not run in NEW: what ${lost.length === 1 ? 'it' : 'they'} found is not fixed`,
      lost,
    ),
    ...say(
      'ruleset',
      old.ruleset.sha256 !== now.ruleset.sha256,
      `the rules differ (${old.ruleset.version}, now ${now.ruleset.version}): a pass or a fail may come from them`,
    ),
    ...say('ruleset', reweighed(old, now).length > 0, 'severities differ, which moves the score and fixes nothing', reweighed(old, now)),
    ...say(
      'rules-new',
      fresh.length > 0,
      `${plural(fresh.length, 'rule')} ran only in NEW: what ${fresh.length === 1 ? 'it finds' : 'they find'} may be old`,
      fresh,
    ),
    ...say(
      'scope-grown',
      added.length > 0,
      `the scope grew: ${plural(added.length, 'target')} ${added.length === 1 ? 'was' : 'were'} not asked for in OLD`,
      added,
    ),
    ...say(
      'scope-declared',
      !sameScope(old, now) && left.length + added.length === 0,
      'the same targets, but declared or reached otherwise (data, network, minTls, ip, …)',
    ),
    ...say('anchors', !sameAnchors(old, now), 'the trust anchors differ: a certificate may be trusted, or not, for that alone'),
    ...say('frameworks', chose !== chosen, `the chosen frameworks differ (${chose || 'none'}, now ${chosen || 'none'}): controls may change for that alone`),
    ...say('scoring', old.score.scoringVersion !== now.score.scoringVersion, 'the scores were reckoned in different ways'),
    ...say('tool', old.tool.version !== now.tool.version, `made by different versions of encaudit (${old.tool.version}, now ${now.tool.version})`),
  ];
}
const say = (code: DifferenceCode, is: unknown, what: string, names: readonly string[] = []): readonly Difference[] => (is ? [{ code, what, names }] : []);

const ids = (list: readonly { readonly id: string }[]): readonly string[] => list.map(({ id }) => id);
function minus(list: readonly string[], without: readonly string[]): readonly string[] {
  const known = new Set(without);
  return [...new Set(list)].filter((one) => !known.has(one)).sort(byCodeUnit);
}
/** A bucket that is no longer listed; a target that is no longer asked for is another matter, and the name of a listing is no subject. */
function vanishedFrom(old: ScanResult, now: ScanResult): readonly string[] {
  const there = new Set(ids(now.subjects));
  const asked = new Set(ids(now.scope.targets));
  return ids(old.subjects.filter((one) => !there.has(one.id) && asked.has(scopeOf(one)) && !one.id.startsWith('aws://'))).toSorted(byCodeUnit);
}
const incomplete = ({ populations }: ScanResult): readonly string[] =>
  [...new Set(populations.filter(({ state }) => state !== 'complete').map(({ scope }) => scope))].sort(byCodeUnit);
const reweighed = (old: ScanResult, now: ScanResult): readonly string[] =>
  Object.values(now.rules)
    .filter(({ id, severity }) => old.rules[id] !== undefined && old.rules[id].severity !== severity)
    .map(({ id }) => id)
    .sort(byCodeUnit);
const chosenOf = (frameworks: readonly FrameworkResult[]): string =>
  ids(frameworks.filter(({ chosen }) => chosen))
    .toSorted(byCodeUnit)
    .join(', ');
