import type { RenderOptions } from '../model/reporter.ts';
import type { ScanResult } from '../model/result.ts';
import type { Wanted } from './formats.ts';
import type { Runtime } from './runtime.ts';

export interface Look {
  readonly color?: boolean; // commander's --no-color: false
  readonly verbose?: boolean;
}
/** A report that could not be written, in words for a person. */
export interface Unwritten {
  readonly path: string;
  readonly why: string;
}

/** Writes all reports, those in files first, and goes on where one fails: what was gathered must not be lost for a full disk. */
export async function emit(result: ScanResult, all: readonly Wanted[], look: Look, runtime: Runtime): Promise<readonly Unwritten[]> {
  const { reporters, writeOutput } = await import('../index.ts');
  const failed: Unwritten[] = [];
  for (const { format, path } of all.toSorted((a, b) => Number(a.path === undefined) - Number(b.path === undefined))) {
    const reporter = await reporters[format as keyof typeof reporters]();
    const chunks = reporter.render(result, optionsFor(look, runtime, path === undefined));
    if (path === undefined) {
      for (const chunk of chunks) await runtime.stdout.write(chunk);
      continue;
    }
    try {
      await writeOutput(runtime.cwd, path, chunks, runtime.env);
    } catch (error) {
      failed.push({ path, why: error instanceof Error ? error.message : typeof error });
    }
  }
  for (const { why } of failed) await runtime.stderr.write(`encaudit: ${why}\n`);
  return failed;
}

/** NO_COLOR (any value) wins over --no-color, that over FORCE_COLOR, that over the terminal. A file gets no colour and 100 columns. */
function optionsFor({ color = true, verbose = false }: Look, { stdout, env }: Runtime, onStdout: boolean): RenderOptions {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '' && env['FORCE_COLOR'] !== '0';
  const wantsColor = !env['NO_COLOR'] && color && (forced || (stdout.isTTY && env['TERM'] !== 'dumb'));
  const columns = Number(env['COLUMNS']);
  const width = stdout.isTTY ? stdout.columns : Number.isInteger(columns) && columns >= 40 ? columns : 100;
  return { color: onStdout && wantsColor, width: onStdout ? width : 100, verbose };
}
