import { guard } from '../../src/cli/guard.ts';
import { build } from '../../src/cli/program.ts';
import type { Runtime, Sink } from '../../src/cli/runtime.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The reasons for the code; main.ts writes them as the last line. */
  readonly why: string;
}
/** What main.ts gives to a command, with streams that can be read. */
export function runtime(some: Partial<Runtime> = {}): { readonly runtime: Runtime; readonly ran: () => Ran } {
  const texts = { stdout: '', stderr: '' };
  let [status, why]: [number, string] = [0, ''];
  const sink = (name: keyof typeof texts): Sink => ({
    isTTY: false,
    columns: 80,
    write: (chunk) => {
      texts[name] += chunk;
      return Promise.resolve();
    },
  });
  return {
    ran: () => ({ status, ...texts, why }),
    runtime: {
      signal: new AbortController().signal,
      cwd: process.cwd(),
      env: {},
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      stdin: () => {
        throw new Error('not asked for');
      },
      now: () => new Date(),
      end: (exit, ...reasons) => {
        [status, why] = [exit, reasons.join('; ')];
      },
      ...some,
    },
  };
}
/** Runs a command inside of this process: for what is decided before the first packet. test/e2e has the real thing. */
export async function command(argv: readonly string[], some: Partial<Runtime> = {}): Promise<Ran> {
  const { runtime: own, ran } = runtime(some);
  await guard(own, () => build(own).parseAsync(argv, { from: 'user' }));
  return ran();
}
