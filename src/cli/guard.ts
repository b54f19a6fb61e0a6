import { CommanderError } from 'commander';
import { clean } from '../util/text.ts';
import { UsageError, type Runtime } from './runtime.ts';

/** Runs a command and turns whatever it throws into an exit code and a sentence; a stack trace is for our developers only. */
export async function guard({ end, stderr, env, signal }: Runtime, command: () => Promise<unknown>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) end(2, usage(error));
      return;
    }
    if (error instanceof UsageError || isFileError(error)) {
      const lines = error.message.split('\n');
      if (lines.length > 1) for (const line of lines) await stderr.write(`encaudit: ${clean(line)}\n`);
      end(2, lines.length > 1 ? `${lines.length} mistakes, see above` : error.message);
      return;
    }
    if (signal.aborted && isAbort(error)) return; // main.ts says so
    if (env['ENCAUDIT_DEBUG']) await stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    end(
      4,
      refused(error) ?? `${error instanceof Error ? error.name : typeof error} inside encaudit: a bug of ours, please report it (ENCAUDIT_DEBUG=1 shows where)`,
    );
  }
}
const isFileError = (error: unknown): error is Error => error instanceof Error && ['FileError', 'TargetError'].includes(error.name);
const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** Commander's complaint in one line; it adds its guesses as a second one. */
function usage({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'no command was named; they are listed above';
  const said = message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?');
  const word = /^unknown command '(.*)'$/s.exec(said)?.[1];
  return word !== undefined && /[.:@]/.test(word) ? `${said}; to look at it: encaudit scan ${word}` : said;
}
/** What the operating system would not do (no temporary folder, too many open files) is no bug of ours. */
function refused(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? ` ${error.path}` : '';
  return `the system refused ${String(error.syscall)}${path}: ${String(error.code)}`;
}
