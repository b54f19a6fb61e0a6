import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { FileError } from '../util/file-error.ts';
import { nearFile } from '../util/near-file.ts';

/** The value in a regular file of at most `maxBytes`; `ifMissing` is what to say of the way out. Throws FileError: missing, no file, too large, binary, not JSON. */
export const readJson = (file: string, maxBytes: number, ifMissing = ''): unknown => parseJson(file, bounded(file, maxBytes, ifMissing));

/** Opens a regular file for reading. Throws FileError: missing, not readable, no file. */
export function openFile(file: string, ifMissing = ''): number {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // a pipe must not make us wait
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    throw new FileError(
      `${file}: ${code === 'ENOENT' ? `no such file${nearFile(file) || ifMissing}` : code === 'EACCES' ? 'not readable' : 'cannot be opened'}`,
    );
  }
  if (fstatSync(handle).isFile()) return handle;
  closeSync(handle);
  throw new FileError(`${file}: not a file`);
}
/** Never reads more than the limit, whatever the file says of its size. */
function bounded(file: string, maxBytes: number, ifMissing: string): Buffer {
  const handle = openFile(file, ifMissing);
  try {
    const { size } = fstatSync(handle);
    if (size > maxBytes) throw new FileError(`${file}: larger than ${maxBytes / 1024 / 1024} MB`);
    const bytes = Buffer.alloc(size);
    let read = 0;
    while (read < bytes.length) {
      const got = readSync(handle, bytes, read, bytes.length - read, read);
      if (got === 0) break;
      read += got;
    }
    return bytes.subarray(0, read);
  } finally {
    closeSync(handle);
  }
}
/** The same from bytes that were read already; `file` is what they are called. */
export function parseJson(file: string, bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new FileError(`${file}: empty`);
  if (bytes.includes(0)) throw new FileError(`${file}: a binary file, not JSON`);
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FileError(`${file}: a binary file, not JSON`);
  }
  try {
    return JSON.parse(source);
  } catch {
    const cutOff = !/\}\s*$/.test(source.slice(-64));
    throw new FileError(`${file}: not JSON${cutOff && source.trimStart().startsWith('{') ? '; it seems to be cut off' : ''}`);
  }
}
