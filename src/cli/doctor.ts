import { Option, type Command } from 'commander';
import type { Target } from '../model/target.ts';
import { clean, inertJson, padEnd, plural, wrap } from '../util/text.ts';
import { ok, problem, tried, unchecked, type Check } from './doctor/check.ts';
import { widthOf } from './emit.ts';
import { collect } from './formats.ts';
import type { Runtime } from './runtime.ts';

const help = `
A line each: Node, the clock, every file that a scan would read, the targets, AWS. Files are checked without a packet; then each target
(those of the command line, else those of encaudit.yaml) gets one TCP connection, and AWS is asked who we are where a target needs it.
No credential is printed, and nothing is scanned.

Examples:
  encaudit doctor                       what \`encaudit scan\` would use here
  encaudit doctor pay.example.com:8443
  encaudit doctor --aws                 which credentials, which account
  encaudit doctor --no-network          files only

Exit codes: 0 all is well, 2 a file or a setting is wrong, 3 something cannot be reached or is missing.
2 wins over 3; what was not checked changes neither.`;

interface Options {
  readonly aws?: boolean;
  readonly network: boolean;
  readonly format: 'terminal' | 'json';
  readonly [flag: string]: unknown;
}
const longest = 5000; // ms for one connection: somebody waits in front of it

export const doctor = (program: Command, runtime: Runtime): unknown =>
  program
    .command('doctor')
    .description('check Node, files, credentials and whether the targets can be reached')
    .argument('[target...]', 'what shall be reached; none: the targets of encaudit.yaml')
    .option('--aws', 'ask AWS who we are even if no target is of AWS')
    .option('--no-network', 'files only')
    .option('--config <file>', 'configuration (default: encaudit.yaml, upwards to the root of the checkout)')
    .option('--policy <file>', 'gate settings from outside the checkout')
    .option('--strict-policy', 'as for scan: on a pull request, a policy is needed')
    .option('--rules <dir>', 'rules of your own; repeatable', collect)
    .option('--waivers <file>', 'accepted risks (default: .encaudit/waivers.yaml)')
    .option('--baseline <file>', 'what was known before')
    .option('--ca <file>', 'PEM file with roots; repeatable', collect)
    .option('--framework <id>', 'PCI DSS or HIPAA; repeatable', collect)
    .option('--timeout <ms>', `for one connection or call, at most ${longest} here`)
    .addOption(new Option('-f, --format <fmt>', 'how to print it').choices(['terminal', 'json']).default('terminal'))
    .addHelpText('after', help)
    .action(async (words: readonly string[], { aws = false, network, format, ...flags }: Options) => {
      const checks = await examine(words, flags, { aws, network }, runtime);
      if (format === 'json') await runtime.stdout.write(`${inertJson({ checks })}\n`);
      else for (const check of checks) await runtime.stdout.write(line(check, widthOf(runtime)));
      const wrong = checks.filter(({ state }) => state === 'problem');
      const exit = wrong.some(({ kind }) => kind === 'file') ? 2 : wrong.length > 0 ? 3 : 0;
      runtime.end(exit, exit === 0 ? 'no problem found' : plural(wrong.length, 'problem'));
    });

async function examine(
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  { aws, network }: { readonly aws: boolean; readonly network: boolean },
  runtime: Runtime,
): Promise<readonly Check[]> {
  const [{ checkFiles }, { namedTargets }, { checkProxies, checkTargets }, { checkAws }] = await Promise.all([
    import('./doctor/files.ts'),
    import('./plan.ts'),
    import('./doctor/network.ts'),
    import('./doctor/cloud.ts'),
  ]);
  const { checks: files, configuration } = await checkFiles(flags, runtime);
  const named = await tried('target', () => namedTargets(words, runtime));
  const targets: readonly Target[] = 'checks' in named ? [] : named.value.targets;
  const { chooseTargets } = await import('../config/configure.ts');
  const chosen = configuration && (await tried('target', () => chooseTargets(targets, configuration)));
  const wrong = [...('checks' in named ? named.checks : []), ...(chosen && 'checks' in chosen ? chosen.checks : [])];
  const all = chosen && 'value' in chosen ? chosen.value.targets : targets;
  const timeoutMs = Math.min(longest, configuration?.settings.timeoutMs ?? longest);
  const local = [node(process.versions), ...clock(runtime.now(), await rulesetDay()), ...files, ...wrong, ...checkProxies(runtime.env)];
  if (!network) return [...local, unchecked('target', 'no network was wanted (--no-network)')];
  const none = all.length === 0 && wrong.length === 0 ? [unchecked('target', 'none is named, here or in a configuration', 'encaudit doctor HOST')] : [];
  const [reached, clouds] = await Promise.all([checkTargets(all, timeoutMs, runtime), checkAws(all, aws, timeoutMs, runtime)]);
  return [...local, ...none, ...reached, ...clouds];
}

/** `engines` of package.json. */
export function node({ node: version, openssl }: { readonly node: string; readonly openssl: string }): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fine = major > 20 || (major === 20 && minor >= 19);
  return fine ? ok('node', `${version}, OpenSSL ${openssl}`) : problem('node', 'world', `${version} is too old`, 'Node 20.19 or later');
}
/** A clock that stands before the day on which these rules were written is wrong for sure. */
export const clock = (now: Date, rulesOf: string): readonly Check[] =>
  now.getTime() < Date.parse(rulesOf) - 86_400_000
    ? [
        problem(
          'clock',
          'world',
          `says ${now.toISOString().slice(0, 10)}, before these rules were made (${rulesOf})`,
          'set it: dates of certificates are judged by it',
        ),
      ]
    : [];
async function rulesetDay(): Promise<string> {
  const { rulesetOf } = await import('../judge/rules/built-in.ts');
  return rulesetOf([]).version;
}

const marks: Readonly<Record<Check['state'], string>> = { ok: '✓', problem: '✗', 'not checked': '–' };
function line({ name, state, what, wayOut }: Check, width: number): string {
  const indent = 18;
  const text = `${state === 'not checked' ? 'not checked: ' : ''}${what}${wayOut === undefined ? '' : ` → ${wayOut}`}`;
  const [first = '', ...rest] = wrap(clean(text), Math.max(20, width - indent));
  return [`${marks[state]} ${padEnd(clean(name), indent - 3)} ${first}\n`, ...rest.map((part) => `${' '.repeat(indent)}${part}\n`)].join('');
}
