import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ClientProtocol } from '../facts/client.ts';
import type { FileSpot } from '../model/target.ts';
import { closest } from '../util/suggest.ts';
import { clean } from '../util/text.ts';
import { checkPaths, emit, type Look } from './emit.ts';
import { collect, formatHelp, toStdout } from './formats.ts';
import { plan } from './plan.ts';
import { progress } from './progress.ts';
import { UsageError, type Runtime } from './runtime.ts';

const help = `
Does your client refuse a bad certificate? The command is run several times, each time against another server on this machine: a good one,
then one with an unknown root, a self-signed certificate, another host's name, an expired one, TLS 1.0 alone, a redirect to HTTP; then the good
one again. What counts is what each server received, not the exit code: a request is only sent to whom one takes for good. One more run is made
without the lab's root in the environment, because that variable alone can make a client verify.

Placeholders, anywhere in the command:
  {url}              https://localhost:PORT/
  {host} {port}      the same in parts
  {dsn}              postgres://, mysql:// or rediss:// with bogus user and password, and no word about TLS: append yours
  {ca} {truststore}  the lab's root beside those of Node: a PEM file, a PKCS #12 file for Java
  {pin} {fingerprint}  of the good server, for --pinned: base64 SHA-256 of its public key, hex SHA-256 of its certificate
  {cert} {key}       the files of --client-cert and --client-key
  A wrapper finds the same in ENCAUDIT_URL, ENCAUDIT_PORT, ENCAUDIT_CA and so on (--by-env).

Trust is given by SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, GIT_SSL_CAINFO, AWS_CA_BUNDLE and JAVA_TOOL_OPTIONS at
once. wget, PHP's curl and the MySQL clients read none of them: give them {ca}. Credentials of clouds and CI (AWS_*, *_TOKEN, *_SECRET*,
*PASSWORD*, *_KEY, …) are not passed on; --env NAME passes one.

The command is started without a shell and without standard input, and runs with your rights: this is a test, not a sandbox. It is never read
from a file of the checkout. Nothing that it sends is stored or shown.

Examples:
  encaudit client -- curl {url}
  encaudit client -- curl -k {url}                         fails: accepts what it should refuse
  encaudit client -- wget --ca-certificate={ca} -qO- {url}
  encaudit client --at deploy/health.sh:12 -f sarif=client.sarif -- sh deploy/health.sh {url}
  encaudit client --by-env --name payments -- npm run smoke
  encaudit client --pinned -- curl --pinnedpubkey sha256//{pin} {url}

Exit codes: 0 refused all that it should, 1 gate failed, 2 wrong usage or a command that cannot be started, 3 nothing conclusive or something
that the gate needs was not decided, 4 a mistake of ours, 130/143 stopped; what was seen until then is reported.`;

interface Flags extends Look {
  readonly [flag: string]: unknown;
  readonly protocol?: string;
  readonly name?: string;
  readonly at?: string;
  readonly timeout: string;
  readonly deadline: string;
  readonly cases?: readonly string[];
  readonly deep?: boolean;
  readonly env?: readonly string[];
  readonly trustEnv: boolean;
  readonly byEnv?: boolean;
  readonly pinned?: boolean;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly showOutput?: boolean;
  readonly notProduction?: boolean;
  readonly quiet?: boolean;
}

export const client = (program: Command, runtime: Runtime): unknown =>
  program
    .command('client')
    .description('does your client refuse a bad certificate? runs a command against good and bad servers on this machine')
    .usage('[options] -- COMMAND [ARG…]')
    .argument('<command...>', 'the command, after --, with {url} or another placeholder in it')
    .option('--protocol <name>', 'https (default with {url}), postgres, mysql, redis')
    .option('--name <label>', 'what to call it in reports (default: the program and a hash of its words)')
    .option('--at <file[:line]>', 'where it is written: SARIF points there')
    .option('--timeout <time>', 'for one run, as 15s', '15s')
    .option('--deadline <time>', 'for all runs, as 5m', '5m')
    .option('--cases <glob>', 'only these cases, as untrusted-root or self*; what is left out is unknown; repeatable', collect)
    .option('--deep', 'more bad servers: a root of the right name, not yet valid, wrong usage, a leaf as authority, a weak key, broken TLS')
    .option('--pinned', 'the command pins: another key must be refused')
    .option('--client-cert <file>', '{cert}, and bad servers that ask for a client certificate')
    .option('--client-key <file>', '{key}')
    .option('--env <name>', 'pass this variable on, although it looks like a secret; repeatable', collect)
    .option('--no-trust-env', "do not give the lab's root in variables: the command has {ca}")
    .option('--by-env', 'the command has no placeholder: it reads ENCAUDIT_URL and the like')
    .option('--not-production', 'it is no code that runs in production: bears on fewer controls')
    .option('--show-output', 'put the end of what the command said into the evidence, with secrets hidden as far as they can be known')
    .option('-f, --format <fmt[=path]>', formatHelp, collect)
    .option('--fail-on <severity>', 'fail from this severity on: critical, high, medium, low, info, none (default high)')
    .option('--fail-on-control <id>', 'fail if this control failed, as pci-dss-4.0.1:4.2.1; repeatable', collect)
    .option('--fail-on-new', 'fail on anything that the baseline does not know')
    .option('--max-unknown <n>', 'so many causes of unknowns are tolerated (default 0)')
    .option('--min-score <n>', 'fail below this score')
    .option('--framework <id>', 'PCI DSS or HIPAA; repeatable', collect)
    .option('--config <file>', 'configuration (default: encaudit.yaml); no command is ever read from it')
    .option('--policy <file>', 'gate settings from outside the checkout; they override it')
    .option('--strict-policy', 'on a pull request, refuse to run without such a policy')
    .option('--baseline <file>', 'count only what is new or worse')
    .option('--allow-critical', 'a baseline may cover critical findings too')
    .option('--waivers <file>', 'accepted risks (default: .encaudit/waivers.yaml)')
    .option('--exit-zero', 'report only: 0 instead of 1 and 3')
    .option('-v, --verbose', 'print facts and evidence too')
    .option('-q, --quiet', 'nothing on stdout but what --format names, and no notes')
    .option('--no-color', 'no colour (also NO_COLOR)')
    .addHelpText('after', help)
    .action(async (argv: readonly string[], flags: Flags) => {
      const { chooseCases, namesPlace, protocols, testClient, uses } = await import('../client.ts');
      if (!flags.byEnv && !namesPlace(argv))
        throw new UsageError('the command names no server of ours: put {url} where its address belongs, as in `encaudit client -- curl {url}` (or --by-env)');
      const protocol = protocolOf(flags, uses(argv, 'dsn'), [...protocols.keys()]);
      if (protocol !== 'https' && uses(argv, 'url')) throw new UsageError(`{url} is an https address; for ${protocol} write {dsn}, or {host} and {port}`);
      if (protocol === 'https' && uses(argv, 'dsn')) throw new UsageError('{dsn} needs --protocol postgres, mysql or redis');
      const clientCertificate = certificateOf(flags, runtime.cwd);
      const { due, run, unknown } = chooseCases({
        protocol,
        deep: flags.deep ?? false,
        pinned: flags.pinned ?? false,
        clientCertificate: clientCertificate !== undefined,
        trustEnv: flags.trustEnv,
        patterns: flags.cases ?? [],
      });
      if (unknown !== undefined)
        throw new UsageError(`--cases: no case of ${protocol} is called "${unknown}"${closest(unknown, due) || `; there are ${due.join(', ')}`}`);
      const declaredAt = flags.at === undefined ? undefined : spotOf(flags.at);
      const { timeout, deadline, env: passOn = [], ...gate } = flags;
      const planned = await plan([nowhere], withoutOurs(gate), runtime);
      const reports = toStdout(planned.outputs, flags.quiet ?? false);
      await checkPaths(reports, runtime);
      const say = async (text: string): Promise<void> => (flags.quiet ? undefined : runtime.stderr.write(`encaudit: ${clean(text)}\n`));
      for (const note of planned.notes) await say(note);
      const bar = progress(runtime, flags.quiet ?? false);
      const { result, hint } = await testClient({
        command: {
          argv,
          protocol,
          ...(flags.name !== undefined && { name: flags.name }),
          due,
          run,
          env: runtime.env,
          cwd: runtime.cwd,
          passOn,
          trustEnv: flags.trustEnv,
          ...(clientCertificate && { clientCertificate }),
          production: !flags.notProduction,
          showOutput: flags.showOutput ?? false,
          timeoutMs: milliseconds('--timeout', timeout),
          options: optionsOf(flags, protocol),
        },
        judge: planned.options.judge,
        deadlineMs: milliseconds('--deadline', deadline),
        ...(declaredAt && { declaredAt }),
        signal: runtime.signal,
        now: runtime.now,
        onProgress: bar.update,
      })
        .catch((error: unknown) => {
          if (error instanceof Error && error.name === 'NotStarted') throw new UsageError(notStarted(argv[0] ?? '', error));
          throw error;
        })
        .finally(bar.stop);
      const failed = await emit(result, reports, flags, runtime);
      if (hint !== undefined) await say(`the good server was not accepted, so that no refusal counts; ${hint}`);
      if (failed.length > 0) runtime.end(4, `not written: ${failed.join(', ')}`, ...result.gate.reasons);
      else runtime.end(result.gate.exit, ...result.gate.reasons);
    });

/** What plan.ts wants beside its settings: a target, which nobody looks at. */
const nowhere = 'client.invalid:443';
const ours: ReadonlySet<string> = new Set(['clientCert', 'clientKey', 'ca', 'servername', 'ip', 'only', 'skip']);
const withoutOurs = (flags: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => !ours.has(name)));

function protocolOf({ protocol }: Flags, dsn: boolean, known: readonly ClientProtocol[]): ClientProtocol {
  if (protocol === undefined && dsn) throw new UsageError('{dsn} needs --protocol postgres, mysql or redis');
  const found = known.find((one) => one === (protocol ?? 'https'));
  if (found === undefined) throw new UsageError(`--protocol: "${protocol}" is none of ${known.join(', ')}${closest(protocol ?? '', known)}`);
  return found;
}
function certificateOf({ clientCert, clientKey }: Flags, cwd: string): { readonly cert: string; readonly key: string } | undefined {
  if (clientCert === undefined && clientKey === undefined) return undefined;
  if (clientCert === undefined || clientKey === undefined) throw new UsageError('--client-cert and --client-key go together');
  const [cert, key] = [resolve(cwd, clientCert), resolve(cwd, clientKey)];
  for (const [flag, path] of [['--client-cert', cert] as const, ['--client-key', key] as const])
    if (!existsSync(path)) throw new UsageError(`${flag}: no such file`);
  return { cert, key };
}
function spotOf(text: string): FileSpot {
  const match = /^(.+?)(?::(\d{1,9}))?$/s.exec(text);
  return { file: match?.[1] ?? text, line: Math.max(1, Number(match?.[2] ?? 1)), column: 1 };
}
const units = { ms: 1, s: 1000, m: 60_000 } as const;
function milliseconds(flag: string, text: string): number {
  const match = /^(\d{1,7})(ms|s|m)$/.exec(text);
  const unit = match?.[2] === 'ms' || match?.[2] === 's' || match?.[2] === 'm' ? units[match[2]] : 0;
  const value = Number(match?.[1] ?? 0) * unit;
  if (value < 1 || value > 86_400_000) throw new UsageError(`${flag}: "${text}" is no time; write it as 500ms, 15s or 5m`);
  return value;
}
/** What a person repeats to see one case again: whatever changes how the command is run. */
function optionsOf(flags: Flags, protocol: ClientProtocol): readonly string[] {
  return [
    ...(protocol === 'https' ? [] : ['--protocol', protocol]),
    ...(flags.timeout === '15s' ? [] : ['--timeout', flags.timeout]),
    ...(flags.trustEnv ? [] : ['--no-trust-env']),
    ...(flags.byEnv ? ['--by-env'] : []),
    ...(flags.pinned ? ['--pinned'] : []),
    ...(flags.clientCert === undefined || flags.clientKey === undefined ? [] : ['--client-cert', flags.clientCert, '--client-key', flags.clientKey]),
    ...(flags.env ?? []).flatMap((name) => ['--env', name]),
  ];
}
function notStarted(program: string, error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const why = code === 'ENOENT' ? 'no such program' : code === 'EACCES' ? 'not executable' : code;
  return `${clean(program)} cannot be started: ${why}${/\s/.test(program) ? "; its arguments are words of their own, and no shell reads them: sh -c '…' starts one" : ''}`;
}
