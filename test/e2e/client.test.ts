import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { get, node } from '../support/client-test.ts';
import { folder, run } from './run.ts';

const careless = node(get('{ rejectUnauthorized: false }'));
const careful = node(get('{}'));
const few = ['--cases', 'untrusted-root', '--cases', 'wrong-name'];

test('a client that verifies passes, one that does not fails, and the report says which servers it took', async () => {
  const good = await run(['client', '--', ...careful]);
  expect([good.status, good.last]).toEqual([0, 'exit 0: gate passed (--fail-on high)']);
  expect(good.stdout).toContain('accepted 0 of 6 bad servers; the good server was accepted before and after');
  const bad = await run(['client', '--', ...careless]);
  expect([bad.status, bad.last]).toEqual([1, 'exit 1: 2 critical findings ≥ --fail-on high']);
  expect(bad.stdout).toMatch(/✗ accepted +untrusted-root +sent GET \/ over TLSv1.3; exit 0/);
  expect(bad.stdout).toMatch(/✗ critical +client\/verifies-name/);
  expect(bad.stdout).toMatch(/✓ refused +tls10/);
});
test('what is left out is unknown, and an acceptance fails all the same', async () => {
  const left = await run(['client', ...few, '--', ...careful]);
  expect(left.status).toBe(3);
  expect((await run(['client', ...few, '--', ...careless])).status).toBe(1);
});
test.each([
  [['client', '--', 'curl', 'https://example.com'], 'put {url} where its address belongs, as in `encaudit client -- curl {url}`'],
  [['client', '--', 'no-such-program', '{url}'], 'no-such-program cannot be started: no such program'],
  [['client', '--', 'curl {url}'], "sh -c '…' starts one"],
  [['client', '--protocol', 'gopher', '--', 'curl', '{url}'], '"gopher" is none of https'],
  [['client', '--', 'psql', '{dsn}'], '{dsn} needs --protocol'],
  [['client', '--cases', 'untrusted-rot', '--', 'curl', '{url}'], 'did you mean "untrusted-root"?'],
  [['client', '--timeout', 'soon', '--', 'curl', '{url}'], '--timeout: "soon" is no time'],
  [['client', '--client-cert', 'a.pem', '--', 'curl', '{url}'], '--client-cert and --client-key go together'],
  [['client'], "missing required argument 'command'"],
])('%j is refused', async (args, why) => {
  const { status, last } = await run(args);
  expect([status, last]).toEqual([2, expect.stringContaining(why)]);
});
test('a command that never connects is incomplete, and says what to try', async () => {
  const { status, stderr, last } = await run(['client', '--cases', 'untrusted-root', '--', process.execPath, '-e', '', '{url}']);
  expect(status).toBe(3);
  expect(last).toContain('nothing answered');
  expect(stderr).toContain('the good server was not accepted, so that no refusal counts; Node reads NODE_EXTRA_CA_CERTS');
});
test('nothing secret comes out: not from words, nor headers, nor the environment, nor what the command says', async () => {
  const secrets = ['S3cr3tInAHeader', 'S3cr3tInAnOption', 'S3cr3tOfTheUser', 'S3cr3tInTheUrl', 'S3cr3tInTheEnvironment', 'S3cr3tInABody'];
  const [header, option, user, url, environment, body] = secrets;
  const code = `const [, , url, header] = process.argv; console.log(process.env.API_TOKEN, process.env.DB_PASSWORD, 'password=${option}'); console.error(header);
    require('node:https').request(url + '?token=${url}', { method: 'POST', rejectUnauthorized: false, headers: { authorization: header.slice(15), cookie: 'sid=${user}' } }, (r) => r.resume()).end('${body}')`;
  const cwd = folder({ 'client.js': code });
  const { stdout, stderr } = await run(
    [
      'client',
      ...few,
      '-v',
      '--show-output',
      '--env',
      'API_TOKEN',
      '--at',
      'deploy/run.sh:7',
      '-f',
      'terminal',
      '-f',
      'json=r.json',
      '-f',
      'sarif=r.sarif',
      '-f',
      'junit=r.xml',
      '-f',
      'markdown=r.md',
      '--',
      process.execPath,
      'client.js',
      '{url}',
      `Authorization: Bearer ${header}`,
      `--password=${option}`,
      '--token',
      option ?? '',
      `https://me:${user}@{host}:{port}/`,
      `{url}?api_key=${url}`,
    ],
    { cwd, env: { API_TOKEN: environment ?? '', DB_PASSWORD: 'S3cr3tThatIsNotPassedOn' } },
  );
  const all = [stdout, stderr, ...['r.json', 'r.sarif', 'r.xml', 'r.md'].map((name) => readFileSync(join(cwd, name), 'utf8'))];
  for (const text of all) expect(text).not.toMatch(/S3cr3t/);
  expect(stdout).toContain('a secret in authorization and cookie');
  expect(stdout).toContain('not passed on: AWS_EC2_METADATA_DISABLED, DB_PASSWORD');
  const result: unknown = JSON.parse(all[2] ?? '');
  expect(result).toMatchObject({ subjects: [{ views: [{ facts: { client: { sends: { secretToUnverified: true } } } }] }] });
  expect(all[3]).toContain('"artifactLocation":{"uri":"deploy/run.sh"');
  expect(all[3]).toContain('"startLine":7');
});
test('a signal ends the command too, reports what was seen, and leaves nothing behind', async () => {
  const temp = folder();
  const cwd = folder();
  const hang = node(
    `require('node:fs').appendFileSync('pids', process.pid + ' '); require('node:fs').appendFileSync('lab', process.env.ENCAUDIT_CA + '\\n'); setInterval(() => {}, 1000); process.on('SIGTERM', () => {})`,
  );
  const { status, stdout, last } = await run(['client', '--', ...hang], {
    cwd,
    env: { TMPDIR: temp },
    during: (child) => {
      const timer = setInterval(() => {
        if (!readdirSync(cwd).includes('lab')) return;
        clearInterval(timer);
        const lab = readdirSync(temp).find((name) => name.startsWith('encaudit-client-')) ?? '';
        const files = readdirSync(join(temp, lab));
        if (files.sort().join() !== 'ca.pem,truststore.p12') throw new Error(files.join());
        if (files.some((name) => readFileSync(join(temp, lab, name), 'latin1').includes('PRIVATE'))) throw new Error('a private key on the disk');
        child.kill('SIGINT');
      }, 50);
    },
  });
  expect([status, last]).toEqual([130, expect.stringContaining('exit 130: interrupted')]);
  expect(stdout).toContain('Interrupted (SIGINT)');
  expect(readdirSync(temp)).toEqual([]);
  for (const pid of readFileSync(join(cwd, 'pids'), 'utf8').trim().split(' ')) expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
});
