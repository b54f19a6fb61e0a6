import { existsSync } from 'node:fs';
import type { Catalogue } from '../model/catalogue.ts';
import type { LoadedRule } from '../judge/rules/load.ts';
import { FileError } from '../util/file-error.ts';

export interface Knowledge {
  readonly builtIn: readonly LoadedRule[];
  readonly rules: readonly LoadedRule[]; // built-in ones, then those of the user
  readonly catalogue: Catalogue;
}
/** The rules of this package, those of the given folders, and the control catalogue. Throws FileError. */
export async function knowledge(ruleDirs: readonly string[]): Promise<Knowledge> {
  const [{ builtInRules }, { loadUserRules }, { builtInCatalogue }] = await Promise.all([
    import('../judge/rules/built-in.ts'),
    import('../judge/rules/load.ts'),
    import('../judge/catalogue.ts'),
  ]);
  const missing = ruleDirs.find((folder) => !existsSync(folder));
  if (missing !== undefined) throw new FileError(`${missing}: no such folder of rules`);
  const [builtIn, catalogue] = [builtInRules(), builtInCatalogue()];
  return { builtIn, catalogue, rules: [...builtIn, ...loadUserRules(ruleDirs, builtIn, Object.keys(catalogue.families))] };
}
