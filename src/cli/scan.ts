import type { Command } from 'commander';
import { normalize } from 'node:path';
import { checkPaths, emit, type Look } from './emit.ts';
import { collect, formatHelp, toStdout, type Wanted } from './formats.ts';
import { plan, type Plan, type ScanFlags } from './plan.ts';
import { progress } from './progress.ts';
import { UsageError, type Runtime } from './runtime.ts';
import type { ScanResult } from '../model/result.ts';
import { clean } from '../util/text.ts';

const help = `
Targets:
  example.com, example.com:8443, https://example.com, tls://files.example.com:990, [::1]:443
  postgres://db:5432, mysql://, redis://, smtp://mail:587, imap://, pop3://, ldap://: TLS as these begin it
    (STARTTLS and its like); smtps://, imaps://, pop3s://, ldaps://, rediss:// speak TLS first
  host:port alone: 443 and 8443 are HTTPS; 5432, 3306, 6379, 25, 587, 143, 110, 389 are the services above; the rest is TLS
  aws: (every service, every enabled region), aws:s3,kms@eu-west-1, arn:aws:rds:eu-west-1:123456789012:db:orders
  @targets.txt (one a line), - (the same from standard input)
  none: those of encaudit.yaml

Examples:
  encaudit scan example.com -v
  encaudit scan example.com -f sarif=encaudit.sarif -f junit=encaudit.xml
  encaudit scan aws:s3 --framework pci-dss-4.0.1 --fail-on-control pci-dss-4.0.1:4.2.1
  encaudit scan --baseline .encaudit/baseline.json --fail-on-new
  encaudit scan example.com --save-observations seen.ndjson
  encaudit scan --observations seen.ndjson --now 2027-01-31 --fail-on medium

Each flag with a value is also a variable: --fail-on is ENCAUDIT_FAIL_ON. Flag > variable > policy file > encaudit.yaml > default.
Exit codes: 0 gate passed, 1 gate failed, 2 wrong usage or file, 3 incomplete, 4 a mistake of ours, 130/143 stopped.`;

export const scan = (program: Command, runtime: Runtime): unknown =>
  program
    .command('scan')
    .description('look at endpoints and AWS, judge, report, and end with a code for a pipeline')
    .argument('[target...]', 'what to look at; none: the targets of encaudit.yaml')
    .option('-f, --format <fmt[=path]>', formatHelp, collect)
    .option('--fail-on <severity>', 'fail from this severity on: critical, high, medium, low, info, none (default high)')
    .option('--min-score <n>', 'fail below this score')
    .option('--fail-on-control <id>', 'fail if this control failed, as pci-dss-4.0.1:4.2.1; repeatable', collect)
    .option('--fail-on-new', 'fail on anything that the baseline does not know')
    .option('--max-unknown <n>', 'so many causes of unknowns are tolerated (default 0)')
    .option('--framework <id>', 'PCI DSS or HIPAA: declares what data untagged targets hold; repeatable', collect)
    .option('--config <file>', 'configuration (default: encaudit.yaml, upwards to the root of the checkout)')
    .option('--policy <file>', 'gate settings from outside the checkout; they override it')
    .option('--strict-policy', 'on a pull request, refuse to run without such a policy')
    .option('--rules <dir>', 'rules of your own; repeatable', collect)
    .option('--only <glob>', 'only these rules; repeatable', collect)
    .option('--skip <glob>', 'not these rules; repeatable', collect)
    .option('--baseline <file>', 'count only what is new or worse')
    .option('--allow-critical', 'a baseline may cover critical findings too')
    .option('--waivers <file>', 'accepted risks (default: .encaudit/waivers.yaml)')
    .option('--ca <file>', 'PEM file with roots to trust beside those of Node; repeatable', collect)
    .option('--servername <name>', 'name to ask for, of a single endpoint')
    .option('--ip <address>', 'address to connect to, of a single endpoint')
    .option('--concurrency <n>', 'targets at a time (default 32)')
    .option('--per-host <n>', 'connections to one host at a time (default 4)')
    .option('--timeout <ms>', 'for one connection or call (default 10000)')
    .option('--deadline <ms>', 'for the whole scan (default 900000); what is missing then is a gap')
    .option('--delay <ms>', 'between two connections to one host (default 0)')
    .option('--save-observations <file>', 'save all that is gathered while it is gathered, to judge it again later')
    .option('--observations <file>', 'judge saved observations instead of scanning: no packet, no call')
    .option('--now <date>', 'judge as of this date, as 2027-01-31 or 2027-01-31T12:00:00Z')
    .option('--exit-zero', 'report only: 0 instead of 1 and 3')
    .option('-v, --verbose', 'print what was observed of each subject too')
    .option('-q, --quiet', 'nothing on stdout but what --format names, and no notes')
    .option('--no-color', 'no colour (also NO_COLOR)')
    .addHelpText('after', help)
    .action(async (words: readonly string[], flags: ScanFlags & Look & { readonly quiet?: boolean }) => {
      const planned = await plan(words, flags, runtime);
      const reports = toStdout(planned.outputs, flags.quiet ?? false);
      const result = await perform(planned, reports, flags, runtime);
      if (result) runtime.end(result.gate.exit, ...result.gate.reasons);
    });

/** Runs a plan and writes its reports; nothing where one could not be written, for then that is how it ends. */
export async function perform(
  plan: Plan,
  reports: readonly Wanted[],
  flags: Look & { readonly quiet?: boolean },
  runtime: Runtime,
): Promise<ScanResult | undefined> {
  const { saveTo, notes } = plan;
  const twice = reports.find(({ path }) => path !== undefined && saveTo !== undefined && normalize(path) === normalize(saveTo));
  if (twice) throw new UsageError(`observations and the ${twice.format} report cannot go to the same file: ${saveTo}`);
  await checkPaths(reports, runtime);
  if (!flags.quiet) for (const note of notes) await runtime.stderr.write(`encaudit: ${clean(note)}\n`);
  const { result, unsaved } = await obtain(plan, flags, runtime);
  const failed = [...unsaved, ...(await emit(result, reports, flags, runtime))];
  if (failed.length === 0) return result;
  runtime.end(4, `not written: ${failed.join(', ')}`, ...result.gate.reasons);
  return undefined;
}

interface Obtained {
  readonly result: ScanResult;
  readonly unsaved: readonly string[];
}
/** From the world, or from what an earlier scan saw of it. */
async function obtain({ options, saved, saveTo }: Plan, { quiet = false }: { readonly quiet?: boolean }, runtime: Runtime): Promise<Obtained> {
  if (saved !== undefined) {
    const { rejudge } = await import('../rejudge.ts');
    const { judge, judgedAt = runtime.now().toISOString() } = options;
    return { result: rejudge(saved, { judge, judgedAt }), unsaved: [] };
  }
  const saving = saveTo === undefined ? undefined : await (await import('./save.ts')).saveTo(saveTo, runtime);
  const { scan: run } = await import('../scan.ts');
  const bar = progress(runtime, quiet);
  try {
    const result = await run({ ...options, signal: runtime.signal, now: runtime.now, ...(saving && { record: saving.record }), onProgress: bar.update });
    return { result, unsaved: saving && !saving.end() && saveTo !== undefined ? [saveTo] : [] };
  } finally {
    bar.stop();
  }
}
