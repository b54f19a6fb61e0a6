import { Command } from 'commander';
import { baseline } from './baseline.ts';
import { client } from './client.ts';
import { completion } from './completion.ts';
import { controls } from './controls.ts';
import { demo } from './demo.ts';
import { diff } from './diff.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { gate } from './gate.ts';
import { help } from './help.ts';
import { iamPolicy } from './iam-policy.ts';
import { init } from './init.ts';
import { report } from './report.ts';
import { rules } from './rules.ts';
import { version } from './version.ts';
import type { Runtime } from './runtime.ts';
import { scan } from './scan.ts';
import { waivers } from './waivers.ts';

const afterHelp = `
Examples:
  encaudit demo                                  scan an embedded lab: no account, no network
  encaudit scan example.com api.example.com:8443
  encaudit scan aws: --framework pci-dss-4.0.1
  encaudit scan -f sarif=encaudit.sarif -f terminal --fail-on high
  encaudit client -- curl {url}                  does this client refuse bad certificates?
  encaudit explain tls/no-legacy-versions

Exit codes:
  0  the gate passed                 3  incomplete: something could not be looked at
  1  the gate failed                 4  a mistake inside encaudit
  2  wrong usage, file or rule       130, 143  stopped by a signal; what was seen is reported

The last line on stderr always says which code and why.`;

/** All commands; their actions import what is heavy only when they run. */
export function build(runtime: Runtime): Command {
  const program = new Command('encaudit')
    .description('Audits how well data is encrypted, in transit and at rest, and says what that means for PCI DSS and HIPAA.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', afterHelp)
    .configureOutput({
      writeOut: (text) => void runtime.stdout.write(text),
      writeErr: (text) => void runtime.stderr.write(text),
      outputError: () => {}, // guard.ts says it, on the last line
    })
    .configureHelp({ helpWidth: Math.max(60, Math.min(runtime.stdout.columns, 120)) })
    .exitOverride();
  for (const add of [scan, client, demo, report, gate, rules, explain, baseline, waivers, iamPolicy, controls, diff, completion, init, doctor, help])
    add(program, runtime);
  for (const command of withSubcommands(program)) {
    command.exitOverride().showSuggestionAfterError().allowExcessArguments(false);
    if (command !== program) command.showHelpAfterError(`usage: ${pathOf(command)} ${command.usage()}`);
  }
  return program;
}
const withSubcommands = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(withSubcommands)];
const pathOf = (command: Command): string => (command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name());
