import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deadline } from '../../util/deadline.ts';

export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** `NAME=value` in its environment that no other process has: by it a child is known that left the group. */
  readonly mark: string;
}
/** How a command ended; its output is the last 16 KiB of each stream, as it came. */
export interface Ended {
  readonly startedAt: number; // ms of the monotonic clock
  readonly ms: number;
  readonly exit?: number;
  readonly signal?: string;
  /** The system's code, where it could not be started. */
  readonly notStarted?: string;
  /** When the time limit struck. */
  readonly killedAt?: number;
  /** The run was stopped, by a signal to us or by the deadline. */
  readonly stopped: boolean;
  /** Children were still there when it ended. */
  readonly outlived: boolean;
  /** Children that left its process group, and are still there. */
  readonly strays: number;
  readonly stdout: string;
  readonly stderr: string;
}

const graceMs = 250; // for bytes that are still on their way
const killMs = 2000; // between SIGTERM and SIGKILL
const pollMs = 50;
const maxOutput = 16_384;

/** Process groups that run now: they must not outlive us. */
const living = new Set<number>();
/** Kills what still runs: for the moment in which this process goes. */
export const killAll = (): void => {
  for (const group of living) kill(group, 'SIGKILL');
};

/** Runs a command by itself, with no shell and no stdin, in a process group of its own, and waits for the whole group. Never throws. */
export async function runCommand({ argv, env, cwd, timeoutMs, signal, mark }: Command): Promise<Ended> {
  const startedAt = performance.now();
  const [file = '', ...args] = argv;
  const none = { startedAt, ms: 0, outlived: false, strays: 0, stdout: '', stderr: '' };
  if (signal.aborted) return { ...none, stopped: true };
  let child: ChildProcess;
  try {
    child = spawn(file, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return { ...none, stopped: false, notStarted: codeOf(error) };
  }
  const [stdout, stderr] = [tail(child.stdout), tail(child.stderr)];
  const started = await new Promise<string>((resolve) => {
    child.once('spawn', () => resolve('')).once('error', (error) => resolve(codeOf(error)));
  });
  const group = child.pid;
  if (started !== '' || group === undefined) return { ...none, stopped: signal.aborted, notStarted: started };
  living.add(group);
  const gone = new Promise<{ readonly exit?: number; readonly signal?: string }>((resolve) => {
    child.once('exit', (code, name) => resolve({ ...(code !== null && { exit: code }), ...(name !== null && { signal: name }) }));
  });
  const { signal: limit, clear } = deadline(signal, timeoutMs);
  const first = await Promise.race([gone, aborted(limit)]);
  const exitMs = performance.now() - startedAt;
  const outlived = first !== undefined && isAlive(group);
  while (!limit.aborted && isAlive(group)) await pause(pollMs, limit);
  if (!limit.aborted) await pause(graceMs, limit);
  const late = limit.aborted && isAlive(group); // the group is still there: the limit ends it
  const killedAt = late ? performance.now() : undefined;
  if (late) await end(group);
  const how = first ?? (await gone);
  living.delete(group);
  clear();
  for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  return {
    startedAt,
    ms: Math.round(first ? exitMs : performance.now() - startedAt),
    ...how,
    ...(killedAt !== undefined && !signal.aborted && { killedAt }),
    stopped: signal.aborted,
    outlived,
    strays: strays(mark),
    stdout: stdout(),
    stderr: stderr(),
  };
}

const pause = (ms: number, signal: AbortSignal): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => undefined);
const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
/** SIGTERM first, so that it can clean up; then SIGKILL. */
async function end(group: number): Promise<void> {
  kill(group, 'SIGTERM');
  const late = performance.now() + killMs;
  while (isAlive(group) && performance.now() < late) await sleep(pollMs);
  kill(group, 'SIGKILL');
}
function kill(group: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-group, name);
  } catch {} // gone already
}
/** A zombie that nobody buries is not alive: where /proc says so, it counts no longer. */
function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  const states = processes().flatMap((pid) => {
    const [state, , pgrp] = (read(`/proc/${pid}/stat`).split(') ').at(-1) ?? '').split(' ');
    return Number(pgrp) === group && state !== undefined ? [state] : [];
  });
  return states.length === 0 || states.some((state) => state !== 'Z' && state !== 'X');
}
const strays = (mark: string): number => processes().filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(mark)).length;
/** Linux alone tells. */
function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
/** Keeps the last of what a stream says. */
function tail(stream: NodeJS.ReadableStream | null): () => string {
  let held = Buffer.alloc(0);
  stream
    ?.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]).subarray(-maxOutput);
    })
    .on('error', () => {});
  return () => held.toString('utf8');
}
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

/** `exit 60`, `SIGSEGV`, `time limit`. */
export function endOf({ exit, signal, killedAt, stopped, notStarted }: Pick<Ended, 'exit' | 'signal' | 'killedAt' | 'stopped' | 'notStarted'>): string {
  if (notStarted !== undefined) return `not started (${notStarted})`;
  if (stopped) return 'stopped';
  if (killedAt !== undefined) return 'time limit';
  return exit === undefined ? (signal ?? 'ended') : `exit ${exit}`;
}
