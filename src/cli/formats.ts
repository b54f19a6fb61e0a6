import { normalize } from 'node:path';
import { closest } from '../util/suggest.ts';
import { UsageError } from './runtime.ts';

/** One report that was asked for; without a path it goes to stdout. */
export interface Wanted {
  readonly format: Format;
  readonly path?: string;
}
export const formats = ['terminal', 'json', 'sarif', 'junit', 'markdown'] as const;
export type Format = (typeof formats)[number];
export const formatHelp = `report to write: FMT to stdout, FMT=PATH to a file; ${formats.join(', ')}; repeatable`;

/** For commander: an option that may be given several times. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export const parseFormat = (text: string): Wanted => {
  const [name = '', ...rest] = text.split('=');
  return wanted({ format: name, ...(rest.length > 0 && { path: rest.join('=') }) });
};
export function wanted({ format: name, path }: { readonly format: string; readonly path?: string | undefined }): Wanted {
  const format = formats.find((known) => known === name);
  if (format === undefined) throw new UsageError(`unknown format "${name}"${closest(name, formats) || `; one of ${formats.join(', ')}`}`);
  if (path === '') throw new UsageError(`--format ${format}= needs a path after the equals sign`);
  return { format, ...(path !== undefined && { path }) };
}

/** The reports of one run: stdout carries exactly one, the terminal report where none is named for it. */
export function toStdout(all: readonly Wanted[], quiet: boolean): readonly Wanted[] {
  const bare = all.filter(({ path }) => path === undefined);
  if (bare.length > 1)
    throw new UsageError(
      `stdout carries one report, not ${bare.map(({ format }) => format).join(' and ')}: give the others a path (--format ${bare[1]?.format}=FILE)`,
    );
  const paths = all.flatMap(({ path }) => (path === undefined ? [] : normalize(path)));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new UsageError(`two reports cannot go to the same file: ${twice}`);
  return bare.length === 1 || quiet ? all : [{ format: 'terminal' }, ...all];
}
