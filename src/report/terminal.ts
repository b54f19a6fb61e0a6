import { Chalk } from 'chalk';
import type { Reporter } from '../model/reporter.ts';
import type { SubjectResult } from '../model/result.ts';
import { findings } from './terminal/findings.ts';
import type { Look } from './terminal/layout.ts';
import { header, summary } from './terminal/summary.ts';
import { tables } from './terminal/table.ts';

/** What a person reads: what was seen, what is wrong with it, what to do first. The JSON report loses nothing; this one tells what matters. */
export const terminal: Reporter = {
  id: 'terminal',
  extension: 'txt',
  *render(result, { color, width, verbose = false }) {
    const { bold, dim, red, yellow, green, cyan } = new Chalk({ level: color ? 1 : 0 });
    const look: Look = { bold, dim, red, yellow, green, cyan, verbose, width: Math.min(240, Math.max(60, width)) };
    const seen = { ...result, subjects: result.subjects.filter((one) => !isEmptyListing(one)) };
    yield* header(result, look);
    yield* tables(seen, look);
    yield* findings(seen, look);
    yield* summary(result, look);
  },
};
/** What stands for a kind of which the account has nothing: of no interest to a person. */
const isEmptyListing = ({ id, summary: { worst, unknowns } }: SubjectResult): boolean => id.startsWith('aws://') && worst === undefined && unknowns === 0;
