import type { Command } from 'commander';
import { collect } from './formats.ts';
import { knowledge } from './knowledge.ts';
import { controlOf } from './plan.ts';
import type { Runtime } from './runtime.ts';

const help = `
Asks a saved result again, with other thresholds; nothing is scanned and no rule is judged anew. A baseline that is given here is compared here.

Examples:
  encaudit gate result.json --fail-on medium
  encaudit gate result.json --baseline .encaudit/baseline.json --fail-on-new

Exit codes are those of scan.`;

export const gate = (program: Command, runtime: Runtime): unknown =>
  program
    .command('gate')
    .description('a saved result against other thresholds')
    .argument('<file>', 'JSON result of an earlier scan')
    .option('--fail-on <severity>', 'critical, high, medium, low, info, none (default high)')
    .option('--min-score <n>', 'fail below this score')
    .option('--fail-on-control <id>', 'fail if this control failed; repeatable', collect)
    .option('--fail-on-new', 'fail on anything that the baseline does not know')
    .option('--max-unknown <n>', 'so many causes of unknowns are tolerated (default 0)')
    .option('--baseline <file>', 'count only what is new or worse')
    .option('--allow-critical', 'a baseline may cover critical findings too')
    .option('--exit-zero', 'report only: 0 instead of 1 and 3')
    .addHelpText('after', help)
    .action(async (file: string, flags: Readonly<Record<string, unknown>>) => {
      const [{ readResult }, { resolveSettings, settingsFromEnv, settingsFromFlags }, { regate }] = await Promise.all([
        import('../saved/result.ts'),
        import('../config/settings.ts'),
        import('../judge/regate.ts'),
      ]);
      const result = readResult(file);
      const { settings } = resolveSettings({ flag: settingsFromFlags(flags, runtime.cwd), env: settingsFromEnv(runtime.env, runtime.cwd), config: {} });
      const known = settings.failOnControls.length > 0 ? await knowledge([]) : undefined;
      const baseline = settings.baseline === undefined ? undefined : (await import('../saved/baseline.ts')).readBaseline(settings.baseline);
      if (settings.failOnNew && baseline === undefined && result.baseline === undefined) {
        const { UsageError } = await import('./runtime.ts');
        throw new UsageError('--fail-on-new compares with a baseline: give --baseline FILE');
      }
      const { exit, reasons } = regate(
        result,
        { ...settings, failOnControls: settings.failOnControls.map(({ framework, id }) => (known ? controlOf(framework, id, known) : { framework, id })) },
        baseline,
      );
      runtime.end(exit, ...reasons);
    });
