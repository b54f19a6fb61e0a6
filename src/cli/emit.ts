import type { RenderOptions } from '../model/reporter.ts';
import type { ScanResult } from '../model/result.ts';
import { clean } from '../util/text.ts';
import type { Wanted } from './formats.ts';
import type { Runtime } from './runtime.ts';

export interface Look {
  readonly color?: boolean; // commander's --no-color: false
  readonly verbose?: boolean | undefined;
}

/** Refuses a path that no output may go to; asked before the work, not after it. Throws FileError. */
export async function checkPaths(all: readonly Wanted[], { cwd, env }: Runtime): Promise<void> {
  const { checkOutputPath } = await import('../config/outputs.ts');
  for (const { path } of all) if (path !== undefined) checkOutputPath(cwd, path, env);
}

/** Writes all reports, those in files first, and goes on where one fails: what was gathered must not be lost for a full disk. Gives the paths that failed. */
export async function emit(result: ScanResult, all: readonly Wanted[], look: Look, runtime: Runtime): Promise<readonly string[]> {
  const [{ reporters }, { writeOutput }] = await Promise.all([import('../report/index.ts'), import('../config/outputs.ts')]);
  const failed: string[] = [];
  for (const { format, path } of all.toSorted((a, b) => Number(a.path === undefined) - Number(b.path === undefined))) {
    try {
      const chunks = (await reporters[format]()).render(result, optionsFor(look, runtime, path === undefined));
      if (path === undefined) for (const chunk of chunks) await runtime.stdout.write(chunk);
      else writeOutput(runtime.cwd, path, chunks, runtime.env);
    } catch (error) {
      failed.push(path ?? `${format} to standard output`);
      await runtime.stderr.write(`encaudit: ${clean(why(error, format))}\n`);
    }
  }
  return failed;
}

const why = (error: unknown, format: string): string =>
  error instanceof Error && error.name === 'FileError'
    ? error.message
    : `${format} report: ${error instanceof Error ? error.name : typeof error} inside encaudit, a bug of ours, please report it`;

/** NO_COLOR (any value) wins over --no-color, that over FORCE_COLOR, that over the terminal. A file gets no colour and 100 columns. */
export function optionsFor({ color = true, verbose = false }: Look, { stdout, env }: Runtime, onStdout: boolean): RenderOptions {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '' && env['FORCE_COLOR'] !== '0';
  const wantsColor = !env['NO_COLOR'] && color && (forced || (stdout.isTTY && env['TERM'] !== 'dumb'));
  return { color: onStdout && wantsColor, width: onStdout ? widthOf({ stdout, env }) : 100, verbose };
}
export function widthOf({ stdout, env }: Pick<Runtime, 'stdout' | 'env'>): number {
  const columns = Number(env['COLUMNS']);
  if (stdout.isTTY) return stdout.columns;
  return Number.isInteger(columns) && columns >= 40 ? columns : 100;
}
