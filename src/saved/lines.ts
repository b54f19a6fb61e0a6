import { readSync } from 'node:fs';
import { FileError } from '../util/file-error.ts';

/** A line of a file without its end: where it lies, and whether a line feed ends it. */
export interface Line {
  readonly number: number; // from 1
  readonly bytes: Buffer;
  readonly position: number;
  readonly ended: boolean;
}
const chunkBytes = 64 * 1024;
const newline = 10;

/** One line after another, of a file of any size. Throws FileError with file and line where one is longer than `maxBytes`. */
export function* linesOf(handle: number, file: string, maxBytes: number): Generator<Line, void> {
  let [number, position, rest]: [number, number, Buffer] = [1, 0, Buffer.alloc(0)];
  const waiting: Buffer[] = []; // pieces of a line whose end has not been seen
  let size = 0;
  const line = (ended: boolean): Line => {
    const bytes = Buffer.concat(waiting.splice(0));
    size = 0;
    const own = { number, bytes, position, ended };
    position += bytes.length + 1;
    number++;
    return own;
  };
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; ; ) {
    const got = readSync(handle, chunk, 0, chunkBytes, at);
    if (got === 0) break;
    at += got;
    rest = Buffer.from(chunk.subarray(0, got));
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      waiting.push(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      if (size + end > maxBytes) throw tooLong(file, number, maxBytes);
      yield line(true);
    }
    waiting.push(rest);
    size += rest.length;
    if (size > maxBytes) throw tooLong(file, number, maxBytes);
  }
  if (size > 0) yield line(false);
}
const tooLong = (file: string, number: number, maxBytes: number): FileError =>
  new FileError(`${file}:${number}: a line of more than ${maxBytes / 1024 / 1024} MB`);
