import type { Command } from 'commander';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Baseline } from '../model/gate.ts';
import { clean, plural } from '../util/text.ts';
import { UsageError, type Runtime } from './runtime.ts';

const usual = join('.encaudit', 'baseline.json');
const help = `
A baseline is what was known when it was made: \`encaudit scan --baseline FILE\` then fails only on what is new or worse.
Reports and score still show everything. Critical findings are left out unless --allow-critical is given.

Examples:
  encaudit scan -f json=result.json; encaudit baseline create result.json
  encaudit baseline update result.json      take in what is there now, drop what is gone
  encaudit baseline prune result.json       only drop what is gone`;

interface Options {
  readonly file: string;
  readonly allowCritical?: boolean;
}
export function baseline(program: Command, runtime: Runtime): void {
  const group = program.command('baseline').description('make and keep a list of findings that are known').addHelpText('after', help);
  const add = (name: string, description: string, run: (result: string, options: Options) => Promise<void>): void => {
    group
      .command(name)
      .description(description)
      .argument('<result>', 'JSON result of a scan')
      .option('--file <path>', 'the baseline', usual)
      .option('--allow-critical', 'take critical findings too')
      .action(run);
  };
  add('create', 'write a new baseline from a result', async (file, options) => {
    if (existsSync(resolve(runtime.cwd, options.file)))
      throw new UsageError(`${options.file} is there already: \`encaudit baseline update\` keeps when each finding was first seen`);
    const { createBaseline } = await import('../judge/baseline.ts');
    await write(options, await made(file, (result) => createBaseline(result, options.allowCritical ?? false), runtime), runtime);
  });
  add('update', 'take in what is there now, and drop what is gone', async (file, options) => {
    const { updateBaseline } = await import('../judge/baseline.ts');
    const old = await read(options);
    await write(options, await made(file, (result) => updateBaseline(old, result, options.allowCritical ?? false), runtime), runtime);
  });
  add('prune', 'drop what is gone, and take nothing in', async (file, options) => {
    const { pruneBaseline } = await import('../judge/baseline.ts');
    const old = await read(options);
    const pruned = await made(file, (result) => ({ baseline: pruneBaseline(old, result), refused: [] }), runtime);
    await write(options, pruned, runtime, `, ${plural(old.entries.length - pruned.entries.length, 'entry', 'entries')} dropped`);
  });
}

type Maker = (result: Parameters<typeof import('../judge/baseline.ts').createBaseline>[0]) => ReturnType<typeof import('../judge/baseline.ts').createBaseline>;
async function made(file: string, make: Maker, { stderr }: Runtime): Promise<Baseline> {
  const { readResult } = await import('../saved/result.ts');
  const result = readResult(file);
  if (result.interrupted)
    throw new UsageError(`${file}: that scan was cut short (${result.interrupted}); a baseline of it would call what it did not see fixed`);
  const { baseline: done, refused } = make(result);
  for (const { rule, subject } of refused) await stderr.write(`encaudit: not taken, critical: ${clean(`${rule} on ${subject}`)} (--allow-critical takes it)\n`);
  return done;
}
const read = async ({ file }: Options): Promise<Baseline> => (await import('../saved/baseline.ts')).readBaseline(file);
async function write({ file }: Options, done: Baseline, { cwd, env, end }: Runtime, more = ''): Promise<void> {
  const [{ writeOutput }, { baselineText }] = await Promise.all([import('../config/outputs.ts'), import('../saved/baseline.ts')]);
  if (file === usual && !existsSync(join(cwd, '.encaudit'))) mkdirSync(join(cwd, '.encaudit'));
  writeOutput(cwd, file, [baselineText(done)], env);
  end(0, `${file}: ${plural(done.entries.length, 'known finding')}${more}`);
}
