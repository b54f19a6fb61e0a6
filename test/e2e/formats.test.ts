import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { folder, run, type Ended } from './run.ts';
import { goodEndpoint, goodFiles, plainPort } from './servers.ts';

const formats = ['json', 'sarif', 'junit', 'markdown'] as const;
const parses: Readonly<Record<(typeof formats)[number], (text: string) => void>> = {
  json: (text) => expect(JSON.parse(text)).toMatchObject({ schemaVersion: 1, gate: { exit: 1 } }),
  sarif: (text) => expect(JSON.parse(text)).toMatchObject({ version: '2.1.0', runs: [{ tool: { driver: { name: 'encaudit' } } }] }),
  junit: (text) => expect(text).toMatch(/^<\?xml [^]*<testsuites [^]*<\/testsuites>\n?$/),
  markdown: (text) => expect(text).toMatch(/^# [^]*tls\/offered/),
};
let [cwd, good, plain]: [string, readonly string[], string] = ['', [], ''];
let scanned: Ended;
beforeAll(async () => {
  [cwd, good, plain] = [folder(goodFiles), await goodEndpoint(), await plainPort()];
  // `plain` stands twice, so that there is a note for stderr
  scanned = await run(['scan', plain, plain, '-f', 'terminal', ...formats.flatMap((format) => ['-f', `${format}=result.${format}`])], { cwd });
});
const file = (name: string): string => readFileSync(join(cwd, name), 'utf8');

test('one scan, every report', () => {
  expect(scanned).toMatchObject({ status: 1, last: 'exit 1: 1 high finding ≥ --fail-on high' });
  for (const format of formats) parses[format](file(`result.${format}`));
  expect(scanned.stdout).toMatch(/^encaudit \d/);
});
test.concurrent.each(formats)('%s alone on stdout, with notes and -v beside it', async (format) => {
  const { stdout, stderr } = await run(['scan', plain, plain, '-v', '-f', format], { cwd });
  parses[format](stdout);
  expect(stderr).toMatch(/^encaudit: .* are one target [^\n]*\nexit 1: [^\n]*\n$/);
});
test.concurrent.each([...formats, 'terminal'])('report gives the %s of the scan, byte by byte', async (format) => {
  const [out, saved] = await Promise.all([
    run(['report', 'result.json', '-f', format], { cwd }),
    run(['report', 'result.json', '-q', '-f', `${format}=again.${format}`], { cwd }),
  ]);
  expect(out).toMatchObject({ status: 0, last: 'exit 0: reported result.json' });
  expect(out.stdout).toBe(format === 'terminal' ? scanned.stdout : file(`result.${format}`));
  expect(saved.stdout).toBe('');
  expect(file(`again.${format}`)).toBe(out.stdout);
});
test.concurrent('the gate of the result is the gate of the scan, until other thresholds are given', async () => {
  const [same, tolerant, scored, control, unknown] = await Promise.all([
    run(['gate', 'result.json'], { cwd }),
    run(['gate', 'result.json', '--fail-on', 'critical'], { cwd }),
    run(['gate', 'result.json', '--fail-on', 'none', '--min-score', '99'], { cwd }),
    run(['gate', 'result.json', '--fail-on', 'none', '--fail-on-control', 'pci:4.2.1'], { cwd }),
    run(['gate', 'result.json', '--fail-on', 'none'], { cwd, env: { ENCAUDIT_FAIL_ON: 'high' } }),
  ]);
  expect(same).toMatchObject({ status: scanned.status, stdout: '', last: scanned.last });
  expect(tolerant).toMatchObject({ status: 0, last: 'exit 0: gate passed (--fail-on critical)' });
  expect(scored).toMatchObject({ status: 1, last: expect.stringMatching(/^exit 1: score \d+ < --min-score 99$/) });
  expect(control.status).toBe(0); // at risk is not failed
  expect(unknown).toMatchObject({ status: 0, last: 'exit 0: gate passed (--fail-on none)' }); // a flag comes before a variable
});
test.concurrent('quiet: only what was asked for', async () => {
  expect(await run(['scan', plain, plain, '-q'], { cwd })).toMatchObject({ stdout: '', stderr: 'exit 1: 1 high finding ≥ --fail-on high\n' });
});
test.concurrent('-v shows what was observed, and changes no verdict', async () => {
  const [short, long] = await Promise.all([run(['scan', ...good], { cwd }), run(['scan', ...good, '-v'], { cwd })]);
  expect([short.status, long.status]).toEqual([0, 0]);
  expect(short.stdout).not.toContain('CN=good.test');
  expect(long.stdout).toContain('CN=good.test');
});
test.concurrent('colour only where it is wanted', async () => {
  const [piped, forced, refused] = await Promise.all([
    run(['report', 'result.json'], { cwd, env: { NO_COLOR: '' } }),
    run(['report', 'result.json'], { cwd, env: { NO_COLOR: '', FORCE_COLOR: '1' } }),
    run(['report', 'result.json'], { cwd, env: { NO_COLOR: '1', FORCE_COLOR: '1' } }),
  ]);
  expect(piped.stdout).not.toContain('\u001b');
  expect(forced.stdout).toContain('\u001b[');
  expect(refused.stdout).toBe(piped.stdout);
});
