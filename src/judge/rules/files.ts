import { closeSync, constants, openSync, readdirSync, readSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join, sep } from 'node:path';
import { FileError } from '../../util/file-error.ts';
import { byCodeUnit } from '../../util/text.ts';

export interface RuleText {
  readonly name: string;
  readonly text: string;
}
const [maxFiles, maxBytes, maxDepth] = [1000, 64 * 1024, 8];

/** The .yaml files under a folder, by path; hidden ones and the catalogue (`frameworks`) are left out. A link counts only where it leads to a file inside the folder. */
export function ruleTexts(folder: string): readonly RuleText[] {
  const root = real(folder);
  const names = below(folder, '', 0)
    .filter((name) => !name.startsWith(`frameworks${sep}`))
    .sort(byCodeUnit);
  if (names.length > maxFiles) throw new FileError(`${folder}: more than ${maxFiles} rule files`);
  return names.map((name) => ({ name, text: read(join(folder, name), root) }));
}
function below(folder: string, under: string, depth: number): readonly string[] {
  if (depth > maxDepth) throw new FileError(`${join(folder, under)}: folders are nested more than ${maxDepth} deep`);
  return entries(join(folder, under))
    .filter((entry) => !entry.name.startsWith('.'))
    .flatMap((entry) => {
      const name = join(under, entry.name);
      if (entry.isDirectory()) return below(folder, name, depth + 1);
      return /\.ya?ml$/.test(entry.name) ? [name] : [];
    });
}
function entries(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    throw new FileError(`${folder}: cannot be read as a folder of rules`);
  }
}
function read(path: string, root: string): string {
  const target = real(path);
  if (!target.startsWith(root + sep)) throw new FileError(`${path}: a link that leads out of the folder of rules`);
  const stat = statSync(target);
  if (!stat.isFile()) throw new FileError(`${path}: not a file`);
  const file = openSync(target, constants.O_RDONLY | constants.O_NONBLOCK); // should it have become a pipe
  try {
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let n = -1; n !== 0 && length < bytes.length; length += n) n = readSync(file, bytes, length, bytes.length - length, null);
    if (length > maxBytes) throw new FileError(`${path}: larger than ${maxBytes / 1024} KiB`);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new FileError(`${path}: does not exist, or is a link to nothing`);
  }
}
