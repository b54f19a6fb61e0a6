import { judgeScan } from './judge/judgement.ts';
import type { ScanResult } from './model/result.ts';
import type { ClientTarget, FileSpot } from './model/target.ts';
import { undeclared } from './facts/declared.ts';
import { observeClient, type ClientCommand } from './observe/client/client.ts';
import type { ScanOptions } from './scan.ts';
import { deadline } from './util/deadline.ts';

export { chooseCases, namesPlace, protocols, uses, type ClientCommand } from './observe/client/client.ts';

/** A command to test, and how to judge it. */
export interface ClientOptions {
  readonly command: ClientCommand;
  readonly declaredAt?: FileSpot;
  readonly judge: ScanOptions['judge'];
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  readonly onProgress?: ScanOptions['onProgress'];
}
export interface ClientResult {
  readonly result: ScanResult;
  /** What to try where the good server was not accepted. */
  readonly hint?: string;
}

/** The pipe of a scan, for one client: run → observations → judgement → result. Only the rules over clients judge. Throws NotStarted. */
export async function testClient(options: ClientOptions): Promise<ClientResult> {
  const { command, declaredAt, judge, now = () => new Date(), onProgress = () => {} } = options;
  const stop = deadline(options.signal ?? new AbortController().signal, options.deadlineMs);
  const observedFrom = now().toISOString();
  const seen = await observeClient(command, { signal: stop.signal, now, onProgress }).finally(stop.clear);
  const observedTo = now().toISOString();
  const { protocol } = command;
  const target: ClientTarget = {
    is: 'client',
    id: seen.subject,
    label: seen.label,
    declared: undeclared,
    tags: [],
    protocol,
    command: seen.command,
    ...(declaredAt && { declaredAt }),
  };
  const { reason } = stop.signal;
  const about = new Set(judge.rules.filter(({ file }) => file.subject === 'client').map(({ file }) => file.id));
  const own = judge.rules.filter(({ file }) => about.has(file.id));
  const result = judgeScan({
    ...judge,
    rules: own,
    switchedOff: judge.switchedOff.filter(({ subject }) => subject === 'client'),
    lowered: judge.lowered.filter(({ subject }) => subject === 'client'),
    overrides: judge.overrides.filter(({ rule }) => rule.startsWith('client/') || about.has(rule)),
    targets: [target],
    observations: seen.observations,
    populations: [],
    callers: [],
    trust: [],
    judgedAt: observedTo,
    observedFrom,
    observedTo,
    ...(stop.signal.aborted && { interrupted: reason === 'deadline' || reason === 'SIGTERM' ? reason : 'SIGINT' }),
  });
  return { result, ...(seen.hint !== undefined && { hint: seen.hint }) };
}
