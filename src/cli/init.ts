import { Option, type Command } from 'commander';
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { FileError } from '../util/file-error.ts';
import { clean } from '../util/text.ts';
import type { CiSystem } from './init/ci-text.ts';
import { UsageError, type Runtime } from './runtime.ts';

const help = `
Writes encaudit.yaml, in which every setting stands with a word on it, and a CI job where a CI is recognised.
Nothing that exists is overwritten without --force; nothing is written through links or outside of this folder.

Examples:
  encaudit init example.com api.example.com:8443
  encaudit init --ci github aws:s3
  encaudit init --ci none

Exit codes: 0 written, 2 nothing was written (it exists already, or a target is wrong).`;

const config = 'encaudit.yaml';
interface Options {
  readonly force?: boolean;
  readonly ci?: CiSystem | 'none';
}
interface Planned {
  readonly path: string;
  readonly text: string;
}
export const init = (program: Command, runtime: Runtime): unknown =>
  program
    .command('init')
    .description('write a commented encaudit.yaml and a CI job')
    .argument('[target...]', 'what encaudit.yaml shall name; none: examples stand in comments')
    .option('--force', 'overwrite what is there')
    .addOption(new Option('--ci <system>', 'which job to write (default: guessed from the checkout)').choices(['github', 'gitlab', 'none']))
    .addHelpText('after', help)
    .action(async (words: readonly string[], { force = false, ci }: Options) => {
      const { cwd, stdout } = runtime;
      const [{ configText }, { ciFiles, ciTexts }] = await Promise.all([import('./init/config-text.ts'), import('./init/ci-text.ts')]);
      const labels = await labelsOf(words);
      const system = ci ?? (await guess(cwd));
      const all: readonly Planned[] = [
        { path: config, text: configText(labels) },
        ...(system === undefined || system === 'none' ? [] : [{ path: ciFiles[system], text: ciTexts[system] }]),
      ];
      refuseSecondConfig(cwd);
      const kept = force ? [] : all.filter(({ path }) => there(cwd, path));
      if (words.length > 0 && kept.some(({ path }) => path === config))
        throw new UsageError(`${config} is there already: add the targets to it, or give --force to write it anew`);
      const fresh = all.filter((one) => !kept.includes(one));
      if (fresh.length === 0)
        throw new UsageError(`${kept.map(({ path }) => path).join(' and ')} ${kept.length > 1 ? 'are' : 'is'} there already: --force overwrites`);
      await write(fresh, runtime);
      for (const { path } of fresh) await stdout.write(`wrote ${path}\n`);
      for (const { path } of kept) await stdout.write(`kept  ${path} (there already; --force overwrites it)\n`);
      for (const line of nextSteps(system, ci === undefined, labels, fresh)) await stdout.write(`${line}\n`);
      runtime.end(0, `wrote ${fresh.map(({ path }) => path).join(' and ')}`);
    });

/** Each target as the file shall name it: without credentials, and only once. Throws TargetError. */
async function labelsOf(words: readonly string[]): Promise<readonly string[]> {
  const { parseTarget } = await import('../observe/targets/parse.ts');
  const unlisted = words.find((word) => word === '-' || word.startsWith('@'));
  if (unlisted !== undefined) throw new UsageError(`"${clean(unlisted)}": init takes targets, not lists of them; write \`encaudit scan @FILE\` instead`);
  return [...new Map(words.map(parseTarget).map(({ id, label }) => [id, label])).values()];
}

/** The CI that the checkout already speaks to: a file of GitLab's, a folder of GitHub's, or the host of a remote. */
async function guess(cwd: string): Promise<CiSystem | undefined> {
  if (existsSync(join(cwd, '.gitlab-ci.yml'))) return 'gitlab';
  if (existsSync(join(cwd, '.github'))) return 'github';
  const { readTextFile } = await import('../config/read-file.ts');
  try {
    const hosts = [...readTextFile(join(cwd, '.git', 'config')).matchAll(/^\s*url\s*=.*?(github|gitlab)\.[\w.-]+[:/]/gim)].map(([, name]) =>
      name?.toLowerCase(),
    );
    return hosts.includes('gitlab') ? 'gitlab' : hosts.includes('github') ? 'github' : undefined;
  } catch {
    return undefined; // no checkout, or one of another form
  }
}
const there = (cwd: string, path: string): boolean => lstatSync(join(cwd, path), { throwIfNoEntry: false }) !== undefined;

/** Two configurations in one folder are an error for every other command. */
function refuseSecondConfig(cwd: string): void {
  const other = ['encaudit.yml', posix.join('.encaudit', 'config.yaml')].find((path) => there(cwd, path));
  if (other !== undefined) throw new UsageError(`${other} is the configuration here: edit it, or rename it to ${config} first`);
}

/** All paths are checked before the first is written. */
async function write(files: readonly Planned[], { cwd, env }: Runtime): Promise<void> {
  const { checkOutputPath, writeOutput } = await import('../config/outputs.ts');
  for (const { path } of files) {
    makeFolders(cwd, path);
    checkOutputPath(cwd, path, env);
  }
  for (const { path, text } of files) writeOutput(cwd, path, [text], env);
}
/** Folders above a file, none of them through a link. */
function makeFolders(cwd: string, path: string): void {
  const parts = posix.dirname(path).split('/');
  for (const [i] of parts.entries()) {
    const folder = parts.slice(0, i + 1).join('/');
    const seen = lstatSync(join(cwd, folder), { throwIfNoEntry: false });
    if (seen?.isSymbolicLink()) throw new FileError(`${path}: ${folder} is a link, and nothing is written through links`);
    if (seen && !seen.isDirectory()) throw new FileError(`${path}: ${folder} is no folder`);
    if (!seen) mkdirSync(join(cwd, folder));
  }
}

function nextSteps(system: CiSystem | 'none' | undefined, guessed: boolean, labels: readonly string[], written: readonly Planned[]): readonly string[] {
  const job = written.some(({ path }) => path !== config);
  return [
    ...(system === undefined ? ['no CI was recognised here: --ci github or --ci gitlab writes a job'] : []),
    ...(job && guessed ? [`the CI was guessed (${system}); --ci says another`] : []),
    ...(job && system === 'gitlab' ? ['add to .gitlab-ci.yml:', '  include:', '    - local: .gitlab/encaudit.gitlab-ci.yml'] : []),
    '',
    `next: ${labels.length === 0 ? 'name targets in encaudit.yaml, then ' : ''}encaudit doctor && encaudit scan`,
  ];
}
