import { createHash } from 'node:crypto';
import type { ClientCase, ClientProtocol } from '../../facts/client.ts';
import { undeclared } from '../../facts/declared.ts';
import type { Observation, SubjectId } from '../../model/observation.ts';
import { clean } from '../../util/text.ts';
import type { Env } from './environment.ts';
import { rcFilesOf, recordOf } from './evidence.ts';
import { hintFor } from './hint.ts';
import { openLab } from './lab.ts';
import { maskArgv, maskFor } from './mask.ts';
import { by, observationOf } from './observe.ts';
import { protocols } from './protocols.ts';
import { runTest } from './run.ts';

export { chooseCases } from './case.ts';
export { protocols } from './protocols.ts';
export { namesPlace, uses } from './template.ts';

/** A command to test; its words come from the command line alone, never from a file of the checkout: they are run. */
export interface ClientCommand {
  readonly argv: readonly string[];
  readonly protocol: ClientProtocol;
  readonly name?: string;
  readonly due: readonly ClientCase[];
  readonly run: readonly ClientCase[];
  readonly env: Env;
  readonly cwd: string;
  readonly passOn: readonly string[];
  readonly trustEnv: boolean;
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  readonly production: boolean;
  readonly showOutput: boolean;
  readonly timeoutMs: number;
  /** Options as they were given, for whoever wants to see one case again. */
  readonly options: readonly string[];
}
export interface ClientContext {
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly onProgress: (done: number, total: number, what: string) => void;
}
/** `client://NAME`, the command as it may be shown, and what was seen of it. `hint`: what to try where the good server was not accepted. */
export interface ClientSeen {
  readonly subject: SubjectId;
  readonly command: readonly string[];
  readonly label: string;
  readonly observations: readonly Observation[];
  readonly hint?: string;
}

/** Who is tested: by its name, or by its program and a hash over its words without their secrets. */
export function nameOf({
  argv,
  name,
  env,
  protocol,
}: Pick<ClientCommand, 'argv' | 'name' | 'env' | 'protocol'>): Pick<ClientSeen, 'subject' | 'command' | 'label'> {
  const command = maskArgv(argv, maskFor(env)).map(clean);
  const program = command[0]?.split('/').at(-1) ?? '';
  const hash = createHash('sha256').update(JSON.stringify(command)).digest('hex').slice(0, 8);
  const shown = command.map((word) => (/\s|^$/.test(word) ? `'${word}'` : word)).join(' ');
  return {
    subject: `client://${name === undefined ? `${program}-${hash}` : clean(name)}`,
    command,
    label: `${name === undefined ? (shown.length > 100 ? `${shown.slice(0, 99)}…` : shown) : clean(name)} (${protocol})`,
  };
}

/** Runs a command against good and bad servers on loopback, and tells what each server received. Throws NotStarted. */
export async function observeClient(command: ClientCommand, { signal, now, onProgress }: ClientContext): Promise<ClientSeen> {
  const { argv, protocol, due, run, env, production, showOutput, options, clientCertificate } = command;
  const conversation = protocols.get(protocol);
  if (!conversation) throw new TypeError(`no conversation for ${protocol}`);
  const named = nameOf(command);
  const lab = openLab(now(), env);
  try {
    const { cwd, passOn, trustEnv, timeoutMs } = command;
    const result = await runTest(
      {
        argv,
        protocol,
        conversation,
        cases: run,
        env,
        cwd,
        passOn,
        trustEnv,
        timeoutMs,
        signal,
        now,
        onProgress,
        ...(clientCertificate && { clientCertificate }),
      },
      lab,
    );
    const telling = { options, command: named.command, mask: maskFor(env), showOutput, rcFiles: rcFilesOf(env) };
    const interrupted = signal.aborted ? { interrupted: signal.reason === 'deadline' ? ('deadline' as const) : ('signal' as const) } : {};
    const seen = observationOf(result, { subject: named.subject, protocol, due, ...interrupted }, (one, paths) => recordOf(one, paths, by, telling));
    const said: Observation<'client'> = {
      subject: named.subject,
      kind: 'client',
      origin: 'declared',
      by: 'command line',
      facts: { declared: undeclared, client: { production } },
      evidence: [],
      gaps: [],
      links: [],
    };
    const removed = result.results[0]?.attempts[0]?.made.removed ?? [];
    return { ...named, observations: [said, seen], ...(!result.good.accepted && !signal.aborted && { hint: hintFor(argv, removed) }) };
  } finally {
    await lab.close();
  }
}
