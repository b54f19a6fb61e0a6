import { join } from 'node:path';
import { FileError } from '../../util/file-error.ts';
import { checkExamples } from './examples.ts';
import { ruleTexts } from './files.ts';
import { loadRule, type LoadOptions } from './load.ts';

export interface Tested {
  readonly id: string; // empty where the file could not be loaded
  readonly file: string;
  readonly complaints: readonly string[];
}
/** `rules test DIR`: every file by itself, so that one broken one hides no other. Throws FileError only where the folder cannot be read. */
export function testRules(folder: string, options: LoadOptions = {}): readonly Tested[] {
  const taken = new Map(options.taken);
  return ruleTexts(folder).map(({ name, text }) => {
    const file = join(folder, name);
    try {
      const loaded = loadRule(file, text, { ...options, taken });
      taken.set(loaded.file.id, file);
      return { id: loaded.file.id, file, complaints: checkExamples(loaded) };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return { id: '', file, complaints: error.message.split('\n') };
    }
  });
}
