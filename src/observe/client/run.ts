import { randomBytes } from 'node:crypto';
import type { ClientCase, ClientProtocol } from '../../facts/client.ts';
import { caseNamed, type CaseSpec } from './case.ts';
import type { Conversation } from './conversation.ts';
import { environmentOf, trustVariables, type Env, type Made } from './environment.ts';
import type { Lab } from './lab.ts';
import { runCommand, type Ended } from './process.ts';
import type { CaseServer } from './server.ts';
import { asVariables, fill, type Values } from './template.ts';
import { greeted, verdictOf, worstOf, type Good, type Question, type Run, type Verdict } from './verdict.ts';

/** What to run, and against what. */
export interface ClientTest {
  readonly argv: readonly string[]; // with placeholders
  readonly protocol: ClientProtocol;
  readonly conversation: Conversation;
  readonly cases: readonly ClientCase[]; // those that run; the good ones are always among them
  readonly env: Env;
  readonly cwd: string;
  readonly passOn: readonly string[];
  readonly trustEnv: boolean;
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly onProgress: (done: number, total: number, what: string) => void;
}
type Environment = 'trusted' | 'bare';
/** One run of the command against a server of its own. */
export interface Attempt {
  readonly spec: CaseSpec;
  readonly environment: Environment;
  readonly server: CaseServer;
  readonly ended: Ended;
  readonly made: Made;
  readonly at: string;
}
export interface CaseResult {
  readonly spec: CaseSpec;
  readonly attempts: readonly Attempt[];
  readonly verdict: Verdict;
}
export interface TestResult {
  readonly good: Good;
  /** The environment in which the good server was accepted. */
  readonly environment: Environment;
  readonly results: readonly CaseResult[]; // in the order in which they ran
  readonly hiddenBy: readonly string[];
}
/** A command that cannot be started at all; `code` is the system's. */
export class NotStarted extends Error {
  override name = 'NotStarted';
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export const runOf = ({ server, ended }: Attempt): Run => ({ connections: server.connections(), elsewhere: server.elsewhere(), ended });
export const questionOf = ({ name }: CaseSpec): Question =>
  name === 'redirect-to-http' ? 'redirect' : ['no-tls', 'tls-broken', 'tls-error', 'plain-on-tls-port'].includes(name) ? 'plain' : 'certificate';

/** Good server, bad servers, good server: one run a case, in order, and what each server saw of it at the very end. Throws NotStarted. */
export async function runTest(test: ClientTest, lab: Lab): Promise<TestResult> {
  const wanted = test.cases.filter((name) => name !== 'good' && name !== 'good-again');
  let done = 0;
  const once = async (spec: CaseSpec, environment: Environment, trust?: readonly string[]): Promise<Attempt> => {
    test.onProgress(done, wanted.length + 2, spec.name);
    return attempt(test, lab, spec, environment, trust);
  };

  const first = await greet(test, once);
  const environment = first.at(-1)?.environment ?? 'trusted';
  done++;
  const tried: (readonly [CaseSpec, readonly Attempt[]])[] = [[caseNamed('good'), first]];
  for (const name of wanted) {
    const spec = caseNamed(name);
    if (name === 'bare' && environment === 'bare') continue; // that is what all of them are
    tried.push([spec, await untilDecided(spec, name === 'bare' ? 'bare' : environment, once)]);
    done++;
  }
  const again = await once(caseNamed('good-again'), environment);
  tried.push([again.spec, [again]]);

  const start = first.find((one) => greeted(runOf(one)) !== undefined);
  const connectOnly = start !== undefined && greeted(runOf(start)) === 'connect-only';
  const good: Good = {
    accepted: start !== undefined && greeted(runOf(start)) === greeted(runOf(again)) && (!connectOnly || start.ended.exit === again.ended.exit),
    connectOnly,
    exitSpeaks: false,
    ...(start?.ended.exit !== undefined && { exit: start.ended.exit }),
  };
  const verdictsOf = (of: Good): readonly CaseResult[] =>
    tried.map(([spec, attempts]) => ({
      spec,
      attempts,
      verdict: worstOf(attempts.map((one) => verdictOf(questionOf(spec), runOf(one), isGood(spec) ? { ...of, accepted: true, exitSpeaks: true } : of))),
    }));
  // A server whose TLS breaks off: does the exit code of a command that sends nothing say anything, and what does one do that accepts all else?
  const broken = caseNamed('tls-broken');
  const untouched = !verdictsOf(good).some(({ spec, verdict }) => spec.name !== 'no-tls' && verdict.is === 'refused');
  const had = tried.find(([{ name }]) => name === 'tls-broken');
  if (had === undefined && good.accepted && (connectOnly || untouched)) tried.splice(-1, 0, [broken, [await once(broken, environment)]]);
  const failed = tried.find(([{ name }]) => name === 'tls-broken')?.[1][0];
  const settled: Good = { ...good, exitSpeaks: failed?.ended.exit !== undefined && failed.ended.exit !== good.exit };
  const results = verdictsOf(settled);
  return { good: settled, environment, results, hiddenBy: await hiding(results, settled, once) };
}

const isGood = ({ name }: CaseSpec): boolean => name === 'good' || name === 'good-again';

/** Once more where it was refused, for the world is uneven; then as the user runs it, for trust may be given in the command itself. */
async function greet(test: ClientTest, once: (spec: CaseSpec, environment: Environment) => Promise<Attempt>): Promise<readonly Attempt[]> {
  const spec = caseNamed('good');
  const attempts: Attempt[] = [];
  for (const environment of test.trustEnv ? (['trusted', 'trusted', 'bare'] as const) : (['bare', 'bare'] as const)) {
    const one = await once(spec, environment);
    if (one.ended.notStarted !== undefined && attempts.length === 0) throw new NotStarted(one.ended.notStarted);
    attempts.push(one);
    if (greeted(runOf(one)) !== undefined || test.signal.aborted) return attempts;
  }
  // Accepted nowhere: what follows runs as it was meant to.
  return test.trustEnv ? [...attempts.slice(2), ...attempts.slice(0, 2)] : attempts;
}
/** A run that hung is tried once more. */
async function untilDecided(
  spec: CaseSpec,
  environment: Environment,
  once: (spec: CaseSpec, environment: Environment) => Promise<Attempt>,
): Promise<readonly Attempt[]> {
  const first = await once(spec, environment);
  const { killedAt, notStarted } = first.ended;
  const undecided = verdictOf(questionOf(spec), runOf(first), { accepted: true, connectOnly: false, exitSpeaks: true }).is === 'inconclusive';
  return undecided && (killedAt !== undefined || notStarted !== undefined) ? [first, await once(spec, environment)] : [first];
}
/** Accepted as the user runs it, and refused with our variables: which of them makes it verify? */
async function hiding(
  results: readonly CaseResult[],
  good: Good,
  once: (spec: CaseSpec, environment: Environment, trust: readonly string[]) => Promise<Attempt>,
): Promise<readonly string[]> {
  const of = (name: ClientCase): Verdict['is'] | undefined => results.find(({ spec }) => spec.name === name)?.verdict.is;
  if (of('bare') !== 'accepted' || of('untrusted-root') !== 'refused') return [];
  const names: string[] = [];
  for (const name of trustVariables) {
    const one = await once(caseNamed('untrusted-root'), 'trusted', [name]);
    if (verdictOf('certificate', runOf(one), good).is === 'refused') names.push(name);
  }
  return names.length > 0 ? names : trustVariables;
}

async function attempt(test: ClientTest, lab: Lab, spec: CaseSpec, environment: Environment, trust: readonly string[] = trustVariables): Promise<Attempt> {
  const { argv, conversation, env, cwd, passOn, timeoutMs, signal, cases, now } = test;
  const server = await lab.start(
    spec,
    conversation,
    cases.some((name) => name.startsWith('mtls-')),
  );
  const at = now().toISOString();
  const values = valuesOf(server.port, test, lab);
  const mark = ['ENCAUDIT_RUN', randomBytes(8).toString('hex')] as const;
  const made = environmentOf(env, {
    trust: environment === 'trusted' ? trust : [],
    files: lab.files,
    passOn,
    more: { ...asVariables(values), [mark[0]]: mark[1] },
  });
  const ended = await runCommand({ argv: fill(argv, values), env: made.env, cwd, timeoutMs, signal, mark: mark.join('=') });
  return { spec, environment, server, ended, made, at };
}
function valuesOf(port: number, { conversation, clientCertificate }: ClientTest, { files, certificates }: Lab): Values {
  const host = 'localhost';
  const dsn = conversation.dsn?.(host, port);
  return {
    ...(conversation.protocol === 'https' && { url: `https://${host}:${port}/` }),
    host,
    port: String(port),
    ...(dsn !== undefined && { dsn }),
    ...files,
    pin: certificates.pin,
    fingerprint: certificates.fingerprint,
    ...clientCertificate,
  };
}
