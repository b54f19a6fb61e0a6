import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { command } from '../support/command.ts';

/** argv → the reason, which main.ts puts on the last line of stderr; every one of them ends with 2 and prints nothing on stdout. */
const mistakes: readonly (readonly [readonly string[], string | RegExp])[] = [
  [['scna'], "unknown command 'scna'; did you mean scan?"],
  [['example.com'], "unknown command 'example.com'; to look at it: encaudit scan example.com"],
  [['baseline', 'craete', 'x.json'], "unknown command 'craete'; did you mean create?"],
  [['rules', 'lsit'], 'unknown command "rules lsit"; did you mean "list"?'],
  [['help', 'sacn'], 'unknown command "sacn"; did you mean "scan"?'],
  [['gate'], "missing required argument 'file'"],
  [['report', 'a.json', 'b.json'], /^too many arguments for 'report'/],
  [['scan', 'a.test', '--fail-onn', 'high'], "unknown option '--fail-onn'; did you mean --fail-on?"],
  [['scan', 'a.test', '--fail-on', 'hihg'], '--fail-on: "hihg" is none of critical, high, medium, low, info, none; did you mean "high"?'],
  [['scan', 'a.test', '--timeout', 'soon'], '--timeout: "soon" is no number'],
  [['scan', 'a.test', '--deadline', '0'], '--deadline: must be at least 1000'],
  [['scan', 'a.test', '--max-unknown', '1.5'], '--max-unknown: "1.5" is no whole number'],
  [['scan', 'a.test', '-f', 'jsno'], 'unknown format "jsno"; did you mean "json"?'],
  [['scan', 'a.test', '-f', 'pdf'], 'unknown format "pdf"; one of terminal, json, sarif, junit, markdown'],
  [['scan', 'a.test', '-f', 'json='], '--format json= needs a path after the equals sign'],
  [['scan', 'a.test', '-f', 'json', '-f', 'sarif'], /^stdout carries one report, not json and sarif: .*--format sarif=FILE/],
  [['scan', 'a.test', '-f', 'json=a', '-f', 'sarif=./a'], /^two reports cannot go to the same file: /],
  [['scan', 'a.test', '--only', 'tls/ofered'], /^no rule is called "tls\/ofered"; did you mean "tls\/offered"\?/],
  [['scan', 'a.test', '--skip', 'nothing/*'], /^no rule is called "nothing\/\*"/],
  [['scan', 'a.test', '--framework', 'pci-dss-4.0.2'], 'unknown framework "pci-dss-4.0.2"; did you mean "pci-dss-4.0.1"?'],
  [['scan', 'a.test', '--framework', 'iso'], /^unknown framework "iso"; .*hipaa-security-rule/],
  [['scan', 'a.test', '--fail-on-control', '4.2.1'], /^--fail-on-control: must be FRAMEWORK:CONTROL, such as pci-dss-4\.0\.1:4\.2\.1$/],
  [['scan', 'a.test', '--fail-on-control', 'pci:4.2.11'], 'pci-dss-4.0.1 has no control "4.2.11"; did you mean "4.2.1"?'],
  [['scan', 'a.test', '--fail-on-new'], /^--fail-on-new compares with a baseline: give --baseline FILE/],
  [['scan', 'a.test', 'b.test', '--ip', '127.0.0.1'], /^--ip speaks of one target, and there are 2; /],
  [['scan', 'a.test', 'b.test', '--servername', 'c.test'], /^--servername speaks of one target/],
  [['scan', 'aws:s3', '--ip', '127.0.0.1'], /^--ip speaks of an endpoint, and aws:s3 is none$/],
  [['scan', 'a.test', '--ip', 'localhost'], '--ip: "localhost" is no IP address'],
  [['scan', 'htps://a.test'], /^target "htps:\/\/a\.test": unknown scheme htps:\/\/; did you mean "https"\?/],
  [['scan', 'mongodb://user:secret@db.test/x'], /^target "mongodb:\/\/db\.test\/x": mongodb:\/\/ is not supported yet/],
  [['explain', 'tls/ofered'], /^no rule or control is called "tls\/ofered"; did you mean "tls\/offered"\?/],
  [['rules', 'show', 'cert/trustd'], /^no rule is called "cert\/trustd"; did you mean "cert\/trusted"\?/],
];
test.each(mistakes)('%j', async (argv, last) => {
  const ended = await command(argv);
  expect(ended).toMatchObject({ status: 2, stdout: '' });
  expect(ended.why).toMatch(last);
  expect(ended.stderr).not.toMatch(/\n\s+at |secret/);
});

/** Flags of parts that are still to come must not be taken and ignored. */
test.each(['--proxy', '--offline', '--client-cert', '--client-key'])('%s is unknown yet', async (flag) => {
  expect((await command(['scan', 'a.test', flag, 'x'])).why).toMatch(new RegExp(`^unknown option '${flag}'`));
});

test('several mistakes are a line each, then their number', async () => {
  const ended = await command(['scan', 'a.test', '--timeout', 'x', '--fail-on', 'y']);
  expect(ended.stderr).toMatch(/^encaudit: --.*\nencaudit: --.*\n$/);
});
test('variables are flags, and are named when they are wrong', async () => {
  expect((await command(['scan', 'a.test'], { env: { ENCAUDIT_FAIL_ON: 'hihg' } })).why).toMatch(/^ENCAUDIT_FAIL_ON: /);
  expect((await command(['scan', 'a.test'], { env: { ENCAUDIT_CONFIG: 'nowhere.yaml' } })).why).toBe('nowhere.yaml: no such file');
});
test('text of an argument never starts a line as a command of a CI runner', async () => {
  const word = 'x\n::error::boo\n##vso[task.complete]';
  for (const argv of [[word], ['scan', word], ['scan', 'a.test', '--only', word], ['scan', 'a.test', word, '--ip', word], ['explain', word], [`--${word}`]]) {
    const { stderr, status } = await command(argv);
    expect(status).toBe(2);
    expect(stderr).not.toMatch(/^::|##vso/m);
  }
});

test('no command: the help on stderr, and 2', async () => {
  const [bare, group] = await Promise.all([command([]), command(['baseline'])]);
  expect(bare).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('Usage: encaudit'),
    why: 'no command was named; they are listed above',
  });
  expect(group).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Usage: encaudit baseline'), why: bare.why });
});
const commands = [
  [],
  ['scan'],
  ['demo'],
  ['report'],
  ['gate'],
  ['rules'],
  ['rules', 'list'],
  ['rules', 'show'],
  ['rules', 'test'],
  ['explain'],
  ['baseline'],
  ['baseline', 'create'],
  ['baseline', 'update'],
  ['baseline', 'prune'],
  ['waivers'],
  ['waivers', 'check'],
  ['controls'],
  ['diff'],
  ['init'],
  ['doctor'],
  ['completion'],
];
test.each(commands.map((words) => [words]))('help of %j', async (words) => {
  const [flag, asked] = [await command([...words, '--help']), await command(['help', ...words])];
  expect(flag).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(new RegExp(`^Usage: encaudit ?${words.join(' ')}.*\n\n\\S`)) });
  expect(asked).toEqual(flag);
});
test('help names examples and every exit code', async () => {
  const { stdout } = await command(['--help']);
  expect(stdout).toContain('Examples:');
  for (const code of [0, 1, 2, 3, 4, 130, 143]) expect(stdout).toMatch(new RegExp(`Exit codes:[^]*\\b${code}\\b`));
  expect((await command(['scan', '--help'])).stdout).toMatch(/Examples:[^]*Exit codes:/);
});
test('version', async () => {
  const [long, short] = await Promise.all([command(['--version']), command(['-V'])]);
  expect(long).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(short).toEqual(long);
});

test('rules and controls are listed and explained', async () => {
  const [list, bare, json, show, explained, control, tested] = await Promise.all([
    command(['rules', 'list']),
    command(['rules']),
    command(['rules', 'list', '--json']),
    command(['rules', 'show', 'tls/offered']),
    command(['explain', 'tls/offered']),
    command(['explain', '4.2.1']),
    command(['rules', 'test']),
  ]);
  expect(list).toMatchObject({ status: 0, stdout: expect.stringMatching(/^tls\/no-legacy-versions +high +\S/m) });
  expect(bare).toEqual(list);
  expect(JSON.parse(json.stdout)).toHaveLength(list.stdout.trimEnd().split('\n').length);
  expect(show).toMatchObject({ status: 0, stdout: expect.stringContaining('What to do') });
  expect(explained).toEqual(show);
  expect(control).toMatchObject({ status: 0, stdout: expect.stringMatching(/^pci-dss-4\.0\.1 4\.2\.1: [^]*What it cannot see/) });
  expect(tested).toMatchObject({ status: 0, why: expect.stringMatching(/^\d+ rules keep their examples$/) });
});
test('the package and the command have one version', async () => {
  const { version }: { readonly version: unknown } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect((await command(['--version'])).stdout).toBe(`${String(version)}\n`);
});

test('rules from elsewhere are printed without what a terminal or a runner obeys', async () => {
  const rules = mkdtempSync(join(tmpdir(), 'encaudit-test-'));
  onTestFinished(() => rmSync(rules, { recursive: true }));
  const evil = '"\\e[2Jwipes\\n::error::boo"';
  const text = readFileSync('rules/tls/offered.yaml', 'utf8').replace(/^id: .*/m, 'id: my/offered');
  writeFileSync(
    join(rules, 'x.yaml'),
    text
      .replace(/^title: .*/m, `title: ${evil}`)
      .replace(/^why: .*(\n +.*)*/m, `why: ${evil}`)
      .replace(/^remediation: .*(\n +.*)*/m, `remediation: ${evil}`),
  );
  for (const argv of [
    ['rules', 'list'],
    ['rules', 'show', 'my/offered'],
    ['explain', 'my/offered'],
  ]) {
    const { status, stdout, why } = await command([...argv, '--rules', rules]);
    expect(status, why).toBe(0);
    expect(stdout).toContain('wipes');
    expect(stdout).not.toMatch(/\u001b|^\s*::/m);
  }
});
