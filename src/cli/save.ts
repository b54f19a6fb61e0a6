import type { Recorded } from '../model/recorded.ts';
import { clean } from '../util/text.ts';
import type { Runtime } from './runtime.ts';

/** Writes down what a scan gathers, while it runs. */
export interface Saving {
  readonly record: (record: Recorded) => void;
  /** True where all of it was written. */
  readonly end: () => boolean;
}
/** A disk that is full is said at once, and costs the file, not the scan. Throws FileError where no output may go. */
export async function saveTo(path: string, { cwd, env, stderr }: Runtime): Promise<Saving> {
  const [{ checkOutputPath, openOutput }, { lineMaker }] = await Promise.all([import('../config/outputs.ts'), import('../saved/observations.ts')]);
  checkOutputPath(cwd, path, env);
  const line = lineMaker();
  let out: ReturnType<typeof openOutput> | undefined; // opened by the first record: a scan that cannot start takes no earlier file away
  let failed = false;
  const attempt = (step: () => void): void => {
    if (failed) return;
    try {
      step();
    } catch (error) {
      failed = true;
      const why = error instanceof Error && error.name === 'FileError' ? error.message : `${path}: ${error instanceof Error ? error.name : typeof error}`;
      void stderr.write(`encaudit: ${clean(why)}; the scan goes on, and its observations are not saved any further\n`);
    }
  };
  return {
    record: (record) => attempt(() => (out ??= openOutput(cwd, path, env)).append(line(record))),
    end: () => {
      attempt(() => out?.close());
      return !failed;
    },
  };
}
