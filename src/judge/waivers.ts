import * as z from 'zod';
import type { Catalogue } from '../model/catalogue.ts';
import type { Finding } from '../model/finding.ts';
import type { ControlRef, WaiverEntry, WaiverReport } from '../model/gate.ts';
import type { RuleInfo } from '../model/rule.ts';
import { closest } from '../util/suggest.ts';
import { byCodeUnit } from '../util/text.ts';
import { readYaml, type Complaint } from '../util/yaml-file.ts';

const text = z.string().trim().min(1).max(4096);
const day = z.iso.date();
const Entry = z.strictObject({
  id: z.string().regex(/^[\w.-]{1,64}$/),
  rule: z.string().max(128).describe('id of one rule'),
  resource: text.describe('id of a subject (endpoint://host:443, an ARN), or a pattern with * that names max_matches'),
  max_matches: z.int().min(1).max(10_000).optional().describe('needed with a pattern: if more subjects match, the waiver does nothing'),
  covers: z.enum(['fail', 'unknown']).default('fail'),
  controls: z.array(text).max(50).default([]).describe('pci-dss-4.0.1:4.2.1'),
  type: z.enum(['risk-acceptance', 'compensating-control', 'customized-approach', 'addressable-alternative', 'false-positive']),
  reason: text,
  owner: text,
  approved_by: text,
  created: day,
  expires: day.describe('at most 365 days after created, 90 for a critical rule'),
  evidence: z.array(text).max(50).default([]).describe('needed for compensating-control, customized-approach and addressable-alternative'),
  alternative: text.optional().describe('what is done instead, for addressable-alternative (45 CFR 164.306(d)(3))'),
});
/** .encaudit/waivers.yaml: compliance.md 5.2. */
export const WaiversFile = z.array(Entry).max(5000);

const dayMs = 86_400_000;
const longest = { any: 365, critical: 90 } as const;
const soon = 14; // days before its end in which a waiver is said to expire
const documented: ReadonlySet<WaiverEntry['type']> = new Set(['compensating-control', 'customized-approach', 'addressable-alternative']);

/** Reads and checks a waiver file; throws FileError: a malformed waiver must not be half a waiver. `rules` are those with their severities in force. */
export function readWaivers(name: string, content: string, rules: ReadonlyMap<string, RuleInfo>, catalogue: Catalogue): readonly WaiverEntry[] {
  if (content.trim() === '') return [];
  const file = readYaml(name, content, WaiversFile);
  const complaints = file.data.flatMap((entry, i) => wrongs(entry, i, file.data, rules, catalogue));
  if (complaints.length > 0) return file.refuse(complaints);
  return file.data.map(({ max_matches, approved_by, alternative, controls, ...entry }, i) => ({
    ...entry,
    maxMatches: max_matches ?? 1,
    approvedBy: approved_by,
    controls: controls.flatMap((ref) => refOf(ref, catalogue) ?? []),
    ...(alternative !== undefined && { alternative }),
    line: file.spotOf([i]).line,
  }));
}
type Entry = z.output<typeof Entry>;
function wrongs(entry: Entry, i: number, all: readonly Entry[], rules: ReadonlyMap<string, RuleInfo>, catalogue: Catalogue): readonly Complaint[] {
  const at = (field: string, what: string): Complaint => ({ path: [i, field], what });
  const rule = rules.get(entry.rule);
  const days = Math.round((Date.parse(entry.expires) - Date.parse(entry.created)) / dayMs);
  const limit = rule?.severity === 'critical' ? longest.critical : longest.any;
  const twin = all.findIndex((other) => other.id === entry.id);
  const same = all.findIndex((other) => other.rule === entry.rule && other.resource === entry.resource && other.covers === entry.covers);
  return [
    ...(twin < i ? [at('id', `a second waiver ${entry.id}`)] : []),
    ...(same < i && twin === i ? [at('resource', `${all[same]?.id} covers the same already`)] : []),
    ...(entry.rule.includes('*')
      ? [at('rule', 'a waiver names one rule, no pattern')]
      : rule === undefined
        ? [at('rule', `no rule is called ${entry.rule}${closest(entry.rule, rules.keys())}`)]
        : []),
    ...(entry.resource.includes('*') && rule?.severity === 'critical'
      ? [at('resource', 'a critical rule is waived for one subject at a time, not for a pattern')]
      : []),
    ...(entry.resource.includes('*') && entry.max_matches === undefined ? [at('resource', 'a pattern needs max_matches')] : []),
    ...(/^\*+$/.test(entry.resource) ? [at('resource', 'a pattern that matches everything is no waiver')] : []),
    ...(days < 0
      ? [at('expires', 'expires before it was created')]
      : days > limit
        ? [at('expires', `${days} days after created; at most ${limit}${limit === longest.critical ? ' for a critical rule' : ''}`)]
        : []),
    ...(documented.has(entry.type) && entry.evidence.length === 0 ? [at('type', `${entry.type} needs evidence: the worksheet or analysis`)] : []),
    ...(entry.type === 'addressable-alternative' && entry.alternative === undefined
      ? [at('type', 'addressable-alternative needs alternative: what is done instead')]
      : []),
    ...entry.controls.flatMap((name, c) => {
      const ref = refOf(name, catalogue);
      if (ref === undefined) return [{ path: [i, 'controls', c], what: `no control is called ${name}; write for example pci-dss-4.0.1:4.2.1` }];
      const control = controlOf(ref, catalogue);
      const excluded = entry.type === 'customized-approach' && control?.customizedApproach === 'excluded';
      const silent = control?.obligation === 'addressable' && entry.alternative === undefined && entry.type !== 'false-positive';
      return [
        ...(excluded ? [{ path: [i, 'controls', c], what: `${ref.id} cannot be met by a customized approach` }] : []),
        ...(silent ? [{ path: [i, 'controls', c], what: `${ref.id} is addressable: say in alternative what is done instead (45 CFR 164.306(d)(3))` }] : []),
        ...(entry.type === 'addressable-alternative' && control?.obligation !== 'addressable'
          ? [{ path: [i, 'controls', c], what: `${ref.id} is not addressable, so that no alternative stands for it` }]
          : []),
      ];
    }),
    ...(entry.type === 'addressable-alternative' && entry.controls.length === 0
      ? [at('type', 'addressable-alternative names the controls that it stands for')]
      : []),
  ];
}
const controlOf = ({ framework, id }: ControlRef, { frameworks }: Catalogue): Catalogue['frameworks'][number]['controls'][number] | undefined =>
  frameworks.find((one) => one.id === framework)?.controls.find((control) => control.id === id);
/** `pci-dss-4.0.1:4.2.1`, or `pci:4.2.1` where one framework begins so. */
export function refOf(name: string, catalogue: Catalogue): ControlRef | undefined {
  const [scope = '', id = ''] = name.split(/:(.*)/s);
  const found = catalogue.frameworks.filter((framework) => framework.id === scope || framework.id.startsWith(`${scope}-`));
  const ref = found.length === 1 && found[0] ? { framework: found[0].id, id } : undefined;
  return ref && controlOf(ref, catalogue) ? ref : undefined;
}

export interface Waived {
  readonly findings: readonly Finding[];
  readonly report: WaiverReport;
}
/**
 * Marks what is waived as of a day. An expired waiver does nothing; one that matches more subjects than it may does nothing either.
 * `ran`: the rules of this scan; of a rule that did not run nobody can say whether its waiver is still needed.
 */
export function applyWaivers(findings: readonly Finding[], waivers: readonly WaiverEntry[], now: Date, ran: ReadonlySet<string>): Waived {
  const state = waivers.map((entry) => {
    const matching = findings.filter((finding) => matches(entry, finding));
    const subjects = new Set(matching.map(({ subject }) => subject)).size;
    const left = (Date.parse(entry.expires) - now.getTime()) / dayMs;
    return { entry, matching, subjects, expired: endOf(entry.expires) <= now.getTime(), notYet: Date.parse(entry.created) > now.getTime(), soon: left <= soon };
  });
  const inForce = state.filter(({ entry, subjects, expired, notYet }) => !expired && !notYet && subjects <= entry.maxMatches);
  const by = new Map<Finding, WaiverEntry>();
  for (const { entry, matching } of inForce) for (const finding of matching) if (!by.has(finding)) by.set(finding, entry);
  const ids = (of: typeof state): readonly string[] => of.map(({ entry }) => entry.id).sort(byCodeUnit);
  return {
    findings: findings.map((finding) => {
      const entry = by.get(finding);
      if (!entry) return finding;
      const { id, covers, type, owner, reason, expires } = entry;
      return { ...finding, waiver: { id, covers, type, owner, reason, expires } };
    }),
    report: {
      expired: ids(state.filter(({ expired }) => expired)),
      expiring: ids(inForce.filter(({ soon: ends }) => ends)),
      unused: ids(state.filter(({ entry, expired, notYet, subjects }) => !expired && ran.has(entry.rule) && (subjects === 0 || notYet))),
      overMatching: state
        .filter(({ entry, expired, subjects }) => !expired && subjects > entry.maxMatches)
        .map(({ entry, subjects }) => ({ id: entry.id, matches: subjects, allowed: entry.maxMatches }))
        .sort((a, b) => byCodeUnit(a.id, b.id)),
    },
  };
}
/** A waiver holds through its last day, UTC. */
const endOf = (date: string): number => Date.parse(date) + dayMs;
const matches = ({ rule, resource, covers }: WaiverEntry, finding: Finding): boolean =>
  finding.rule === rule && finding.verdict === covers && fits(resource, finding.subject);
/** `*` stands for any characters; everything else for itself. */
export function fits(pattern: string, subject: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === subject;
  const tail = rest.pop() ?? '';
  if (!subject.startsWith(head) || subject.length < head.length + tail.length || !subject.endsWith(tail)) return false;
  let at = head.length;
  const end = subject.length - tail.length;
  for (const part of rest) {
    const found = subject.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
