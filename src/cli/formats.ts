import { closest } from '../util/suggest.ts';
import { UsageError } from './runtime.ts';

/** One report that was asked for; without a path it goes to stdout. */
export interface Wanted {
  readonly format: string;
  readonly path?: string;
}
const formats = ['terminal', 'json', 'sarif', 'junit', 'markdown'] as const;
export const formatHelp = `report to write, FMT or FMT=PATH: ${formats.join(', ')}; repeatable, one of them to stdout`;

/** For commander: collects -f/--format. */
export function wanted(text: string, before: readonly Wanted[] = []): readonly Wanted[] {
  const [format = '', ...rest] = text.split('=');
  const path = rest.join('=');
  if (!formats.some((known) => known === format))
    throw new UsageError(`unknown format "${format}"${closest(format, formats)}${closest(format, formats) === '' ? `; one of ${formats.join(', ')}` : ''}`);
  if (rest.length > 0 && path === '') throw new UsageError(`--format ${format}= needs a path after the equals sign`);
  return [...before, { format, ...(rest.length > 0 && { path }) }];
}

/** The reports of one run: stdout carries exactly one, the terminal report where none is named for it. */
export function toStdout(all: readonly Wanted[], quiet: boolean): readonly Wanted[] {
  const bare = all.filter(({ path }) => path === undefined);
  if (bare.length > 1)
    throw new UsageError(
      `stdout carries one report, not ${bare.map(({ format }) => format).join(' and ')}: give the others a path (--format ${bare[1]?.format}=FILE)`,
    );
  const paths = all.flatMap(({ path }) => path ?? []);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new UsageError(`two reports cannot go to the same file: ${twice}`);
  return bare.length === 1 || quiet ? all : [{ format: 'terminal' }, ...all];
}
