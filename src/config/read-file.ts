import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { FileError } from '../util/file-error.ts';
import { nearFile } from '../util/near-file.ts';

const why: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'no such file'],
  ['EACCES', 'not allowed to read it'],
  ['EPERM', 'not allowed to read it'],
  ['EISDIR', 'is a folder'],
  ['ELOOP', 'too many links'],
]);
/** The text of a regular file of at most `maxBytes`. Never waits (pipes, devices) and never reads further; throws FileError that names the file. */
export function readTextFile(path: string, maxBytes = 1024 * 1024, name = path): string {
  const refuse = (what: string): never => {
    throw new FileError(`${name}: ${what}`);
  };
  if (path.includes('\0')) refuse('no such file');
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return refuse(`${why.get(code) ?? `cannot be read (${code})`}${code === 'ENOENT' ? nearFile(path, name) : ''}`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) refuse(stat.isDirectory() ? 'is a folder' : 'is no regular file');
    if (stat.size > maxBytes) refuse(`larger than ${Math.floor(maxBytes / 1024)} KiB`);
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let got = 1; got > 0 && length <= maxBytes; length += got) got = readSync(file, bytes, length, bytes.length - length, null);
    if (length > maxBytes) refuse(`larger than ${Math.floor(maxBytes / 1024)} KiB`);
    const read = bytes.subarray(0, length);
    if (read.includes(0)) refuse('a binary file, not text');
    return decode(read) ?? refuse('not UTF-8 text');
  } finally {
    closeSync(file);
  }
}
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
