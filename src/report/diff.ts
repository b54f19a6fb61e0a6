import type { Because, Change, ChangeClass, ControlChange, Diff, Side } from '../model/diff.ts';
import { groupBy } from '../util/group.ts';
import { byCodeUnit, clean, inertJson, padEnd, plural, wrap } from '../util/text.ts';
import { cell, frameworkName, row, scoreText } from './words.ts';

/** A comparison of two results: what makes them hard to compare first, then what is worse, and progress last. */
interface Words {
  readonly mark: string;
  readonly title: string;
  readonly count: string;
}
const classes: Readonly<Record<ChangeClass, Words>> = {
  new: { mark: '✗', title: 'New', count: 'new' },
  worse: { mark: '✗', title: 'Worse', count: 'worse' },
  'lost-sight': { mark: '?', title: 'Failed before, not decided now: not fixed', count: 'failed and not decided now' },
  undecided: { mark: '?', title: 'Not decided now', count: 'newly undecided' },
  vanished: { mark: '–', title: 'Subject not in the new result: not fixed', count: 'vanished' },
  'not-judged': { mark: '–', title: 'Rule did not run: not fixed', count: 'not judged' },
  'not-applicable': { mark: '–', title: 'No longer applicable', count: 'no longer applicable' },
  waived: { mark: '~', title: 'Waived now: accepted, not fixed', count: 'newly waived' },
  'passes-otherwise': { mark: '~', title: 'Passes, but the subject need not be why', count: 'passing for another reason' },
  'less-otherwise': { mark: '~', title: 'Weighs less, but the subject need not be why', count: 'lighter for another reason' },
  decided: { mark: '✓', title: 'Not decided before, passes now', count: 'decided' },
  better: { mark: '✓', title: 'Better', count: 'better' },
  fixed: { mark: '✓', title: 'Fixed', count: 'fixed' },
};
const order = (Object.keys(classes) as readonly string[]).filter((name): name is ChangeClass => name in classes);
const reasons: Readonly<Record<Because, string>> = {
  regressed: 'it passed before',
  'applies-now': 'it did not apply before',
  'new-subject': 'the subject is new here',
  'new-rule': 'the rule is new here',
  'waiver-ended': 'its waiver no longer holds',
  'more-items': 'more of it fails',
  'higher-severity': 'the severity was raised',
  'lower-severity': 'the severity was lowered',
  'was-undecided': 'it was not decided before',
  'other-rules': 'the rules differ',
  'declared-otherwise': 'something else is declared of it',
  'other-anchors': 'the trust anchors differ',
  'other-addresses': 'an address that failed was not looked at again',
  'out-of-scope': 'no longer asked for',
  'listing-incomplete': 'the listing is incomplete',
  'no-longer-listed': 'no longer listed',
};
const most = 50; // of a class, and of controls; the JSON has all

const from = ({ changes }: Diff, name: ChangeClass): readonly Change[] => changes.filter((one) => one.class === name);
function detail({ class: name, before, after, more, gone, because }: Change): string {
  const fresh = name === 'new' || name === 'undecided' || name === 'worse' || name === 'lost-sight';
  const message = fresh ? after.message : (before.message ?? after.message);
  return [
    message ?? '',
    ...(more.length > 0 && name === 'worse' ? [`more: ${more.join(', ')}`] : []),
    ...(gone.length > 0 && (name === 'better' || name === 'less-otherwise') ? [`no longer: ${gone.join(', ')}`] : []),
    ...(because ? [`(${reasons[because]})`] : []),
  ]
    .filter((part) => part !== '')
    .map(clean)
    .join(' ');
}
function tallyOf(diff: Diff): string {
  const counted = order.flatMap((name) => {
    const count = from(diff, name).length;
    return count > 0 ? [`${count} ${classes[name].count}`] : [];
  });
  const { fail, unknown, pass } = diff.unchanged;
  const same = `unchanged: ${plural(fail, 'failure')}, ${plural(unknown, 'unknown')}, ${plural(pass, 'pass', 'passes')}`;
  return `${counted.length > 0 ? counted.join(' · ') : 'no verdict changed'} · ${same}`;
}
const scoreOf = (side: Side): string => scoreText({ ...side, families: [] }, false);
const scoreLine = ({ before, after, scoreChange }: Diff): string =>
  `Score then ${scoreOf(before)}; now ${scoreOf(after)}${
    scoreChange === undefined ? ' (not to be compared: see above, or something is unknown)' : `: ${scoreChange > 0 ? '+' : ''}${scoreChange}`
  }`;
const when = ({ before, after }: Diff): string => `${clean(before.judgedAt)} → ${clean(after.judgedAt)}`;
const names = (all: readonly string[], shown: number): string =>
  all.length === 0 ? '' : `: ${all.slice(0, shown).map(clean).join(', ')}${all.length > shown ? ` and ${all.length - shown} more` : ''}`;
const controlText = ({ before, after, direction }: ControlChange): string =>
  `${before.replaceAll('-', ' ')} → ${after.replaceAll('-', ' ')}${direction === 'changed' ? '' : ` (${direction})`}`;
const regressedFirst = ({ controls }: Diff): readonly ControlChange[] =>
  controls.toSorted(
    (a, b) => Number(b.direction === 'regressed') - Number(a.direction === 'regressed') || byCodeUnit(a.framework, b.framework) || byCodeUnit(a.id, b.id),
  );

/** Where one cause changes many rules of a subject, the subject is told once, with its rules. */
const bySubject: ReadonlySet<ChangeClass> = new Set<ChangeClass>(['lost-sight', 'undecided', 'vanished', 'not-judged', 'not-applicable', 'decided']);
function subjects(all: readonly Change[]): readonly { readonly severity: string; readonly lines: readonly string[] }[] {
  return [...groupBy(all, ({ subject, because = '' }) => `${subject} ${because}`).values()].flatMap((same) => {
    const [first] = same; // the worst
    if (!first) return [];
    const why = first.class === 'undecided' || first.class === 'lost-sight' ? (first.after.message ?? '') : '';
    const head = `${first.label}: ${plural(same.length, 'rule')}${first.because ? ` (${reasons[first.because]})` : ''}`;
    return [{ severity: first.severity, lines: [head, same.map(({ rule }) => rule).join(', '), why] }];
  });
}

/** For a person at a terminal of `width` columns. */
export function* diffTerminal(diff: Diff, width: number): Iterable<string> {
  const flow = (text: string, indent = 0): string => {
    const pad = ' '.repeat(indent);
    return wrap(clean(text), width - indent - 2)
      .map((line, i) => `${pad}${i > 0 ? '  ' : ''}${line}\n`)
      .join('');
  };
  yield `encaudit diff: ${when(diff)}\n`;
  if (diff.differences.length > 0) yield '\nBefore you compare\n';
  for (const { what, names: which } of diff.differences) yield flow(`! ${what}${names(which, 5)}`, 2);
  yield `\n${flow(tallyOf(diff))}`;
  for (const name of order) {
    const all = from(diff, name);
    if (all.length === 0) continue;
    yield `\n${classes[name].title} (${all.length})\n`;
    const entries = bySubject.has(name) ? subjects(all) : all.map((one) => ({ severity: one.severity, lines: [`${one.rule}  ${one.label}`, detail(one)] }));
    for (const { severity, lines } of entries.slice(0, most)) {
      const text = lines.filter((line) => line !== '').flatMap((line) => wrap(clean(line), width - 14));
      yield text.map((line, i) => `  ${i === 0 ? `${classes[name].mark} ${padEnd(severity, 8)}` : ' '.repeat(10)}  ${line}\n`).join('');
    }
    if (entries.length > most) yield `  and ${entries.length - most} more: -f json has them all\n`;
  }
  const changed = regressedFirst(diff);
  if (changed.length > 0) yield `\nControls (${changed.filter(({ direction }) => direction === 'regressed').length} regressed)\n`;
  for (const control of changed) yield flow(`${frameworkName(control.framework)} ${control.id}: ${controlText(control)}`, 2);
  if (diff.newSubjects.length > 0) yield `\n${flow(`${plural(diff.newSubjects.length, 'subject')} only in the new result${names(diff.newSubjects, 10)}`)}`;
  yield `\n${flow(scoreLine(diff))}`;
}

/** For a comment on a pull request. */
export function* diffMarkdown(diff: Diff): Iterable<string> {
  let room = 40_000; // for rows of changes: GitHub and GitLab refuse a comment of more than 65,536 characters
  yield `# Encryption posture, compared\n\n${cell(when(diff))}\n\n`;
  for (const { what, names: which } of diff.differences) yield `- **Before you compare**: ${cell(`${what}${names(which, 5)}`)}\n`;
  yield `${diff.differences.length > 0 ? '\n' : ''}${cell(tallyOf(diff))}\n\n${cell(scoreLine(diff))}\n`;
  for (const name of order) {
    const all = from(diff, name);
    if (all.length === 0) continue;
    const rows = all.slice(0, most).map((one) => row([one.severity, one.rule, one.label, detail(one)]));
    const fit = rows.filter((text) => (room -= text.length) >= 0);
    yield `\n## ${classes[name].title} (${all.length})\n\n${fit.length > 0 ? `| severity | rule | subject | what |\n|---|---|---|---|\n${fit.join('')}` : ''}`;
    if (all.length > fit.length) yield `\n${all.length - fit.length} more are in the JSON.\n`;
  }
  const changed = regressedFirst(diff).slice(0, most);
  if (changed.length > 0) yield '\n## Controls\n\n| control | state |\n|---|---|\n';
  for (const control of changed) yield row([`${frameworkName(control.framework)} ${control.id} ${control.title}`, controlText(control)]);
}

/** The comparison itself, one change a line. */
export function* diffJson({ changes, ...head }: Diff): Iterable<string> {
  yield `${inertJson(head).slice(0, -1)},"changes":[`;
  for (const [i, change] of changes.entries()) yield `${i > 0 ? ',' : ''}\n${inertJson(change)}`;
  yield `${changes.length > 0 ? '\n' : ''}]}\n`;
}
