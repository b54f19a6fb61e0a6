import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Configuration } from '../../config/configure.ts';
import { byCodeUnit, plural } from '../../util/text.ts';
import { wanted } from '../formats.ts';
import { knowledge, type Knowledge } from '../knowledge.ts';
import { frameworkOf, shownAs, waiversPath } from '../plan.ts';
import type { Runtime } from '../runtime.ts';
import { ok, problem, tried, unchecked, type Check } from './check.ts';

export interface Files {
  readonly checks: readonly Check[];
  /** None where configuration, policy or variables are wrong. */
  readonly configuration?: Configuration;
}
/** Every file that a scan here would read, each by itself: one that is wrong does not hide the next. */
export async function checkFiles(flags: Readonly<Record<string, unknown>>, runtime: Runtime): Promise<Files> {
  const { cwd, env } = runtime;
  const { configure } = await import('../../config/configure.ts');
  const asked = await tried('configuration', () => configure({ cwd, env, flags }));
  if ('checks' in asked) return { checks: asked.checks };
  const configuration = asked.value;
  const { config, policy, settings, pullRequest } = configuration;
  const rules = await checkRules(settings.rulesDirs, cwd);
  const known = rules.known ?? (await knowledge([]));
  return {
    configuration,
    checks: [
      ...(await checkNamesOf(configuration, known, rules.known !== undefined)),
      policy === undefined
        ? unchecked('policy', 'none given', pullRequest ? 'on a pull request the gate should come from outside the checkout: --policy FILE' : undefined)
        : ok(
            'policy',
            `${policy.file}: ${configuration.policySource === 'policy-file' ? 'outside of the checkout' : 'inside of the checkout, which can change it'}`,
          ),
      ...configuration.notes.map((note) => unchecked('note', note)),
      ...rules.checks,
      ...(await checkWaivers(waiversPath(settings.waivers, { config, policy }, cwd), known, runtime)),
      ...(await checkBaseline(settings.baseline, cwd)),
      ...(await checkTrust(settings, cwd)),
      ...(await checkOutputs(configuration, runtime)),
    ],
  };
}

/** Ids of rules and frameworks in the configuration; without the user's own rules nobody can tell which rules exist. */
async function checkNamesOf({ config, policy, settings }: Configuration, known: Knowledge, whole: boolean): Promise<readonly Check[]> {
  const { checkNames } = await import('../../config/load.ts');
  const frameworks = known.catalogue.frameworks.map(({ id }) => id);
  const rules = known.rules.map(({ file }) => file.id);
  const named = await tried('configuration', () => {
    for (const file of [config, ...(policy ? [policy] : [])]) if (whole) checkNames(file, { rules, frameworks });
    for (const name of settings.frameworks) frameworkOf(name, known);
  });
  if ('checks' in named) return named.checks;
  if (config.file === undefined)
    return [unchecked('configuration', 'no encaudit.yaml here or above', '`encaudit init` writes one, or name targets on the command line')];
  return [ok('configuration', `${config.file}: ${plural(config.entries.length, 'target')}`)];
}
async function checkRules(folders: readonly string[], cwd: string): Promise<{ readonly checks: readonly Check[]; readonly known?: Knowledge }> {
  const loaded = await tried('rules', () => knowledge(folders));
  if ('checks' in loaded) return { checks: loaded.checks };
  const { builtIn, rules } = loaded.value;
  const own = rules.length - builtIn.length;
  const from = folders.map((folder) => shownAs(cwd, folder)).join(', ');
  const rulesCheck =
    folders.length > 0 && own === 0
      ? problem('rules', 'file', `${from}: no rule in there`, 'rules are *.yaml files; docs/writing-a-rule.md shows one')
      : ok('rules', `${builtIn.length} built in${own > 0 ? `, ${own} of your own (${from})` : ''}`);
  return { checks: [rulesCheck], known: loaded.value };
}
async function checkWaivers(path: string | undefined, { rules, catalogue }: Knowledge, { cwd, now }: Runtime): Promise<readonly Check[]> {
  if (path === undefined) return [];
  const [{ applyWaivers, readWaivers }, { readTextFile }] = await Promise.all([import('../../judge/waivers.ts'), import('../../config/read-file.ts')]);
  const name = shownAs(cwd, path);
  const read = await tried('waivers', () =>
    readWaivers(name, readTextFile(path, 4 * 1024 * 1024, name), new Map(rules.map(({ rule }) => [rule.info.id, rule.info])), catalogue),
  );
  if ('checks' in read) return read.checks;
  const { expired, expiring } = applyWaivers([], read.value, now(), new Set()).report;
  const count = `${name}: ${plural(read.value.length, 'waiver')}`;
  if (expired.length > 0)
    return [
      problem(
        'waivers',
        'file',
        `${count}, expired: ${expired.toSorted(byCodeUnit).join(', ')}`,
        'fix what they cover, or have them approved anew; `encaudit waivers check` tells more',
      ),
    ];
  return [ok('waivers', `${count}${expiring.length > 0 ? `, which end within 14 days: ${expiring.toSorted(byCodeUnit).join(', ')}` : ''}`)];
}
async function checkBaseline(path: string | undefined, cwd: string): Promise<readonly Check[]> {
  if (path === undefined) return [];
  const read = await tried('baseline', async () => (await import('../../saved/baseline.ts')).readBaseline(path));
  return 'checks' in read ? read.checks : [ok('baseline', `${shownAs(cwd, path)}: ${plural(read.value.entries.length, 'known finding')}`)];
}
async function checkTrust({ ca, system, mozilla }: Configuration['settings'], cwd: string): Promise<readonly Check[]> {
  const { loadRoots } = await import('../../observe/endpoint/roots.ts');
  const each = await Promise.all(
    ca.map(async (file) => {
      const read = await tried('trust', () => loadRoots({ ca: [file], system: false }));
      return 'checks' in read ? read.checks : [ok('trust', `${shownAs(cwd, file)}: ${plural(read.value.added.length, 'root')}`)];
    }),
  );
  const all = each.some((checks) => checks.some(({ state }) => state === 'problem'))
    ? undefined
    : await tried('trust', () => loadRoots({ ca, system, mozilla }));
  const sum =
    all === undefined ? [] : 'checks' in all ? all.checks : [ok('trust', `${all.value.sources.reduce((total, { count }) => total + count, 0)} roots in all`)];
  return [...each.flat(), ...sum];
}
async function checkOutputs({ settings }: Configuration, { cwd, env }: Runtime): Promise<readonly Check[]> {
  const { checkOutputPath } = await import('../../config/outputs.ts');
  const each = await Promise.all(
    settings.outputs.map(async (output) => {
      const { path } = output;
      const made = await tried('output', () => {
        wanted(output);
        return path === undefined ? undefined : checkOutputPath(cwd, path, env);
      });
      if ('checks' in made) return made.checks;
      if (made.value === undefined) return [];
      return writable(dirname(made.value))
        ? [ok('output', `${path}: can be written`)]
        : [problem('output', 'file', `${path}: not allowed to write into its folder`, 'another path, or another owner of the folder')];
    }),
  );
  return each.flat();
}
function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
