import Table from 'cli-table3';
import type { Kind } from '../../facts/index.ts';
import type { ScanResult, SubjectResult } from '../../model/result.ts';
import { byCodeUnit, clean, displayWidth, plural, wrap } from '../../util/text.ts';
import { kindName, severities } from '../words.ts';
import type { Look, Paint } from './layout.ts';

const most = 50;
/** A cell is an overview: cli-table3 takes time in the square of its lines, and a target may say as much as it likes. */
const longest = 120;
const tallest = 6;
const brief = (text: string): string => {
  const units = Array.from(clean(text.slice(0, 4 * longest)));
  return units.length > longest ? `${units.slice(0, longest - 1).join('')}…` : units.join('');
};
const empty = '–';
const noLines = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
] as const;
const chars = { ...Object.fromEntries(noLines.map((name) => [name, ''])), 'right-mid': '', middle: '' };

/** What was seen: a table a kind, worst first. One subject alone needs no table. */
export function* tables({ subjects }: ScanResult, look: Look): Iterable<string> {
  if (subjects.length < 2) return;
  for (const kind of [...new Set(subjects.map((one) => one.kind))].toSorted(byCodeUnit)) {
    const ofKind = subjects.filter((one) => one.kind === kind).toSorted(worstSubjectFirst);
    const shown = look.verbose ? ofKind : ofKind.slice(0, most);
    yield* table(kind, shown, look);
    if (shown.length < ofKind.length)
      yield ` and ${plural(ofKind.length - shown.length, `more ${kindName(kind)}`)}: all of them are in the JSON report, or here with -v\n`;
    yield '\n';
  }
}
export const worstSubjectFirst = (a: SubjectResult, b: SubjectResult): number =>
  rank(a) - rank(b) || b.summary.unknowns - a.summary.unknowns || byCodeUnit(a.summary.label, b.summary.label) || byCodeUnit(a.id, b.id);
const rank = ({ summary: { worst } }: SubjectResult): number => (worst === undefined ? severities.length : severities.indexOf(worst));

function* table(kind: Kind, subjects: readonly SubjectResult[], look: Look): Iterable<string> {
  const names = [...new Set(subjects.flatMap(({ summary }) => Object.keys(summary.cells)))];
  const head = [kindName(kind), ...names, 'worst', 'unknown'].map(brief);
  const rows = subjects.map(({ summary: { label, cells, worst, unknowns } }) =>
    [label, ...names.map((name) => cells[name] ?? ''), worst ?? '', unknowns > 0 ? String(unknowns) : ''].map((text) => brief(text) || empty),
  );
  const widths = fit([head, ...rows], look.width - 1);
  const drawn = new Table({ chars, style: { head: [], border: [], 'padding-left': 1, 'padding-right': 1 } });
  const paints = (column: number, text: string): Paint => (column === head.length - 2 ? severityPaint(text, look) : plain);
  drawn.push(head.map((text, c) => lines(text, widths[c], look.dim)));
  for (const cells of rows) drawn.push(cells.map((text, c) => lines(text, widths[c], paints(c, text))));
  for (const line of drawn.toString().split('\n')) yield `${trimEnd(line)}\n`;
}
const plain: Paint = (text) => text;
const lines = (text: string, width: number | undefined, paint: Paint): string =>
  wrap(text, width ?? 2)
    .slice(0, tallest)
    .map((line) => paint(line))
    .join('\n');
/** Spaces at the end of a line, also before the sequence that ends a colour. */
const trimEnd = (line: string): string => line.replace(/[ ]+$/, '');

export const severityPaint = (severity: string, { bold, red, yellow, dim }: Look): Paint =>
  severity === 'critical' ? (text) => bold(red(text)) : severity === 'high' ? red : severity === 'medium' ? yellow : severity === 'low' ? plain : dim;

/** Natural widths, then less for the widest column that can still wrap between words, until all fit; two columns lie between. */
function fit(rows: readonly (readonly string[])[], width: number): readonly number[] {
  const columns = (rows[0] ?? []).map((_head, c) => rows.map((row) => row[c] ?? ''));
  const widths = columns.map((texts) => Math.max(...texts.map(displayWidth)));
  const words = columns.map((texts) => Math.max(...texts.flatMap((text) => text.split(' ')).map(displayWidth)));
  const over = (): number => widths.reduce((sum, one) => sum + one + 2, -1) - width;
  while (over() > 0) {
    const slack = widths.map((one, c) => (one > (words[c] ?? 0) ? one : 0));
    const from = Math.max(...slack) > 0 ? slack : widths;
    const widest = from.indexOf(Math.max(...from));
    if ((widths[widest] ?? 0) <= 4) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
