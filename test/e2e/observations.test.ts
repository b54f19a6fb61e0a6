import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { folder, run } from './run.ts';
import { awsWorld, goodEndpoint, goodFiles, plainPort, rudePort, silentPort } from './servers.ts';

interface Seen {
  readonly judgedAt: string;
  readonly interrupted?: string;
  readonly subjects: readonly { readonly id: string; readonly passed: readonly string[] }[];
  readonly evidence: Readonly<Record<string, { readonly at: string }>>;
}
const read = (cwd: string, name: string): string => readFileSync(join(cwd, name), 'utf8');
const seen = (cwd: string, name = 'first.json'): Seen => JSON.parse(read(cwd, name));
const formats = ['json', 'sarif', 'junit', 'markdown', 'terminal'];
const reports = (name: string): readonly string[] => formats.flatMap((format) => ['-f', `${format}=${name}.${format}`]);
/** Until the file says so, or it never will. */
async function until(said: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !said(); i++) await sleep(20);
  expect(said()).toBe(true);
}
const has = (cwd: string, text: string | RegExp): boolean => readdirSync(cwd).includes('o.ndjson') && read(cwd, 'o.ndjson').search(text) >= 0;

test.concurrent('saved and judged again, every report has the same bytes; and nobody is asked anything', async () => {
  let connections = 0;
  const rude = await rudePort((socket) => {
    connections++;
    socket.end();
  });
  const env = await awsWorld();
  const cwd = folder({
    ...goodFiles,
    'encaudit.yaml': `targets:\n  - { target: "aws:s3", data: pci }\n  - ${await plainPort()}\n  - { target: "${rude}", tags: [a] }\n`,
  });
  const first = await run(['scan', '-q', '--timeout', '20000', '--save-observations', 'o.ndjson', ...reports('first')], { cwd, env });
  const [asked, at] = [connections, seen(cwd, 'first.json').judgedAt];
  const second = await run(['scan', '-q', '--observations', 'o.ndjson', '--now', at, ...reports('second')], { cwd, env });
  expect(second).toEqual(first);
  for (const format of formats) expect(read(cwd, `second.${format}`), format).toBe(read(cwd, `first.${format}`));
  expect(connections).toBe(asked);
  expect(asked).toBeGreaterThan(0);
  expect(seen(cwd).subjects.length).toBeGreaterThan(3);
  expect(statSync(join(cwd, 'o.ndjson')).mode & 0o777).toBe(0o600);
  expect(readdirSync(cwd).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});
test.concurrent('no secret of target, environment or account is saved', async () => {
  const env = await awsWorld();
  const cwd = folder();
  const secrets = ['hunter2-password', 'tok-4711', env['AWS_SECRET_ACCESS_KEY'] ?? '', 'planted-session-token'];
  const words = [`https://admin:${secrets[0]}@${await plainPort()}/?token=${secrets[1]}`, 'aws:s3'];
  await run(['scan', ...words, '-q', '--timeout', '20000', '--save-observations', 'o.ndjson', '-f', 'json=r.json'], {
    cwd,
    env: { ...env, AWS_SESSION_TOKEN: secrets[3] ?? '' },
  });
  const text = read(cwd, 'o.ndjson');
  expect(text).toContain('"is":"end"');
  for (const secret of secrets) {
    expect(secret).not.toBe('');
    expect(text).not.toContain(secret);
  }
});
test.concurrent('Ctrl-C: what was gathered is saved, with its end', async () => {
  const cwd = folder();
  const words = [await plainPort(), await silentPort()];
  const first = await run(['scan', ...words, '-q', '--timeout', '50000', '--save-observations', 'o.ndjson', '-f', 'json=first.json'], {
    cwd,
    during: (child) => void until(() => has(cwd, /"is":"done"/)).then(() => child.kill('SIGINT')),
  });
  expect(first.status).toBe(130);
  const again = await run(['scan', '-q', '--observations', 'o.ndjson', '--now', seen(cwd).judgedAt, '-f', 'json=second.json'], { cwd });
  expect(again.last).toBe(first.last);
  expect(read(cwd, 'second.json')).toBe(read(cwd, 'first.json'));
});
test.concurrent('kill -9: what was written can be judged, and is said to be cut off', async () => {
  const cwd = folder();
  const [plain, silent] = [await plainPort(), await silentPort()];
  const first = await run(['scan', plain, silent, '--timeout', '50000', '--save-observations', 'o.ndjson'], {
    cwd,
    during: (child) => void until(() => has(cwd, /"is":"done"/)).then(() => child.kill('SIGKILL')),
  });
  expect(first.status).toBe(null);
  writeFileSync(join(cwd, 'o.ndjson'), `${read(cwd, 'o.ndjson')}{"is":"observa`);
  const again = await run(['scan', '--observations', 'o.ndjson', '-f', 'json=r.json', '-f', 'terminal', '--max-unknown', '1000'], { cwd });
  expect(again).toMatchObject({ status: 1, last: expect.stringMatching(/1 high finding .*the saved observations have no end$/) });
  expect(again.stdout).toMatch(/! Cut off: the saved observations have no end/);
  const result = seen(cwd, 'r.json');
  expect(result.interrupted).toBe('cut-off');
  expect(result.subjects.find(({ id }) => id.endsWith(silent))?.passed).toEqual([]);
});
test.concurrent('a full disk is said at once, and costs the file, not the scan', async () => {
  const cwd = folder();
  const ended = await run(['scan', await plainPort(), '--save-observations', 'o.ndjson', '-f', 'json'], { cwd, shell: 'ulimit -f 10; "$@" | cat' });
  expect(ended.stderr).toMatch(/^encaudit: o\.ndjson: too large for this file system; the scan goes on/);
  expect(ended.last).toMatch(/^exit 4: not written: o\.ndjson; 1 high finding/);
  expect(JSON.parse(ended.stdout)).toMatchObject({ schemaVersion: 1 });
  expect(read(cwd, 'o.ndjson').endsWith('\n')).toBe(true);
  expect((await run(['scan', '--observations', 'o.ndjson', '-q'], { cwd })).last).toMatch(/have no end$/);
});
test.concurrent('another date: ends of certificates are measured there, evidence keeps its time, and the report says so', async () => {
  const cwd = folder(goodFiles);
  const words = await goodEndpoint();
  const now = await run(['scan', ...words, '-q', '--save-observations', 'o.ndjson', '-f', 'json=first.json'], { cwd });
  expect(now.status).toBe(0);
  const [live, saved] = [
    await run(['scan', ...words, '--now', '2099-01-01', '-f', 'json=r.json', '-f', 'terminal'], { cwd }),
    await run(['scan', '--skip', 'http/*', '--observations', 'o.ndjson', '--now', '2099-01-01T00:00:00Z'], { cwd }),
  ];
  for (const { status, stdout } of [live, saved]) {
    expect(status).toBe(1);
    expect(stdout).toMatch(/! Judged as of 2099-01-01T00:00:00\.000Z, observed from/);
    expect(stdout).toMatch(/cert\/not-expired/);
  }
  expect(seen(cwd, 'r.json').judgedAt).toBe('2099-01-01T00:00:00.000Z');
  for (const { at } of Object.values(seen(cwd, 'r.json').evidence)) expect(at < '2098').toBe(true);
});

test('an earlier file gives way only where the scan starts', async () => {
  const cwd = folder({ 'o.ndjson': 'earlier\n' });
  const ended = await command(['scan', 'a.test', '--save-observations', 'o.ndjson', '--ca', 'missing.pem'], { cwd });
  expect(ended.status).toBe(2);
  expect(read(cwd, 'o.ndjson')).toBe('earlier\n');
});
const wrong: readonly (readonly [readonly string[], RegExp])[] = [
  [['a.test', '--observations', 'o.ndjson'], /^--observations judges what o\.ndjson holds; leave out the target, or leave out --observations$/],
  [['--observations', 'o.ndjson', '--ip', '127.0.0.1'], /^--ip belongs to a scan; --observations judges an earlier one$/],
  [['--observations', 'o.ndjson', '--save-observations', 'p.ndjson'], /^--save-observations belongs to a scan; /],
  [['--observations', './o.njson'], /o\.njson: no such file; did you mean "\.\/o\.ndjson"\?$/],
  [['--observations', './o.ndjson'], /o\.ndjson: no saved observations of encaudit; `encaudit scan --save-observations FILE` writes them$/],
  [['a.test', '--save-observations', '../o.ndjson'], /^\.\.\/o\.ndjson: outputs stay below the working directory$/],
  [['a.test', '--save-observations', 'link'], /^link: outputs never go through links$/],
  [['a.test', '--save-observations', 'x', '-f', 'json=./x'], /^observations and the json report cannot go to the same file: x$/],
  [['a.test', '--now', '2027/1/2'], /^--now: "2027\/1\/2" is no date such as 2027-01-31 or 2027-01-31T12:00:00Z; did you mean "2027-01-02"\?$/],
  [['a.test', '--now', '2027-01-02T10:00:00'], /did you mean "2027-01-02T10:00:00Z"\?$/],
  [['a.test', '--now', '2027-02-30'], /^--now: "2027-02-30" names a day or a time that does not exist$/],
  [['a.test', '--now', '2027-01-02T25:00:00Z'], /does not exist$/],
  [['a.test', '--now', 'today'], /; without --now it is judged as of now$/],
  [['a.test', '--now', 'yesteryear'], /is no date such as 2027-01-31 or 2027-01-31T12:00:00Z$/],
];
test.each(wrong)('%j: 2, before anything is looked at', async (words, said) => {
  const cwd = folder({ 'o.ndjson': 'hello\n' });
  symlinkSync('o.ndjson', join(cwd, 'link'));
  const argv = words.map((word) => (word.startsWith('./') && !word.includes('=') ? join(cwd, word) : word));
  const { status, why } = await command(['scan', ...argv], { cwd });
  expect({ status, why: why.replaceAll(`${cwd}/`, './') }).toEqual({ status: 2, why: expect.stringMatching(said) });
});
