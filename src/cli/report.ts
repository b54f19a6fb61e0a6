import type { Command } from 'commander';
import { checkPaths, emit } from './emit.ts';
import { collect, formatHelp, parseFormat, toStdout } from './formats.ts';
import type { Runtime } from './runtime.ts';

const help = `
Examples:
  encaudit report result.json                       read it on the terminal
  encaudit report result.json -f sarif=encaudit.sarif -f markdown

Exit codes: 0 written, 2 no such file or not a result, 4 a report could not be written.
The gate is not asked again: that is what \`encaudit gate\` is for.`;

interface Options {
  readonly format?: readonly string[];
  readonly verbose?: boolean;
  readonly color: boolean;
  readonly quiet?: boolean;
}

export const report = (program: Command, runtime: Runtime): unknown =>
  program
    .command('report')
    .description('other reports from a saved JSON result')
    .argument('<file>', 'JSON result of an earlier scan')
    .option('-f, --format <fmt[=path]>', formatHelp, collect)
    .option('-v, --verbose', 'print the facts of each subject too')
    .option('-q, --quiet', 'nothing on stdout but what --format names')
    .option('--no-color', 'no colour (also NO_COLOR)')
    .addHelpText('after', help)
    .action(async (file: string, { format = [], quiet = false, ...look }: Options) => {
      const all = toStdout(format.map(parseFormat), quiet);
      await checkPaths(all, runtime);
      const { readResult } = await import('../saved/result.ts');
      const failed = await emit(readResult(file), all, look, runtime);
      if (failed.length > 0) runtime.end(4, `not written: ${failed.join(', ')}`);
      else runtime.end(0, `reported ${file}`);
    });
