import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Keeps values that are needed again later: the first ones as they are, those beyond the limit as JSON in a temporary file, read back one at a time. */
export interface Shelf {
  /** The value must be one that JSON gives back equal. */
  readonly keep: <T>(value: T) => () => T;
}
interface Spill {
  readonly file: number;
  size: number;
}
const inMemory = 8 * 1024 * 1024; // characters of JSON; as objects about three times that

export function shelf(limit = inMemory): Shelf {
  let [held, full]: [number, boolean] = [0, false];
  let spill: Spill | undefined;
  return {
    keep: (value) => {
      const text = full ? '' : JSON.stringify(value);
      if (held + text.length <= limit) {
        held += text.length;
        return holding(value);
      }
      try {
        spill ??= openSpill();
        return reading(spill, append(spill, text));
      } catch {
        full = true; // no temporary folder, or its disk is full: memory it is
        return holding(value);
      }
    },
  };
}
/** Functions of their own: what is made where a value is in sight would hold on to it. */
const holding =
  <T>(value: T): (() => T) =>
  () =>
    value;
const reading =
  (spill: Spill, [position, length]: readonly [number, number]) =>
  (): ReturnType<typeof JSON.parse> =>
    JSON.parse(read(spill.file, position, length));

/** Mode 0600 in a folder of mode 0700; without a name from the start, so that nothing is left behind whatever ends the process. */
function openSpill(): Spill {
  const folder = mkdtempSync(join(tmpdir(), 'encaudit-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const spill: Spill = { file: openSync(join(folder, 'spill'), 'wx+', 0o600), size: 0 };
    whenGone.register(spill, spill.file);
    return spill;
  } finally {
    try {
      remove();
    } catch {
      process.once('exit', remove); // a system on which an open file keeps its name
    }
  }
}
const whenGone = new FinalizationRegistry<number>((file) => closeSync(file));

function append(spill: Spill, text: string): readonly [position: number, length: number] {
  const bytes = Buffer.from(text);
  const position = spill.size;
  for (let at = 0; at < bytes.length; ) at += writeSync(spill.file, bytes, at, bytes.length - at, position + at);
  spill.size += bytes.length;
  return [position, bytes.length];
}
function read(file: number, position: number, length: number): string {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const got = readSync(file, bytes, at, length - at, position + at);
    if (got === 0) throw new Error('a temporary file ended early');
    at += got;
  }
  return bytes.toString('utf8');
}
