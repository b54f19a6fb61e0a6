import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const bin = resolve(import.meta.dirname, '../../bin/encaudit.js');

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
  readonly stdin?: string;
  /** Called with the process once it has started. */
  readonly during?: (child: ChildProcess) => void;
}

/** Runs the built command as a user would: own process, nothing of the CI's or a cloud's environment. */
export function run(args: readonly string[], { cwd = folder(), env = {}, stdin = '', during = () => {} }: How = {}): Promise<Ended> {
  const clean = { PATH: process.env['PATH'] ?? '', HOME: cwd, NO_COLOR: '1', AWS_EC2_METADATA_DISABLED: 'true', ...env };
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: clean });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {}).end(stdin);
  during(child);
  return new Promise((done) => {
    child.once('close', (status) => done({ status, stdout, stderr, last: stderr.trimEnd().split('\n').at(-1) ?? '' }));
  });
}

/** An empty folder for the length of one test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'encaudit-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
