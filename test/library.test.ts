import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleartext } from '../src/demo/servers.ts';
import type { Stop } from '../src/demo/listen.ts';
import { ruleText } from './support/rule-text.ts';

// The examples of docs/library.md, as a program outside of this package would run them: against dist/, by the exports of package.json.
const blocks = [...readFileSync('docs/library.md', 'utf8').matchAll(/^## (.*)\n[^]*?```js\n([^]*?)```/gm)].map(
  ([, title = '', code = '']) => [title, code] as const,
);
let server: Stop & { readonly port: number };
let cwd = '';
beforeAll(async () => {
  server = await cleartext();
  cwd = realpathSync(mkdtempSync(join(tmpdir(), 'encaudit-library-')));
  mkdirSync(join(cwd, 'node_modules'));
  symlinkSync(resolve('.'), join(cwd, 'node_modules/encaudit'), 'junction');
  mkdirSync(join(cwd, 'rules'));
  writeFileSync(join(cwd, 'rules/own.yaml'), ruleText({ id: 'own/offered' }));
});
afterAll(async () => {
  await server.stop();
  rmSync(cwd, { recursive: true, force: true });
});
async function ran(title: string): Promise<string> {
  const code = blocks.find(([one]) => one === title)?.[1] ?? '';
  const file = join(cwd, `${title.replaceAll(/\W+/g, '-')}.mjs`);
  writeFileSync(file, code.replaceAll('shop.example:443', `127.0.0.1:${server.port}`));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd, timeout: 60_000 });
  expect(stderr).toBe('');
  return stdout;
}

test('each section has an example', () => {
  expect(blocks.map(([title]) => title)).toEqual([
    'Scan and look at the result',
    'Write a report',
    'Rules of your own',
    'Save what was seen, and judge it again',
    'Judge observations of your own',
    'Another gate, a baseline',
  ]);
});
test('scan', async () => {
  expect(await ran('Scan and look at the result')).toMatch(/^fail high tls\/offered endpoint:\/\/127\.0\.0\.1:\d+ .*\n\d+ 1 1 high finding/);
});
test('reports, and another gate over one of them', async () => {
  expect(await ran('Write a report')).toMatch(/^encaudit .*\n[^]*Technical evidence, not an attestation\.\n$/);
  expect(JSON.parse(readFileSync(join(cwd, 'result.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' });
  expect(await ran('Another gate, a baseline')).toMatch(/^\{ exit: 0, reasons: \[ 'gate passed \(--fail-on high\)' \] \}\n$/);
});
test('rules', async () => {
  expect(await ran('Rules of your own')).toMatch(/^\d+ \[\n\s+\{\n\s+rule: 'tls\/offers-tls-1-3',/);
});
test('saved observations', async () => {
  expect(await ran('Save what was seen, and judge it again')).toBe('1 2099-01-01T00:00:00Z\n');
  expect(statSync(join(cwd, 'seen.ndjson')).mode & 0o777).toBe(0o600);
});
test('observations of your own', async () => {
  expect(await ran('Judge observations of your own')).toBe("[ 'tls/offered fail' ]\n");
});
