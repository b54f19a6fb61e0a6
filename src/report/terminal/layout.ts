import { clean, displayWidth, wrap } from '../../util/text.ts';

/** Colours one line of text; without colour it gives the text back. */
export type Paint = (text: string) => string;
export interface Paints {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly cyan: Paint;
}
/** How wide, in which colours, and whether all facts are shown. */
export interface Look extends Paints {
  readonly width: number;
  readonly verbose: boolean;
}
const plain: Paint = (text) => text;

/** A space at which no line is broken; it is written as a plain one. */
export const tie = '\u00a0';

export interface Cell {
  readonly text: string;
  readonly width: number;
  readonly paint?: Paint;
}
/** What was put together of clean parts is cleaned once more: two harmless ends can meet in a command.
 * Cells beside each other, two columns apart, each wrapped into its own width; as many lines as the longest cell needs. */
export function* row(indent: number, cells: readonly Cell[]): Iterable<string> {
  const wrapped = cells.map(({ text, width }) => (text === '' ? [] : wrap(clean(text), width).map((part) => part.replaceAll(tie, ' '))));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  for (let i = 0; i < height; i++) {
    let line = '';
    let at = 0;
    let reached = 0; // columns written; a word that is wider than its cell pushes what follows
    for (const [c, { width, paint = plain }] of cells.entries()) {
      const text = wrapped[c]?.[i] ?? '';
      if (text !== '') {
        line += ' '.repeat(Math.max(0, indent + at - reached)) + paint(text);
        reached = Math.max(reached, indent + at) + displayWidth(text);
      }
      at += width + 2;
    }
    yield `${line}\n`;
  }
}
/** One text that hangs from its place. */
export const hang = (indent: number, text: string, width: number, paint: Paint = plain): Iterable<string> =>
  text === '' ? [] : row(indent, [{ text, width: width - indent, paint }]);

/** A sentence at the left edge, whose further lines stand two columns in. */
export function* line(text: string, width: number, paint: Paint = plain): Iterable<string> {
  for (const [i, part] of wrap(clean(text), width - 2).entries()) yield `${i > 0 ? '  ' : ''}${paint(part.replaceAll(tie, ' '))}\n`;
}
/** A name and its text, as in a list of facts. */
export const fact = (indent: number, name: string, text: string, { width, dim }: Look): Iterable<string> =>
  row(indent, [
    { text: name, width: 12, paint: dim },
    { text, width: width - indent - 14 },
  ]);

/** Left and right on one line where both fit, else below each other. */
export function* ends(left: string, right: string, width: number, paintLeft: Paint, paintRight: Paint): Iterable<string> {
  const free = width - displayWidth(left) - displayWidth(right);
  if (right !== '' && free >= 2) yield `${paintLeft(left)}${' '.repeat(free)}${paintRight(right)}\n`;
  else {
    yield* line(left, width, paintLeft);
    yield* hang(2, right, width, paintRight);
  }
}
