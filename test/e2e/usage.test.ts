import { expect, test } from 'vitest';
import { folder, run } from './run.ts';

/** argv → the last line on stderr; every one of them ends with 2 and prints nothing on stdout. */
const mistakes: readonly (readonly [readonly string[], string | RegExp])[] = [
  [['scna'], "exit 2: unknown command 'scna'; did you mean scan?"],
  [['example.com'], "exit 2: unknown command 'example.com'; to look at it: encaudit scan example.com"],
  [['baseline', 'craete', 'x.json'], "exit 2: unknown command 'craete'; did you mean create?"],
  [['rules', 'lsit'], 'exit 2: unknown command "rules lsit"; did you mean "list"?'],
  [['help', 'sacn'], 'exit 2: unknown command "sacn"; did you mean "scan"?'],
  [['gate'], "exit 2: missing required argument 'file'"],
  [['report', 'a.json', 'b.json'], /^exit 2: too many arguments for 'report'/],
  [['scan', 'a.test', '--fail-onn', 'high'], "exit 2: unknown option '--fail-onn'; did you mean --fail-on?"],
  [['scan', 'a.test', '--fail-on', 'hihg'], /^exit 2: --fail-on: .*; did you mean "high"\?$/],
  [['scan', 'a.test', '--timeout', 'soon'], /^exit 2: --timeout: /],
  [['scan', 'a.test', '--deadline', '0'], /^exit 2: --deadline: /],
  [['scan', 'a.test', '--max-unknown', '-1'], /^exit 2: --max-unknown: /],
  [['scan', 'a.test', '-f', 'jsno'], 'exit 2: unknown format "jsno"; did you mean "json"?'],
  [['scan', 'a.test', '-f', 'pdf'], 'exit 2: unknown format "pdf"; one of terminal, json, sarif, junit, markdown'],
  [['scan', 'a.test', '-f', 'json='], 'exit 2: --format json= needs a path after the equals sign'],
  [['scan', 'a.test', '-f', 'json', '-f', 'sarif'], /^exit 2: stdout carries one report, not json and sarif: .*--format sarif=FILE/],
  [['scan', 'a.test', '-f', 'json=a', '-f', 'sarif=./a'], /^exit 2: two reports cannot go to the same file: /],
  [['scan', 'a.test', '--only', 'tls/ofered'], /^exit 2: no rule is called "tls\/ofered"; did you mean "tls\/offered"\?/],
  [['scan', 'a.test', '--skip', 'nothing/*'], /^exit 2: no rule is called "nothing\/\*"/],
  [['scan', 'a.test', '--framework', 'pci-dss-4.0.2'], 'exit 2: unknown framework "pci-dss-4.0.2"; did you mean "pci-dss-4.0.1"?'],
  [['scan', 'a.test', '--framework', 'iso'], /^exit 2: unknown framework "iso"; .*hipaa-security-rule/],
  [['scan', 'a.test', '--fail-on-control', '4.2.1'], /^exit 2: --fail-on-control: must be FRAMEWORK:CONTROL, such as pci-dss-4\.0\.1:4\.2\.1$/],
  [['scan', 'a.test', '--fail-on-control', 'pci:4.2.11'], 'exit 2: pci-dss-4.0.1 has no control "4.2.11"; did you mean "4.2.1"?'],
  [['scan', 'a.test', '--fail-on-new'], /^exit 2: --fail-on-new compares with a baseline: give --baseline FILE/],
  [['scan', 'a.test', 'b.test', '--ip', '127.0.0.1'], /^exit 2: --ip speaks of one target, and there are 2; /],
  [['scan', 'a.test', 'b.test', '--servername', 'c.test'], /^exit 2: --servername speaks of one target/],
  [['scan', 'aws:s3', '--ip', '127.0.0.1'], /^exit 2: --ip speaks of an endpoint, and aws:s3 is none$/],
  [['scan', 'a.test', '--ip', 'localhost'], 'exit 2: --ip: "localhost" is no IP address'],
  [['scan', 'htps://a.test'], /^exit 2: target "htps:\/\/a\.test": unknown scheme htps:\/\/; did you mean "https"\?/],
  [['scan', 'postgres://user:secret@db.test/x'], /^exit 2: target "postgres:\/\/db\.test\/x": postgres:\/\/ is not supported yet/],
  [['explain', 'tls/ofered'], /^exit 2: no rule or control is called "tls\/ofered"; did you mean "tls\/offered"\?/],
  [['rules', 'show', 'cert/trustd'], /^exit 2: no rule is called "cert\/trustd"; did you mean "cert\/trusted"\?/],
];
test.concurrent.each(mistakes)('%j', async (argv, last) => {
  const ended = await run(argv);
  expect(ended).toMatchObject({ status: 2, stdout: '' });
  expect(ended.last).toMatch(last);
  expect(ended.stderr).not.toMatch(/\n\s+at |secret/);
});

/** Flags of parts that are still to come must not be taken and ignored. */
test.concurrent.each(['--observations', '--proxy', '--offline', '--client-cert', '--client-key', '--save-observations', '--now'])(
  '%s is unknown yet',
  async (flag) => {
    expect((await run(['scan', 'a.test', flag, 'x'])).last).toMatch(new RegExp(`^exit 2: unknown option '${flag}'`));
  },
);

test.concurrent('several mistakes are a line each, then their number', async () => {
  const ended = await run(['scan', 'a.test', '--timeout', 'x', '--fail-on', 'y']);
  expect(ended.stderr).toMatch(/^encaudit: --.*\nencaudit: --.*\nexit 2: 2 mistakes, see above\n$/);
});
test.concurrent('variables are flags, and are named when they are wrong', async () => {
  expect((await run(['scan', 'a.test'], { env: { ENCAUDIT_FAIL_ON: 'hihg' } })).last).toMatch(/^exit 2: ENCAUDIT_FAIL_ON: /);
  expect((await run(['scan', 'a.test'], { env: { ENCAUDIT_CONFIG: 'nowhere.yaml' } })).last).toBe('exit 2: nowhere.yaml: no such file');
});
test.concurrent('text of an argument never starts a line as a command of a CI runner', async () => {
  const word = 'x\n::error::boo\n##vso[task.complete]';
  for (const argv of [[word], ['scan', word], ['scan', 'a.test', '--only', word], ['scan', 'a.test', word, '--ip', word], ['explain', word], [`--${word}`]]) {
    const { stderr, status } = await run(argv);
    expect(status).toBe(2);
    expect(stderr).not.toMatch(/^::|##vso/m);
  }
});

test.concurrent('no command: the help on stderr, and 2', async () => {
  const [bare, group] = await Promise.all([run([]), run(['baseline'])]);
  expect(bare).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('Usage: encaudit'),
    last: 'exit 2: no command was named; they are listed above',
  });
  expect(group).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Usage: encaudit baseline'), last: bare.last });
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
];
test.concurrent.each(commands.map((words) => [words]))('help of %j', async (words) => {
  const [flag, command] = await Promise.all([run([...words, '--help']), run(['help', ...words])]);
  expect(flag).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(new RegExp(`^Usage: encaudit ?${words.join(' ')}.*\n\n\\S`)) });
  expect(command).toEqual(flag);
});
test.concurrent('help names examples and every exit code', async () => {
  const { stdout } = await run(['--help']);
  expect(stdout).toContain('Examples:');
  for (const code of [0, 1, 2, 3, 4, 130, 143]) expect(stdout).toMatch(new RegExp(`Exit codes:[^]*\\b${code}\\b`));
  expect((await run(['scan', '--help'])).stdout).toMatch(/Examples:[^]*Exit codes:/);
});
test.concurrent('version', async () => {
  const [long, short] = await Promise.all([run(['--version']), run(['-V'])]);
  expect(long).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(short).toEqual(long);
});

test.concurrent('rules and controls are listed and explained', async () => {
  const [list, bare, json, show, explained, control, tested] = await Promise.all([
    run(['rules', 'list']),
    run(['rules']),
    run(['rules', 'list', '--json']),
    run(['rules', 'show', 'tls/offered']),
    run(['explain', 'tls/offered']),
    run(['explain', '4.2.1']),
    run(['rules', 'test']),
  ]);
  expect(list).toMatchObject({ status: 0, stdout: expect.stringMatching(/^tls\/no-legacy-versions +high +\S/m) });
  expect(bare).toEqual(list);
  expect(JSON.parse(json.stdout)).toHaveLength(list.stdout.trimEnd().split('\n').length);
  expect(show).toMatchObject({ status: 0, stdout: expect.stringContaining('What to do') });
  expect(explained).toEqual(show);
  expect(control).toMatchObject({ status: 0, stdout: expect.stringMatching(/^pci-dss-4\.0\.1 4\.2\.1: [^]*What it cannot see/) });
  expect(tested).toMatchObject({ status: 0, last: expect.stringMatching(/^exit 0: \d+ rules keep their examples$/) });
});
test.concurrent('the package and the command have one version', async () => {
  const { version }: { readonly version: string } = (await import('../../package.json', { with: { type: 'json' } })).default;
  expect((await run(['--version'], { cwd: folder() })).stdout).toBe(`${version}\n`);
});
