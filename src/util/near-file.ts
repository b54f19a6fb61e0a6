import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { closest } from './suggest.ts';

const mostNames = 10_000;
/** `; did you mean "result.json"?` for a file that is not there, or nothing where its folder holds no like name; `shown` is how the file was called. */
export function nearFile(path: string, shown = path): string {
  try {
    const names = readdirSync(dirname(path)).slice(0, mostNames);
    const folder = dirname(shown);
    return closest(basename(path), names).replace(/"(.*)"/, (_all, name: string) => `"${folder === '.' ? name : join(folder, name)}"`);
  } catch {
    return '';
  }
}
