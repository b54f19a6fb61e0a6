import { CommanderError } from 'commander';
import { clean } from '../util/text.ts';
import { UsageError, type Runtime } from './runtime.ts';

/** Runs a command and turns whatever it throws into an exit code and a sentence; a stack trace is for our developers only. */
export async function guard({ end, stderr, env }: Runtime, command: () => Promise<unknown>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) end(2, sentence(error.message));
      return;
    }
    if (error instanceof UsageError || isFileError(error)) {
      const [first = '', ...more] = error.message.split('\n');
      for (const line of [first, ...more]) await stderr.write(`encaudit: ${clean(line)}\n`);
      end(2, more.length === 0 ? first : `${more.length + 1} mistakes, see above`);
      return;
    }
    if (env['ENCAUDIT_DEBUG']) await stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    end(4, `${error instanceof Error ? error.name : typeof error} inside encaudit: a bug of ours, please report it (ENCAUDIT_DEBUG=1 shows where)`);
  }
}
const isFileError = (error: unknown): error is Error => error instanceof Error && ['FileError', 'TargetError', 'OutputError'].includes(error.name);
const sentence = (message: string): string => message.replace(/^error: /, '').split('\n')[0] ?? '';
