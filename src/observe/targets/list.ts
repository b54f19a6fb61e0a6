import type { Target } from '../../model/target.ts';
import { FileError } from '../../util/file-error.ts';
import { TargetError } from './error.ts';
import { parseTarget } from './parse.ts';

const maxBytes = 1024 * 1024;
const maxTargets = 20_000;
const maxComplaints = 20;

/** A file of targets, one a line, `#` comments. Throws FileError with `file:line:column`; it quotes no line, for the file may not be one of targets. */
export function parseTargetList(file: string, text: string): readonly Target[] {
  if (text.length > maxBytes) throw new FileError(`${file}: larger than 1 MiB`);
  if (text.includes('\0')) throw new FileError(`${file}: a binary file, not a list of targets`);
  const targets: Target[] = [];
  const complaints: string[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.replace(/(^|[ \t])#.*$/, '').trim();
    if (line === '') continue;
    const spot = { file, line: index + 1, column: raw.indexOf(line) + 1 };
    if (targets.length >= maxTargets) throw new FileError(`${file}:${spot.line}:${spot.column}: more than ${maxTargets} targets`);
    try {
      targets.push({ ...parseTarget(line), declaredAt: spot });
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      complaints.push(`${file}:${spot.line}:${spot.column}: ${error.what}`);
      if (complaints.length >= maxComplaints) break;
    }
  }
  if (complaints.length > 0) throw new FileError(complaints.join('\n'));
  return targets;
}

/** The text behind `@file` and `-`; whoever calls decides what may be read. */
export interface Inputs {
  readonly readFile: (file: string) => string;
  readonly stdin?: string;
}
/** Words of a command line → targets; one that is named twice counts once, with a note. Throws TargetError and FileError. */
export function expandTargets(words: readonly string[], inputs: Inputs): { readonly targets: readonly Target[]; readonly notes: readonly string[] } {
  const all = words.flatMap((word): readonly Target[] => {
    if (word === '-') {
      if (inputs.stdin === undefined) throw new TargetError('no targets on standard input', word);
      return parseTargetList('-', inputs.stdin);
    }
    if (word === '@') throw new TargetError('no file name after the @', word);
    return word.startsWith('@') ? parseTargetList(word.slice(1), inputs.readFile(word.slice(1))) : [parseTarget(word)];
  });
  const byId = new Map<string, Target>();
  const notes: string[] = [];
  for (const target of all) {
    const first = byId.get(target.id);
    if (first === undefined) byId.set(target.id, target);
    else notes.push(`${target.label} and ${first.label} are one target (${target.id}); it is scanned once`);
  }
  return { targets: [...byId.values()], notes };
}
