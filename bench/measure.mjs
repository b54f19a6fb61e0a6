// What the benchmarks share: a child process with its wall time and memory, and words for the results.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

export const bin = join(import.meta.dirname, '../bin/encaudit.js');
export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
export const mb = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const both = (values) => `${seconds(median(values))} (best ${seconds(Math.min(...values))})`;
/** Median and best of several runs; where others work on the machine its load says what the wall time is worth, and processor time says more. */
export const times = (runs) => `${both(runs.map(({ ms }) => ms))} of wall time, ${both(runs.map(({ cpu }) => cpu))} of processor time; ${runs.length} runs, load ${loadavg()[0].toFixed(1)}`;

/** A folder that is gone when the process ends. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'encaudit-bench-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs node and watches its resident memory and processor time through /proc (Linux): the peak in bytes, and samples over time. */
export function run(args, { cwd, env = {}, every = 20 } = {}) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const samples = [];
  let [peak, cpu] = [0, 0];
  const look = () => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const kb = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
      peak = Math.max(peak, kb('VmHWM'));
      const [, , user, system] = /\) (.+)/.exec(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))[1].split(' ').slice(9);
      cpu = Math.max(cpu, (Number(user) + Number(system)) * 10); // ticks of 10 ms
      samples.push({ ms: performance.now() - start, rss: kb('VmRSS') });
    } catch {} // it has ended
  };
  const timer = setInterval(look, every);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => {
    child.on('close', (exit) => {
      clearInterval(timer);
      resolve({ ms: performance.now() - start, cpu, peak, samples: samples.filter(({ rss }) => rss > 0), exit, out, err });
    });
  });
}
