import { Argument, type Command } from 'commander';
import { clean } from '../util/text.ts';
import type { Shell } from './completion/scripts.ts';
import type { Runtime } from './runtime.ts';

const help = `
Commands, flags and whatever values can be listed: severities, formats, frameworks, ids of rules and controls, files.

Examples:
  source <(encaudit completion bash)              for this shell
  encaudit completion bash > ~/.local/share/bash-completion/completions/encaudit
  encaudit completion zsh > "\${fpath[1]}/_encaudit"
  encaudit completion fish > ~/.config/fish/completions/encaudit.fish

Exit codes: 0 printed, 2 no such shell.`;

/** The script that a shell sources, and the hidden command that it asks. */
export function completion(program: Command, runtime: Runtime): void {
  program
    .command('completion')
    .description('print a script with which a shell completes commands, flags and ids')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', help)
    .action(async (shell: Shell) => runtime.stdout.write((await import('./completion/scripts.ts')).scripts[shell]));
  program
    .command('__complete', { hidden: true })
    .description('for the scripts of `encaudit completion`: what may stand in the place of the last word')
    .argument('[word...]')
    .action(async (all: readonly string[]) => {
      const [{ complete }, { ids }] = await Promise.all([import('./completion/complete.ts'), import('./completion/ids.ts')]);
      const { kind, prefix, candidates } = await complete(program, all.slice(0, -1), all.at(-1) ?? '', ids);
      const lines = candidates.map(({ value, about }) => `${value}\t${clean(about)}`);
      await runtime.stdout.write(`${[`:${kind}:${prefix}`, ...lines].join('\n')}\n`);
    });
}
