import type { Command } from 'commander';
import { join } from 'node:path';
import { clean, plural } from '../util/text.ts';
import { knowledge } from './knowledge.ts';
import { collect } from './formats.ts';
import type { Runtime } from './runtime.ts';

const usual = join('.encaudit', 'waivers.yaml');
const help = `
Says which waivers have expired or end within 14 days and, with a result, which match nothing or too much.

Examples:
  encaudit waivers check
  encaudit waivers check --result result.json

Exit codes: 0 all in force, 1 something expired, unused or over-matching, 2 malformed.`;

interface Options {
  readonly result?: string;
  readonly rules?: readonly string[];
}
export function waivers(program: Command, runtime: Runtime): void {
  program
    .command('waivers')
    .description('check the list of accepted risks')
    .command('check')
    .description('expired, ending, unused and over-matching waivers')
    .argument('[file]', 'the waivers', usual)
    .option('--result <file>', 'JSON result of a scan, to find waivers that match nothing')
    .option('--rules <dir>', 'rules of your own; repeatable', collect)
    .addHelpText('after', help)
    .action(async (file: string, { result: resultFile, rules: dirs = [] }: Options) => {
      const [{ applyWaivers, readWaivers }, { readTextFile }, known] = await Promise.all([
        import('../judge/waivers.ts'),
        import('../config/read-file.ts'),
        knowledge(dirs),
      ]);
      const entries = readWaivers(
        file,
        readTextFile(file, 4 * 1024 * 1024),
        new Map(known.rules.map(({ rule }) => [rule.info.id, rule.info])),
        known.catalogue,
      );
      const result = resultFile === undefined ? undefined : (await import('../saved/result.ts')).readResult(resultFile);
      const findings = result?.findings ?? [];
      const { report } = applyWaivers(findings, entries, runtime.now(), new Set(result ? Object.keys(result.rules) : []));
      const say = (line: string): Promise<void> => runtime.stdout.write(`${clean(line)}\n`);
      const about = new Map(entries.map((entry) => [entry.id, entry]));
      const named = (id: string): string => `${id} (${about.get(id)?.rule} on ${about.get(id)?.resource}, owner ${about.get(id)?.owner})`;
      for (const id of report.expired) await say(`expired on ${about.get(id)?.expires}: ${named(id)}`);
      for (const id of report.expiring) await say(`ends on ${about.get(id)?.expires}: ${named(id)}`);
      for (const id of report.unused) await say(`matches nothing: ${named(id)}`);
      for (const { id, matches, allowed } of report.overMatching)
        await say(`does nothing, for it matches ${plural(matches, 'subject')} and may match ${allowed}: ${named(id)}`);
      const wrong = report.expired.length + report.unused.length + report.overMatching.length;
      if (wrong > 0) runtime.end(1, `${wrong} of ${plural(entries.length, 'waiver')} ${wrong === 1 ? 'needs' : 'need'} care`);
      else
        runtime.end(
          0,
          `${plural(entries.length, 'waiver')} in force${report.expiring.length > 0 ? `, ${report.expiring.length} of them for less than 14 days` : ''}${result ? '' : '; whether they match anything needs --result'}`,
        );
    });
}
