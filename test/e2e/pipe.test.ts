import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { folder, run } from './run.ts';
import { plainPort, silentPort } from './servers.ts';

let [cwd, plain]: [string, string] = ['', ''];
beforeAll(async () => {
  plain = await plainPort();
  const { stdout } = await run(['scan', plain, '-f', 'json']);
  const result: { readonly evidence: Readonly<Record<string, object>> } = JSON.parse(stdout);
  const [record] = Object.values(result.evidence);
  const many = Array.from({ length: 20_000 }, (_, i) => `ev-${String(i).padStart(16, '0')}`).map((id) => [id, { ...record, id }]);
  cwd = folder({ 'big.json': JSON.stringify({ ...result, evidence: Object.fromEntries(many) }) });
});

test.concurrent('a large report to a slow pipe arrives whole', async () => {
  const ended = await run(['report', 'big.json', '-f', 'json'], { cwd, shell: '"$@" | { sleep 1; cat > slow.json; }' });
  expect(ended.last).toBe('exit 0: reported big.json');
  await run(['report', 'big.json', '-q', '-f', 'json=file.json'], { cwd });
  expect(statSync(join(cwd, 'file.json')).size).toBeGreaterThan(5_000_000);
  expect(readFileSync(join(cwd, 'slow.json')).equals(readFileSync(join(cwd, 'file.json')))).toBe(true);
});
test.concurrent('a large report to a slow reader, though a connection lingers', async () => {
  const silent = await silentPort();
  const ended = await run(['scan', plain, silent, '--timeout', '300', '-v', '-f', 'json'], { shell: '"$@" | { sleep 3; cat; }' });
  expect(JSON.parse(ended.stdout)).toMatchObject({ schemaVersion: 1 });
  expect(ended.last).toMatch(/^exit 1: /);
});
test.concurrent('a reader who has seen enough changes no exit code', async () => {
  const [scan, report] = await Promise.all([
    run(['scan', plain, '-v', '-f', 'json'], { shell: '{ "$@"; echo "code $?" >&2; } | head -c 10' }),
    run(['report', 'big.json', '-f', 'json'], { cwd, shell: '{ "$@"; echo "code $?" >&2; } | head -c 10' }),
  ]);
  expect(scan.stderr).toBe('exit 1: 1 high finding ≥ --fail-on high\ncode 1\n');
  expect(report.stderr).toBe('exit 0: reported big.json\ncode 0\n');
  expect(report.stdout).toHaveLength(10);
});
test.concurrent('a stderr that nobody reads changes no exit code', async () => {
  expect(await run(['scan', plain, '-q'], { shell: '{ "$@" 2>&1 >/dev/null; echo "code $?" >&2; } | true' })).toMatchObject({ stderr: 'code 1\n' });
});
test.concurrent('standard output that cannot be written is no success', async () => {
  const [report, scan] = await Promise.all([
    run(['report', 'big.json', '-f', 'json'], { cwd, shell: 'ulimit -f 1; "$@" > cut.json' }),
    run(['scan', plain], { cwd, shell: 'ulimit -f 0; "$@" > cut.txt' }),
  ]);
  expect(report).toMatchObject({ status: 4, last: expect.stringMatching(/^exit 4: standard output: .*; reported big\.json$/) });
  expect(scan).toMatchObject({ status: 4, last: expect.stringMatching(/^exit 4: standard output: .*; 1 high finding/) });
});
