import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, vi } from 'vitest';

export const bin = resolve(import.meta.dirname, '../../bin/encaudit.js');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stderr: the code and why. */
  readonly last: string;
}
export interface How {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | null; // null: stays open
  /** A line for sh in which "$@" is the command. */
  readonly shell?: string;
  /** Called with the process once it has started. */
  readonly during?: (child: ChildProcess) => void;
}
const atMost = 60_000; // ms; a run that takes longer hangs
vi.setConfig({ testTimeout: 2 * atMost, hookTimeout: 2 * atMost });

/** Runs the built command as a user would: own process, nothing of the CI's or a cloud's environment. */
export function run(args: readonly string[], { cwd = folder(), env = {}, stdin = '', shell, during = () => {} }: How = {}): Promise<Ended> {
  const clean = { PATH: process.env['PATH'] ?? '', HOME: cwd, NO_COLOR: '1', AWS_EC2_METADATA_DISABLED: 'true', ...env };
  const argv = [process.execPath, bin, ...args];
  const child =
    shell === undefined ? spawn(process.execPath, argv.slice(1), { cwd, env: clean }) : spawn('sh', ['-c', shell, 'sh', ...argv], { cwd, env: clean });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {});
  if (stdin !== null) child.stdin.end(stdin);
  const timer = setTimeout(() => child.kill('SIGKILL'), atMost);
  during(child);
  return new Promise((done) => {
    child.once('close', (status) => {
      clearTimeout(timer);
      done({ status, stdout, stderr, last: stderr.trimEnd().split('\n').at(-1) ?? '' });
    });
  });
}

const folders: string[] = [];
afterAll(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});
/** A folder until the end of the test file, with these files in it. */
export function folder(files: Readonly<Record<string, string>> = {}): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'encaudit-test-')));
  folders.push(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}
