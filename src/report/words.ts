import type { Kind } from '../facts/index.ts';
import type { Finding } from '../model/finding.ts';
import type { Gap } from '../model/observation.ts';
import type { ControlState, FrameworkResult, ScanResult } from '../model/result.ts';
import type { Severity } from '../model/rule.ts';
import type { PartScore } from '../model/score.ts';
import { byCodeUnit, clean, plural, thousands } from '../util/text.ts';

/** Orders and phrases that several reporters share; no reporter imports another. */
export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
export const worstFirst = (a: Severity, b: Severity): number => severities.indexOf(a) - severities.indexOf(b);

/** Fails before unknowns, what is waived after all else, then the worst, then by name. */
export const findingOrder = (a: Finding, b: Finding): number =>
  place(a) - place(b) || worstFirst(a.severity, b.severity) || byCodeUnit(a.subject, b.subject) || byCodeUnit(a.rule, b.rule);
const place = ({ verdict, waiver }: Finding): number => (waiver ? 2 : 0) + (verdict === 'fail' ? 0 : 1);

const kinds: Readonly<Record<Kind, string>> = {
  client: 'client',
  endpoint: 'endpoint',
  's3-bucket': 'bucket',
  'rds-instance': 'database instance',
  'rds-cluster': 'database cluster',
  'rds-snapshot': 'database snapshot',
};
export const kindName = (kind: Kind): string => kinds[kind];

/** The catalogue's names are too long for a line. */
const frameworkNames: ReadonlyMap<string, readonly [long: string, short: string]> = new Map<string, readonly [string, string]>([
  ['pci-dss-4.0.1', ['PCI DSS 4.0.1', 'PCI']],
  ['hipaa-security-rule', ['HIPAA Security Rule', 'HIPAA']],
  ['hipaa-nprm-2025', ['HIPAA proposed rule (2025)', 'HIPAA NPRM']],
  ['nist-800-53-r5', ['NIST SP 800-53 Rev. 5', '800-53']],
  ['nist-csf-2.0', ['NIST CSF 2.0', 'CSF']],
  ['soc2-tsc-2017', ['SOC 2 (TSC 2017)', 'SOC 2']],
  ['iso-27001-2022', ['ISO/IEC 27001:2022 Annex A', 'ISO 27001']],
  ['cis-controls-8.1', ['CIS Controls 8.1', 'CIS']],
  ['gdpr', ['GDPR', 'GDPR']],
]);
export const frameworkName = (id: string): string => frameworkNames.get(id)?.[0] ?? clean(id);
const shortFramework = (id: string): string => frameworkNames.get(id)?.[1] ?? clean(id);
/** `PCI 4.2.1`, direct edges first. */
export const controlLabels = ({ controls }: Pick<Finding, 'controls'>): readonly string[] =>
  controls
    .toSorted((a, b) => byCodeUnit(a.strength, b.strength))
    .map(({ framework, id, strength }) => `${shortFramework(framework)} ${clean(id)}${strength === 'supporting' ? ' (supporting)' : ''}`);

const plainStates: readonly (readonly [ControlState, string])[] = [
  ['failed', 'failed'],
  ['failed-waived', 'failed but waived'],
  ['at-risk', 'at risk'],
];
/** `1 failed · 3 at risk · 8 no failure found (partial) · …`; what is 0 is left out. */
export function frameworkCounts({ states, partial }: FrameworkResult): string {
  const clear = states['no-failure-found'];
  const open = states['not-assessed'] + states.manual;
  const parts: readonly (readonly [number, string])[] = [
    ...plainStates.map(([state, words]) => [states[state], words] as const),
    [clear, `no failure found${partial === 0 ? '' : partial === clear ? ' (partial)' : ` (${partial} partial)`}`],
    [states.incomplete, 'incomplete'],
    [states['not-applicable'], 'not applicable'],
    [open, 'not assessed or manual'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(' · ');
}
export const noneChosen = ({ frameworks }: ScanResult): boolean => frameworks.length > 0 && !frameworks.some(({ chosen }) => chosen);
export const howToChoose =
  'No framework was chosen, so nobody has said what the untagged targets hold: such a failure shows as at risk. --framework ID says it.';

/** `82 of 100`, or an upper bound; the grade only where asked for: beside controls it would read as a verdict. */
export function scoreText({ value, raw, atMost, grade, unknowns, causes }: PartScore, withGrade: boolean): string {
  const bound = atMost ? `at most ${value} of 100, not graded: ${plural(unknowns, 'unknown')} from ${plural(causes, 'cause')}` : `${value} of 100`;
  return `${bound}${withGrade && grade !== undefined ? `, grade ${grade}` : ''}${raw < value ? ` (${raw} without waivers)` : ''}`;
}
/** `1 high, 2 medium, 1 unknown, 1 waived`; empty for no finding. */
export function tally(findings: readonly Finding[]): readonly string[] {
  const fails = findings.filter(({ verdict, waiver }) => verdict === 'fail' && !waiver);
  const counts: readonly (readonly [number, string])[] = [
    ...severities.map((severity) => [fails.filter((one) => one.severity === severity).length, severity] as const),
    [findings.filter(({ verdict, waiver }) => verdict === 'unknown' && !waiver).length, 'unknown'],
    [findings.filter(({ waiver }) => waiver).length, 'waived'],
  ];
  return counts.filter(([count]) => count > 0).map(([count, word]) => `${thousands(count)} ${word}`);
}
/** The families with most points, and the failing rules that stand behind each. */
export function fixFirst({
  score,
  findings,
  rules,
}: ScanResult): readonly { readonly family: string; readonly rules: readonly string[]; readonly points: string; readonly of: string }[] {
  const all = score.families.reduce((sum, { points }) => sum + points, 0);
  const failing = new Set(findings.filter(({ verdict, waiver }) => verdict === 'fail' && !waiver).map(({ rule }) => rule));
  return score.families
    .filter(({ points }) => points > 0)
    .slice(0, 3)
    .map(({ family, points }) => ({
      family,
      rules: [...failing].filter((rule) => rules[rule]?.family === family).toSorted(byCodeUnit),
      points: tenths(points),
      of: tenths(all),
    }));
}
const tenths = (points: number): string => String(Math.round(points * 10) / 10);

/** `no answer (timeout in tls-versions, 3 tries)`. */
export const gapText = ({ detail, code, by, tries }: Gap): string => `${clean(detail)} (${code} in ${clean(by)}${tries > 1 ? `, ${tries} tries` : ''})`;

/** The way out of a gap, where there is one. */
const waysOut: Readonly<Partial<Record<Gap['code'], string>>> = {
  dns: 'check the name, or give --ip ADDRESS if this machine does not resolve it',
  refused: 'check the port: nothing listens there',
  unreachable: 'scan from a network that has a route to it',
  timeout: 'a longer --timeout, or --delay 200 if it limits rates; a firewall may drop us',
  reset: '--delay 200, if it limits rates',
  closed: '--delay 200, if it limits rates',
  'no-credentials': 'log in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID',
  'expired-credentials': 'log in again (aws sso login)',
  'access-denied': 'give the caller the permission for this call (the SecurityAudit policy has most)',
  throttled: 'a smaller --concurrency',
  budget: 'a longer --deadline',
  cancelled: 'let the scan run to its end, or give a longer --deadline',
  bug: 'a newer version of encaudit; this is a mistake of ours, please report it',
};
export const wayOut = (gaps: readonly Gap[]): string | undefined => gaps.flatMap(({ code }) => waysOut[code] ?? [])[0];

/** `6 endpoints · 3 buckets · 1 AWS account, 2 regions`. */
export function seen({ subjects, identity, populations }: ScanResult): readonly string[] {
  const real = subjects.filter(({ id }) => !id.startsWith('aws://')); // a scope stands for what a listing did not give
  const byKind = [...new Set(real.map(({ kind }) => kind))].toSorted(byCodeUnit);
  const regions = new Set(populations.flatMap(({ scope }) => /^aws:\/\/[^/]+\/([^/]+)\//.exec(scope)?.[1] ?? []));
  const accounts = identity.accounts.length;
  return [
    ...byKind.map((kind) => plural(real.filter((one) => one.kind === kind).length, kindName(kind))),
    ...(accounts > 0 ? [`${plural(accounts, 'AWS account')}${regions.size > 0 ? `, ${plural(regions.size, 'region')}` : ''}`] : []),
  ];
}
/** Seconds with one decimal; minutes from 2 minutes on. Empty where the times say nothing. */
export function duration({ observedFrom, observedTo }: ScanResult): string {
  const seconds = secondsOf(observedFrom, observedTo);
  if (Number.isNaN(seconds)) return '';
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}
export const secondsOf = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;

/** What a reader must know before any finding: who set the gate, what is missing, what was switched off. */
export function warnings(result: ScanResult): readonly string[] {
  const { policySource, identity, interrupted, overrides, waivers, baseline, populations } = result;
  const ids = (list: readonly string[]): string => list.map(clean).toSorted(byCodeUnit).join(', ');
  return [
    ...(baseline && !baseline.sameScope ? ['The scope is not the one of the baseline: a smaller scope has fewer findings, not less risk.'] : []),
    ...(baseline && !baseline.sameRuleset ? ['The rules are not the ones of the baseline: new findings may come from new rules.'] : []),
    ...(interrupted ? [interruption(interrupted)] : []),
    ...asOf(result),
    ...(policySource === 'checkout' && identity.ci
      ? ['The gate and its exceptions are set by the scanned checkout itself (policySource: checkout); --policy FILE sets them from outside.']
      : []),
    ...overrides
      .toSorted((a, b) => byCodeUnit(a.rule, b.rule))
      .map(
        ({ rule, from, to, owner, reason }) =>
          `${to === 'off' ? 'Switched off' : `Severity changed to ${to}`}: ${clean(rule)} (was ${from}) by ${clean(owner)}: ${clean(reason)}`,
      ),
    ...(waivers.expired.length > 0 ? [`Expired waivers, no longer in force: ${ids(waivers.expired)}`] : []),
    ...waivers.overMatching
      .toSorted((a, b) => byCodeUnit(a.id, b.id))
      .map(({ id, matches, allowed }) => `Waiver ${clean(id)} matches ${plural(matches, 'subject')} where ${allowed} are allowed: not in force`),
    ...(waivers.expiring.length > 0 ? [`Waivers that expire within 14 days: ${ids(waivers.expiring)}`] : []),
    ...(waivers.unused.length > 0 ? [`Waivers that match nothing: ${ids(waivers.unused)}`] : []),
    ...populations
      .filter(({ state }) => state !== 'complete')
      .toSorted((a, b) => byCodeUnit(a.scope, b.scope))
      .map(
        ({ scope, kind, state, gap }) =>
          `${state === 'failed' ? 'Could not list' : 'Listed only in part'}: ${kindName(kind)}s of ${clean(scope)}${gap ? `: ${gapText(gap)}` : ''}`,
      ),
  ];
}
export const interruption = (by: NonNullable<ScanResult['interrupted']>): string =>
  by === 'cut-off'
    ? 'Cut off: the saved observations have no end, so their scan was stopped from outside; what was not reached is unknown.'
    : `Interrupted (${by}): what was not reached is unknown.`;
/** A judgement as of another time than that of the observation, which a clock alone would not have made. */
export function asOf({ judgedAt, observedFrom, observedTo }: ScanResult): readonly string[] {
  const apart = secondsOf(observedTo, judgedAt) + secondsOf(judgedAt, observedTo);
  if (Number.isNaN(apart) || apart < 60) return [];
  return [
    `Judged as of ${clean(judgedAt)}, observed from ${clean(observedFrom)} to ${clean(observedTo)}: ends of certificates and waivers are measured at the first, all else is as it was seen.`,
  ];
}
export function baselineText({ baseline }: ScanResult): string | undefined {
  return baseline && `${baseline.new} new, ${baseline.worse} worse, ${baseline.known} known, ${baseline.fixed.length} fixed`;
}
/** `waived by team-pay until 2027-01-31 (W-012, risk-acceptance): reason`. */
export const waiverText = ({ id, type, owner, reason, expires }: NonNullable<Finding['waiver']>): string =>
  `waived by ${clean(owner)} until ${clean(expires).slice(0, 10)} (${clean(id)}, ${type}): ${clean(reason)}`;

export const firstSentence = (text: string): string => /^.*?[.!?](?=\s|$)/s.exec(clean(text))?.[0] ?? clean(text);
export const disclaimer = 'Technical evidence, not an attestation.';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '@': '&#64;' }; // @ would notify someone
/** Text in a cell, or anywhere in a line, of GitHub's and GitLab's Markdown. */
export const cell = (text: string): string =>
  clean(text)
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .replace(/[&<>@]/g, (c) => entities[c] ?? c)
    .replace(/^[#+=-]/, '\\$&')
    .replace(/\b(https?|ftp):(?=\/\/)/gi, '$1&#58;') // nobody follows a link that a certificate wrote
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}&#46;`);
export const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |\n`;
