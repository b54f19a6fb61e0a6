import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, ftruncateSync, lstatSync, openSync, realpathSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { FileError } from '../util/file-error.ts';
import type { Env } from './ci.ts';

/** Files through which a CI runner takes orders from a step. */
const commandFiles = [
  'GITHUB_ENV',
  'GITHUB_PATH',
  'GITHUB_OUTPUT',
  'GITHUB_STATE',
  'GITHUB_STEP_SUMMARY',
  'BASH_ENV',
  'BUILDKITE_ENV_FILE',
  'DRONE_OUTPUT',
  'DRONE_ENV',
];

/** Where an output may be written: below `cwd`, through no link, onto no runner's command file and nothing of git's. Throws FileError; touches nothing. */
export function checkOutputPath(cwd: string, path: string, env: Env = {}): string {
  const refuse = (what: string): never => {
    throw new FileError(`${path}: ${what}`);
  };
  if (path === '' || path.includes('\0')) refuse('no file name');
  const root = realpathSync(cwd);
  const below = relative(resolve(cwd), resolve(cwd, path));
  if (below === '') refuse('is a folder');
  if (isAbsolute(below) || below === '..' || below.startsWith(`..${sep}`)) refuse('outputs stay below the working directory');
  const parts = below.split(sep);
  if (parts.some((part) => part.toLowerCase() === '.git')) refuse('outputs never go into .git');
  const full = join(root, below);
  for (const [index] of parts.entries()) {
    const place = join(root, ...parts.slice(0, index + 1));
    const last = index === parts.length - 1;
    const seen = look(place, path);
    if (seen === undefined && !last) refuse('its folder does not exist');
    if (seen?.isSymbolicLink()) refuse('outputs never go through links');
    if (seen && !last && !seen.isDirectory()) refuse('its folder is a file');
    if (seen && last && !seen.isFile()) refuse(seen.isDirectory() ? 'is a folder' : 'is no regular file');
  }
  for (const key of commandFiles) if (env[key] && sameFile(full, resolve(cwd, env[key]))) refuse(`is the runner's ${key} file`);
  return full;
}

/**
 * Writes an output whole or not at all: into a new file beside it, renamed at the end. The path is checked before and again before the rename, which itself
 * follows no link. Throws FileError for whatever the world does (no space, no permission), and leaves no half file behind.
 */
export function writeOutput(cwd: string, path: string, chunks: Iterable<string>, env: Env = {}, mode = 0o644): void {
  const full = checkOutputPath(cwd, path, env);
  const beside = nameBeside(full);
  const file = world(path, () => openSync(beside, exclusive, mode));
  let kept = false;
  try {
    try {
      fill(file, chunks, path);
      world(path, () => fsyncSync(file));
    } finally {
      closeSync(file);
    }
    moveTo(full, beside, cwd, path, env);
    kept = true;
  } finally {
    if (!kept) discard(beside);
  }
}
/** An output that is written while the work goes on, so that what was gathered outlives whatever ends the process. */
export interface OpenOutput {
  /** Whole or not at all: what a full disk takes half of is cut off again. Throws FileError. */
  readonly append: (text: string) => void;
  readonly close: () => void;
}
/** A new file in place of the one that was there: made beside it and renamed at once, by the rules of `writeOutput`. Throws FileError. */
export function openOutput(cwd: string, path: string, env: Env = {}, mode = 0o600): OpenOutput {
  const full = checkOutputPath(cwd, path, env);
  const beside = nameBeside(full);
  const file = world(path, () => openSync(beside, exclusive, mode));
  try {
    moveTo(full, beside, cwd, path, env);
  } catch (error) {
    closeSync(file);
    discard(beside);
    throw error;
  }
  let size = 0;
  return {
    append: (text) => {
      const bytes = Buffer.from(text);
      try {
        for (let at = 0; at < bytes.length; ) at += world(path, () => writeSync(file, bytes, at));
      } catch (error) {
        ftruncateSync(file, size);
        throw error;
      }
      size += bytes.length;
    },
    close: () => {
      try {
        world(path, () => fsyncSync(file));
      } finally {
        closeSync(file);
      }
    },
  };
}
const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const nameBeside = (full: string): string => join(dirname(full), `.${basename(full).slice(0, 100)}.${randomBytes(8).toString('hex')}.tmp`);
function moveTo(full: string, beside: string, cwd: string, path: string, env: Env): void {
  if (checkOutputPath(cwd, path, env) !== full || world(path, () => realpathSync(dirname(full))) !== dirname(full))
    throw new FileError(`${path}: outputs never go through links`);
  world(path, () => renameSync(beside, full));
}

function fill(file: number, chunks: Iterable<string>, path: string): void {
  const put = (text: string): void => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += world(path, () => writeSync(file, bytes, at));
  };
  let waiting: string[] = [];
  let size = 0;
  for (const chunk of chunks) {
    waiting.push(chunk);
    size += chunk.length;
    if (size < 65_536) continue;
    put(waiting.join(''));
    [waiting, size] = [[], 0];
  }
  put(waiting.join(''));
}
function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // somebody took it away
  }
}

const meanings: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'its folder does not exist'],
  ['ENOTDIR', 'its folder is a file'],
  ['EACCES', 'not allowed to write there'],
  ['EPERM', 'not allowed to write there'],
  ['EROFS', 'on a read-only file system'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EISDIR', 'is a folder'],
  ['ELOOP', 'outputs never go through links'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['EFBIG', 'too large for this file system'],
  ['EMFILE', 'too many open files'],
]);
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error ? error.code : undefined;
/** Errors of the system become sentences about the path; any other is a bug and goes on. */
function world<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const code = codeOf(error);
    throw code === undefined ? error : new FileError(`${path}: ${meanings.get(code) ?? `cannot be written (${code})`}`);
  }
}
function look(place: string, path: string): ReturnType<typeof lstatSync> | undefined {
  return world(path, () => lstatSync(place, { throwIfNoEntry: false }));
}
function sameFile(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    const [one, two] = [statSync(a), statSync(b)];
    return one.dev === two.dev && one.ino === two.ino;
  } catch {
    return false;
  }
}
