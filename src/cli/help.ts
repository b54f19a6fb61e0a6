import type { Command } from 'commander';
import { closest } from '../util/suggest.ts';
import { UsageError } from './runtime.ts';

export const help = (program: Command): unknown =>
  program
    .command('help')
    .description('show the help of a command')
    .argument('[command...]', 'as in: encaudit help baseline create')
    .action((words: readonly string[]) => {
      const command = words.reduce((parent, word) => {
        const found = parent.commands.find((one) => one.name() === word);
        const names = parent.commands.map((one) => one.name());
        if (!found) throw new UsageError(`unknown command "${word}"${closest(word, names) || (names.length > 0 ? `; one of ${names.join(', ')}` : '')}`);
        return found;
      }, program);
      command.outputHelp();
    });
