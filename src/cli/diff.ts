import { Option, type Command } from 'commander';
import type { ScanResult } from '../model/result.ts';
import { widthOf } from './emit.ts';
import { UsageError, type Runtime } from './runtime.ts';

const help = `
What makes the two hard to compare stands first: a smaller scope, other rules, a listing that failed, other trust anchors.
Only what failed and passes now, under the same rules, declarations and anchors, is called fixed. A subject that vanished is not,
nor is one of which nobody knows any more.

Examples:
  encaudit diff yesterday.json today.json
  encaudit diff main.json pr.json --fail-on-new -f markdown
  encaudit scan -f json | encaudit diff main.json -

Exit codes: 0 compared (with --fail-on-new: nothing new, nothing worse), 1 --fail-on-new and something is, 2 not a result,
3 --fail-on-new and nothing is, but not all of OLD was looked at again or decided.
--fail-on-new counts failures above info that nobody waived.`;

const formats = ['terminal', 'json', 'markdown'] as const;
interface Options {
  readonly format: (typeof formats)[number];
  readonly failOnNew?: boolean;
}
export const diff = (program: Command, runtime: Runtime): unknown =>
  program
    .command('diff')
    .description('two saved results: what is new, worse, fixed, and what only looks so')
    .argument('<old>', 'JSON result of the earlier scan; - for standard input')
    .argument('<new>', 'JSON result of the later scan; - for standard input')
    .addOption(new Option('-f, --format <fmt>', 'how to print it').choices(formats).default('terminal'))
    .option('--fail-on-new', 'end with 1 if anything fails anew or is worse')
    .addHelpText('after', help)
    .action(async (oldFile: string, newFile: string, { format, failOnNew = false }: Options) => {
      if (oldFile === '-' && newFile === '-') throw new UsageError('standard input can be one of the two results, not both');
      const [{ diff: compare }, { gateOfDiff }, { diffJson, diffMarkdown, diffTerminal }] = await Promise.all([
        import('../judge/diff.ts'),
        import('../judge/diff-gate.ts'),
        import('../report/diff.ts'),
      ]);
      const compared = compare(await read(oldFile, runtime), await read(newFile, runtime));
      const chunks = { terminal: () => diffTerminal(compared, widthOf(runtime)), json: () => diffJson(compared), markdown: () => diffMarkdown(compared) };
      for (const chunk of chunks[format]()) await runtime.stdout.write(chunk);
      const { exit, reasons } = failOnNew ? gateOfDiff(compared) : { exit: 0 as const, reasons: ['compared'] };
      runtime.end(exit, ...reasons);
    });

async function read(file: string, runtime: Runtime): Promise<ScanResult> {
  const { maxBytes, parseResult, readResult } = await import('../saved/result.ts');
  if (file !== '-') return readResult(file);
  const { readStdin } = await import('./read-stdin.ts');
  return parseResult('standard input', await readStdin(runtime, maxBytes));
}
