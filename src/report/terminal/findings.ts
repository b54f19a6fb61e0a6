import type { Gap } from '../../model/observation.ts';
import type { Finding } from '../../model/finding.ts';
import type { ScanResult, SubjectResult } from '../../model/result.ts';
import { groupBy } from '../../util/group.ts';
import { byCodeUnit, clean, displayWidth, plural, thousands } from '../../util/text.ts';
import { controlLabels, findingOrder, firstSentence, gapText, tally, waiverText, wayOut } from '../words.ts';
import { clientCases } from './client.ts';
import { subjectEvidence, subjectFacts } from './facts.ts';
import { ends, hang, line, row, tie, type Look } from './layout.ts';
import { severityPaint, worstSubjectFirst } from './table.ts';

const many = 10; // a rule that fails on more subjects is told once, with their names
const mostSubjects = 50;
const mostNames = 10;
const textAt = 14; // where the name of a rule starts

/** Room for the name of a rule, for what it says, and for controls and commands (0: these stand below). */
interface Columns {
  readonly name: number;
  readonly text: number;
  readonly right: number;
}

export function* findings(result: ScanResult, look: Look): Iterable<string> {
  const sorted = result.findings.toSorted(findingOrder);
  const columns = columnsFor(sorted, look.width);
  const wide = [...groupBy(sorted, spreadKey).values()].filter((group) => new Set(group.map(({ subject }) => subject)).size > many);
  const told = new Set(wide.flat());
  const bySubject = groupBy(
    sorted.filter((one) => !told.has(one)),
    ({ subject }) => subject,
  );
  for (const group of wide) yield* spread(group, result, columns, look);

  const subjects = result.subjects.toSorted(worstSubjectFirst);
  const withFindings = subjects.filter(({ id, kind }) => bySubject.has(id) || kind === 'client'); // a client's answers are the news, good or bad
  const shown = look.verbose ? subjects : withFindings.slice(0, mostSubjects);
  for (const subject of shown) yield* oneSubject(subject, bySubject.get(subject.id) ?? [], result, columns, look);
  const left = withFindings.length - shown.length;
  if (left > 0) yield* line(`and ${plural(left, 'more subject')} with findings: all of them are in the JSON report, or here with -v`, look.width);
  const known = new Set<string>(subjects.map(({ id }) => id));
  for (const [id, rest] of bySubject) if (!known.has(id)) yield* scopeFindings(id, rest, result, columns, look);

  const anywhere = new Set(sorted.map(({ subject }) => subject));
  const quiet = subjects.filter(({ id, kind }) => !anywhere.has(id) && kind !== 'client');
  if (quiet.length === 0 || look.verbose) return;
  yield* line(`✓ no finding on ${names(quiet.map(({ summary, passed }) => `${clean(summary.label)} (${passed.length} passed)`))}`, look.width, look.green);
  yield '\n';
}
/** What makes two findings on different subjects the same news. */
const spreadKey = (finding: Finding): string =>
  JSON.stringify([finding.verdict, finding.waiver?.id, finding.verdict === 'fail' ? finding.rule : causeKey(finding)]);
const causeKey = ({ because }: Finding): string => JSON.stringify([...new Set(because.map(({ code, by }) => `${code} ${by}`))].toSorted(byCodeUnit));

function columnsFor(all: readonly Finding[], width: number): Columns {
  const longest = Math.max(12, ...all.map(({ rule }) => displayWidth(clean(rule))));
  const name = Math.min(36, longest);
  const right = Math.min(60, `encaudit explain `.length + name);
  const beside = width - textAt - name - 2;
  if (beside - right - 2 >= 36) return { name, text: Math.min(80, beside - right - 2), right };
  return { name, text: beside, right: 0 };
}

/** Where the columns end. */
const edge = ({ name, text, right }: Columns, { width }: Look): number => (right > 0 ? textAt + name + 2 + text + 2 + right : width);

/** One rule, or one cause, that concerns many subjects. */
function* spread(group: readonly Finding[], result: ScanResult, columns: Columns, look: Look): Iterable<string> {
  const [first] = group;
  if (!first) return;
  const labels = labelsOf(result);
  const subjects = [...new Set(group.map(({ subject }) => subject))];
  const of = result.subjects.filter(({ kind }) => kind === result.rules[first.rule]?.subject);
  const count = `on ${plural(subjects.length, 'subject')} of ${thousands(of.length)}`;
  const same = (of: (one: Finding) => string | undefined): boolean => group.every((one) => of(one) === of(first));
  const { baseline, ...plainly } = first;
  const shown = baseline !== undefined && same((one) => one.baseline) ? first : plainly;
  const what = same(({ message }) => message) ? first.message : `against: ${result.rules[first.rule]?.title ?? first.rule}`;
  yield* entry(shown, group, `${count}${first.verdict === 'fail' ? `: ${what}` : ''}`, result, columns, look);
  yield* hang(textAt, names(subjects.map((id) => labels.get(id) ?? clean(id))), look.width, look.dim);
  yield '\n';
}
const labelsOf = ({ subjects }: ScanResult): ReadonlyMap<string, string> => new Map(subjects.map(({ id, summary }) => [id, clean(summary.label)]));
const names = (all: readonly string[]): string =>
  all.slice(0, mostNames).join(', ') + (all.length > mostNames ? ` and ${thousands(all.length - mostNames)} more` : '');

function* oneSubject(subject: SubjectResult, own: readonly Finding[], result: ScanResult, columns: Columns, look: Look): Iterable<string> {
  yield* ends(clean(subject.summary.label), tally(own).join(', '), edge(columns, look), look.bold, look.dim);
  if (look.verbose && subject.id !== subject.summary.label) yield* hang(2, clean(subject.id), look.width, look.dim);
  if (subject.kind === 'client') yield* clientCases(subject, look);
  yield* entries(own, result, columns, look);
  const rest = [
    ...(subject.passed.length > 0 ? [`${subject.passed.length} passed`] : []),
    ...(subject.notApplicable.length > 0 ? [`${subject.notApplicable.length} not applicable`] : []),
  ];
  if (rest.length > 0)
    yield* hang(2, `${subject.passed.length > 0 ? '✓' : '–'} ${rest.join(' · ')}`, look.width, subject.passed.length > 0 ? look.green : look.dim);
  if (look.verbose) {
    yield* subjectFacts(subject, look);
    yield* subjectEvidence(subject, result, look);
  }
  yield '\n';
}
/** A finding on a scope: something could not be listed, so no subject stands for it. */
function* scopeFindings(id: string, own: readonly Finding[], result: ScanResult, columns: Columns, look: Look): Iterable<string> {
  yield* ends(clean(id), tally(own).join(', '), edge(columns, look), look.bold, look.dim);
  yield* entries(own, result, columns, look);
  yield '\n';
}
/** Each fail by itself; unknowns that wait for the same thing together. */
function* entries(own: readonly Finding[], result: ScanResult, columns: Columns, look: Look): Iterable<string> {
  const groups = groupBy(own, (one) => (one.verdict === 'fail' || one.waiver ? one.rule : causeKey(one)));
  for (const group of groups.values()) {
    const [first] = group;
    if (first) yield* entry(first, group, first.message, result, columns, look);
  }
}

function* entry(first: Finding, group: readonly Finding[], message: string, result: ScanResult, columns: Columns, look: Look): Iterable<string> {
  const { waiver, verdict, severity } = first;
  const rules = [...new Set(group.map(({ rule }) => clean(rule)))];
  const several = rules.length > 1;
  const gaps = causesOf(group.flatMap(({ because }) => because));
  const waiting = several ? `not decided: ${gaps.slice(0, 3).join('; ')}${gaps.length > 3 ? `; and ${gaps.length - 3} more` : ''}` : message;
  const text = `${clean(several && message.startsWith('on ') ? `${message}: ${waiting}` : waiting)}${first.baseline && verdict === 'fail' ? ` [${first.baseline}]` : ''}`;
  const controls = several ? '' : short(controlLabels(first));
  const paint = waiver ? look.dim : verdict === 'fail' ? severityPaint(severity, look) : look.yellow;
  const mark = `${waiver ? '~' : verdict === 'fail' ? '✗' : '?'} ${severity}`;
  const name = several ? plural(rules.length, 'rule') : (rules[0] ?? '');
  const stacked = columns.text < 28 || displayWidth(name) > columns.name;
  yield* row(2, [
    { text: mark, width: textAt - 4, paint },
    { text: name, width: stacked ? look.width - textAt : columns.name, paint: waiver ? look.dim : look.bold },
    ...(stacked ? [] : [{ text, width: columns.text }]),
    ...(!stacked && columns.right > 0 ? [{ text: controls, width: columns.right, paint: look.dim }] : []),
  ]);
  if (stacked) yield* hang(textAt, text, look.width);
  if (stacked || columns.right === 0) yield* hang(textAt, controls, look.width, look.dim);
  const out = verdict === 'unknown' ? wayOut(group.flatMap(({ because }) => because)) : undefined;
  if (out !== undefined) yield* hang(textAt, `try: ${out}`, look.width);
  if (several) yield* hang(textAt, rules.toSorted(byCodeUnit).join(', '), look.width, look.dim);
  if (waiver) yield* hang(textAt, waiverText(waiver), look.width, look.dim);
  else if (verdict === 'fail') yield* advice(first, result, columns, look);
  if (look.verbose) yield* items(group, look);
}
/** One text a cause: what is said of each version alike (`SSLv3: ECONNREFUSED`) is said once. */
function causesOf(because: readonly Gap[]): readonly string[] {
  return [...groupBy(because, ({ code, by }) => `${code} ${by}`).values()].flatMap((alike) => {
    const rests = new Set(alike.map(({ detail }) => detail.replace(/^(?:SSL|TLS)v[\d.]+: /, '')));
    const [rest = ''] = rests;
    return rests.size === 1 ? alike.slice(0, 1).map((gap) => gapText({ ...gap, detail: rest })) : [...new Set(alike.map(gapText))];
  });
}
/** The first sentence of the remediation, and where to read the rest. */
function* advice({ rule }: Finding, { rules }: ScanResult, columns: Columns, look: Look): Iterable<string> {
  const info = rules[rule];
  const fix = info ? `fix: ${firstSentence(info.remediation)}` : '';
  const explain = `encaudit explain ${clean(rule)}`;
  if (columns.right > 0)
    yield* row(textAt, [
      { text: fix, width: columns.name + 2 + columns.text },
      { text: explain, width: columns.right, paint: look.cyan },
    ]);
  else {
    yield* hang(textAt, fix, look.width);
    yield* hang(textAt, explain, look.width, look.cyan);
  }
}
function* items(group: readonly Finding[], look: Look): Iterable<string> {
  for (const { items: all } of group)
    for (const { verdict, key, message, addresses } of all)
      yield* hang(
        textAt,
        `${verdict === 'fail' ? '-' : '?'} ${clean(key)}: ${clean(message)}${addresses ? ` (at ${addresses.map(clean).join(', ')})` : ''}`,
        look.width,
      );
}
const short = (labels: readonly string[]): string =>
  labels
    .slice(0, 4)
    .map((label) => label.replaceAll(' ', tie))
    .join(' · ') + (labels.length > 4 ? ` · ${labels.length - 4} more` : '');
