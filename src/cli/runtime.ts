import type { Exit } from '../model/gate.ts';

/** What a command may use of the process. Only src/main.ts has the process itself. */
export interface Runtime {
  /** Aborted by a signal; the reason is its name. */
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly now: () => Date;
  /** How the process will end, and why: said as the last line on stderr. */
  readonly end: (exit: Exit, ...reasons: readonly string[]) => void;
}
/** A stream that a person or a pipe reads; a pipe that was closed swallows the rest. */
export interface Sink {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly write: (chunk: string) => Promise<void>;
}

/** A mistake of the user's: the message names the thing, the place and the way out; exit 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}
