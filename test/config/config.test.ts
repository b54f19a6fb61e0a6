import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { detectCi } from '../../src/config/ci.ts';
import { chooseTargets, configure } from '../../src/config/configure.ts';
import { checkNames, findConfig, parseConfig } from '../../src/config/load.ts';
import { readTextFile } from '../../src/config/read-file.ts';
import { ConfigFile } from '../../src/config/schema.ts';
import { parseTarget } from '../../src/observe/targets/parse.ts';
import { FileError } from '../../src/util/file-error.ts';

const parse = (text: string): ReturnType<typeof parseConfig> => parseConfig('encaudit.yaml', text, '/project');
const folder = (files: Readonly<Record<string, string>>): string => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'encaudit-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};
const github = {
  GITHUB_ACTIONS: 'true',
  GITHUB_EVENT_NAME: 'pull_request',
  GITHUB_REPOSITORY: 'a/b',
  GITHUB_RUN_ID: '1',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_SHA: 'c',
};

test('the published schema is that of the code', async () => {
  await expect(`${JSON.stringify(z.toJSONSchema(ConfigFile, { io: 'input' }))}\n`).toMatchFileSnapshot('../../schema/config.schema.json');
});
test('targets, groups and defaults', () => {
  const { targets, says, overrides } = parse(
    `defaults: { owner: platform, tags: [all], minTls: 1.2 }
targets:
  - pay.example.com
  - { target: 'api.example.com:8443', data: pci, mtls: required, minTls: "1.3", owner: pay, tags: [api] }
  - { host: 2001:db8::1, port: 636, protocol: tls, ip: 192.0.2.1, servername: Ldap.example. }
  - { target: 'aws:s3@eu-west-1', profile: audit, minTier: sse-kms }
groups:
  internal:
    network: internal
    tags: [in]
    targets: [a.internal, { target: b.internal, data: [pci, phi] }]
frameworks: [pci-dss-4.0.1]
failOn: medium
failOnControls: ["pci-dss-4.0.1:4.2.1"]
limits: { timeoutMs: 3000 }
trust: { ca: ca.pem, system: true }
waivers: .encaudit/waivers.yaml
rulesDir: [rules]
outputs: [{ format: sarif, path: out.sarif }]
rules:
  tls/hsts: { severity: off, reason: no browsers, owner: me }
`,
  );
  expect(targets.map(({ id, tags, owner }) => [id, tags, owner])).toEqual([
    ['endpoint://pay.example.com:443', ['all'], 'platform'],
    ['endpoint://api.example.com:8443', ['all', 'api'], 'pay'],
    ['endpoint://[2001:db8::1]:636', ['all'], 'platform'],
    ['aws://audit/eu-west-1/s3', ['all'], 'platform'],
    ['endpoint://a.internal:443', ['all', 'in'], 'platform'],
    ['endpoint://b.internal:443', ['all', 'in'], 'platform'],
  ]);
  expect(targets[1]).toMatchObject({
    declared: { data: ['pci'], mtls: 'required', minTls: 'TLSv1.3', network: 'unspecified', certDays: 0 },
    declaredAt: { line: 4, column: 5 },
  });
  expect(targets[2]).toMatchObject({ protocol: 'tls', ip: '192.0.2.1', servername: 'ldap.example' });
  expect(targets[5]).toMatchObject({ declared: { data: ['pci', 'phi'], network: 'internal', minTls: 'TLSv1.2' } });
  expect(says).toEqual({
    frameworks: ['pci-dss-4.0.1'],
    failOn: 'medium',
    failOnControls: [{ framework: 'pci-dss-4.0.1', id: '4.2.1' }],
    timeoutMs: 3000,
    ca: ['/project/ca.pem'],
    system: true,
    waivers: '/project/.encaudit/waivers.yaml',
    rulesDirs: ['/project/rules'],
    outputs: [{ format: 'sarif', path: 'out.sarif' }],
  });
  expect(overrides).toEqual([{ rule: 'tls/hsts', to: 'off', reason: 'no browsers', owner: 'me', at: { file: 'encaudit.yaml', line: 21, column: 3 } }]);
});
test.each(['', '# nothing\n'])('an empty file is a file', (text) => {
  expect(parse(text)).toMatchObject({ targets: [], namesTargets: false });
});
test.each([
  ['tragets: []', '1:1: unknown field tragets; did you mean "targets"?'],
  ['targets:\n  - { tagret: a.example }', '2:7: unknown field tagret; did you mean "target"?'],
  [
    'targets:\n  - { target: a.example, mtls: requird }',
    '2:32: targets.0.mtls: Invalid option: expected one of "required"|"not-required"; did you mean "required"?',
  ],
  [
    'targets: [{ target: a.example, data: [pcj] }]',
    '1:39: targets.0.data.0: Invalid option: expected one of "pci"|"phi"|"personal"|"sensitive"|"none"; did you mean "pci"?',
  ],
  ['targets: [{ target: a.example, data: [pci, none] }]', '1:38: targets.0.data: none stands alone'],
  ['targets:\n  - 1', '2:5: targets.0: expected string or object'],
  ['targets: [a.example, "https://A.example."]', '1:22: https://A.example. is declared at encaudit.yaml:1:11 already (endpoint://a.example:443)'],
  ['targets: [a.example]\ngroups: { g: { targets: [a.example] } }', '2:26: a.example is declared at encaudit.yaml:1:11 already (endpoint://a.example:443)'],
  [
    'targets: ["postgers://u:secret@db"]',
    '1:11: target "postgers://db": unknown scheme postgers://; did you mean "postgres"?; supported now: a host, host:port, https://, tls://, postgres://, mysql://, redis://, smtp://, imap://, pop3://, ldap://, aws: (or aws:s3,rds,kms@region), arn:aws:…',
  ],
  ['targets: [{ port: 443 }]', '1:11: target: needs either target or host'],
  ['targets: [{ target: "aws:", mtls: required }]', '1:21: target "aws:": mtls is for endpoints'],
  ['targets: [{ target: a.example, servername: 192.0.2.1 }]', '1:44: targets.0.servername: must be a DNS name'],
  ['targets: ["@hosts.txt"]', '1:11: target "hosts.txt": a file of targets is not allowed here'],
  ['failOn: hihg', '1:9: failOn: Invalid option: expected one of "critical"|"high"|"medium"|"low"|"info"|"none"; did you mean "high"?'],
  ['minScore: 101', '1:11: minScore: Too big: expected number to be <=100'],
  ['rules: { tls/x: off }', '1:17: rules.tls/x: Invalid input: expected object, received string'],
  ['rules: { tls/x: { severity: off, owner: me } }', '1:17: rules.tls/x.reason: Invalid input: expected string, received undefined'],
  ['a: &a [1]\nb: *a', '2:4: aliases are not allowed'],
  ['__proto__: {}', '1:1: the key __proto__ is not allowed'],
  ['groups: { constructor: { targets: [] } }', '1:11: the key constructor is not allowed'],
  ['a: [', '1:5: broken YAML: '],
  ['failOn: high\nfailOn: low', '2:1: broken YAML: duplicate key'],
  ['- a', '1:1: Invalid input: expected object, received array'],
])('refuses %j', (text, complaint) => {
  expect(() => parse(text)).toThrow(FileError);
  expect(() => parse(text)).toThrow(`encaudit.yaml:${complaint}`);
  expect(() => parse(text)).not.toThrow(/secret/);
});
test('unknown names are told with their places', () => {
  const config = parse('frameworks: [pci-dss-4.0.2]\nrules:\n  tls/ofered: { severity: low, reason: x, owner: y }\n');
  expect(() => checkNames(config, { rules: ['tls/offered'], frameworks: ['pci-dss-4.0.1'] })).toThrow(
    'encaudit.yaml:3:3: unknown rule tls/ofered; did you mean "tls/offered"?\nencaudit.yaml:1:14: unknown framework pci-dss-4.0.2; did you mean "pci-dss-4.0.1"?',
  );
});
test('files that cannot be read', () => {
  const root = folder({ 'big.yaml': 'a'.repeat(10_000_000), 'bin.yaml': 'a\0b', 'sub/x': '' });
  writeFileSync(join(root, 'latin.yaml'), Buffer.from([0x61, 0xff]));
  for (const [name, what] of [
    ['big.yaml', 'larger than 1024 KiB'],
    ['bin.yaml', 'a binary file, not text'],
    ['latin.yaml', 'not UTF-8 text'],
    ['sub', 'is a folder'],
    ['none.yaml', 'no such file; did you mean "bin.yaml"?'],
  ] as const)
    expect(() => readTextFile(join(root, name), undefined, name)).toThrow(new FileError(`${name}: ${what}`));
  expect(() => readTextFile('/dev/zero')).toThrow('is no regular file');
});
test('where the file is looked for', () => {
  const root = folder({
    'encaudit.yaml': '',
    'repo/.git/HEAD': '',
    'repo/a/b/x': '',
    'repo/.encaudit/config.yaml': '',
    'bare/.git/HEAD': '',
    'two/encaudit.yaml': '',
    'two/encaudit.yml': '',
  });
  expect(findConfig(join(root, 'repo/a/b'))).toBe(join(root, 'repo/.encaudit/config.yaml'));
  expect(findConfig(join(root, 'bare'))).toBeUndefined();
  expect(findConfig(root, { ENCAUDIT_CONFIG: 'x.yaml' })).toBe(join(root, 'x.yaml'));
  expect(findConfig(root, { ENCAUDIT_CONFIG: 'x.yaml' }, 'y.yaml')).toBe(join(root, 'y.yaml'));
  expect(() => findConfig(join(root, 'two'))).toThrow('keep one');
});

test('flag, variable, configuration, default', () => {
  const cwd = folder({ 'encaudit.yaml': 'failOn: low\nminScore: 50\nmaxUnknown: 3\n', '.git/HEAD': '' });
  const { settings, sources, policySource } = configure({
    cwd,
    env: { ENCAUDIT_MIN_SCORE: '60', ENCAUDIT_FAIL_ON_NEW: 'true' },
    flags: { failOn: 'critical', ca: ['a.pem'], format: ['json=o.json', 'markdown'] },
  });
  expect(settings).toMatchObject({ failOn: 'critical', minScore: 60, maxUnknown: 3, failOnNew: true, allowCritical: false, ca: [join(cwd, 'a.pem')] });
  expect(settings.outputs).toEqual([{ format: 'json', path: 'o.json' }, { format: 'markdown' }]);
  expect(sources).toMatchObject({ failOn: 'flag', minScore: 'env', maxUnknown: 'config', failOnNew: 'env', allowCritical: 'default' });
  expect(policySource).toBe('checkout');
  expect(() => configure({ cwd, env: { ENCAUDIT_FAIL_ON: 'hihg' }, flags: {} })).toThrow(/^ENCAUDIT_FAIL_ON: .*did you mean "high"\?$/);
  expect(() => configure({ cwd, env: {}, flags: { timeout: '5s' } })).toThrow(/^--timeout: /);
});
test('a pull request cannot loosen what the policy decides, nor what it is silent about', () => {
  const lax =
    'failOn: none\nmaxUnknown: 99\nallowCritical: true\nwaivers: w.yaml\nbaseline: b.json\nrulesDir: r\ntrust: { ca: evil.pem }\nlimits: { timeoutMs: 100 }\noutputs: [{ format: json, path: x }]\nframeworks: [gdpr]\n' +
    'rules: { tls/offered: { severity: off, reason: x, owner: y } }\ntargets: [{ target: metadata.internal }, { target: a.example, minTls: 1.2, data: none }]\ndefaults: { data: none }\n';
  const cwd = folder({ 'encaudit.yaml': lax, '.git/HEAD': '' });
  const outside = folder({ 'policy.yaml': 'minScore: 80\ntargets: [a.example]\ndefaults: { minTls: 1.3 }\n' });
  const plain = configure({ cwd: folder({ '.git/HEAD': '' }), env: github, flags: { policy: join(outside, 'policy.yaml'), strictPolicy: true } });
  const attacked = configure({ cwd, env: github, flags: { policy: join(outside, 'policy.yaml'), strictPolicy: true } });
  expect(attacked.settings).toEqual(plain.settings);
  expect(attacked.overrides).toEqual([]);
  expect(attacked.policySource).toBe('policy-file');
  expect(attacked.notes[0]).toMatch(/^encaudit\.yaml: allowCritical, .*rules: not used, for .*policy\.yaml decides$/);
  expect(chooseTargets([], attacked)).toMatchObject({
    source: 'policy-file',
    targets: [{ id: 'endpoint://a.example:443', declared: { minTls: 'TLSv1.3', data: [] } }],
  });
  expect(chooseTargets([], attacked).targets).toHaveLength(1);
  expect(chooseTargets([parseTarget('a.example')], attacked).targets).toMatchObject([{ declared: { minTls: 'TLSv1.3', data: [] } }]);
});
test('a policy without targets: its defaults are a floor', () => {
  const cwd = folder({ 'encaudit.yaml': 'targets: [{ target: a.example, minTls: 1.2, owner: me }]', '.git/HEAD': '' });
  const policy = join(folder({ 'p.yaml': 'defaults: { minTls: 1.3 }' }), 'p.yaml');
  expect(chooseTargets([], configure({ cwd, env: github, flags: { policy } }))).toMatchObject({
    source: 'checkout',
    targets: [{ owner: 'me', declared: { minTls: 'TLSv1.3' } }],
  });
  expect(() => chooseTargets([], configure({ cwd, env: github, flags: { policy, strictPolicy: true } }))).toThrow('names no targets');
});
test('strict: no policy, one inside the checkout, a link that leads out, and a CI that does not tell', () => {
  const outside = folder({ 'p.yaml': '' });
  const cwd = folder({ '.git/HEAD': '', 'p.yaml': '', 'sub/x': '' });
  symlinkSync(join(outside, 'p.yaml'), join(cwd, 'link.yaml'));
  symlinkSync(join(cwd, 'p.yaml'), join(outside, 'in.yaml'));
  const ask = (env: Readonly<Record<string, string>>, flags: Readonly<Record<string, unknown>>) => () =>
    configure({ cwd: join(cwd, 'sub'), env, flags: { strictPolicy: true, ...flags } });
  expect(ask(github, {})).toThrow('needs --policy FILE');
  expect(ask({ CI: 'true' }, {})).toThrow('needs --policy FILE');
  expect(ask({ ...github, GITHUB_EVENT_NAME: 'push' }, {})).not.toThrow();
  expect(ask({}, {})).not.toThrow();
  for (const policy of ['../p.yaml', '../link.yaml', join(outside, 'in.yaml')]) expect(ask(github, { policy })).toThrow('lies inside the checkout');
  expect(ask({ ...github, GITHUB_WORKSPACE: outside }, { policy: join(outside, 'p.yaml') })).toThrow('lies inside the checkout');
  expect(ask(github, { policy: join(outside, 'p.yaml') })).not.toThrow();
  expect(configure({ cwd, env: github, flags: { policy: 'p.yaml' } })).toMatchObject({
    policySource: 'checkout',
    notes: [expect.stringContaining('lies inside')],
  });
});
test('rules in the usual folder are found, but never beside a policy', () => {
  const cwd = folder({ '.git/HEAD': '', '.encaudit/config.yaml': '', '.encaudit/rules/x.yaml': '' });
  expect(configure({ cwd, env: {}, flags: {} }).settings.rulesDirs).toEqual([join(cwd, '.encaudit/rules')]);
  expect(configure({ cwd, env: {}, flags: { rules: 'r' } }).settings.rulesDirs).toEqual([join(cwd, 'r')]);
  expect(configure({ cwd, env: {}, flags: { policy: join(folder({ 'p.yaml': '' }), 'p.yaml') } }).settings.rulesDirs).toEqual([]);
});
test('without a policy a pull request is told who decides', () => {
  const cwd = folder({ '.git/HEAD': '', 'encaudit.yaml': '' });
  expect(configure({ cwd, env: github, flags: {} }).notes).toEqual([expect.stringMatching(/^policySource: checkout: /)]);
  expect(configure({ cwd: folder({ '.git/HEAD': '' }), env: github, flags: {} })).toMatchObject({ policySource: 'defaults', notes: [] });
});

test.each<[string, Readonly<Record<string, string>>, boolean | undefined]>([
  ['github-actions', github, true],
  ['github-actions', { ...github, GITHUB_EVENT_NAME: 'merge_group' }, true],
  ['github-actions', { ...github, GITHUB_EVENT_NAME: 'push' }, false],
  ['gitlab-ci', { GITLAB_CI: 'true', CI_PIPELINE_SOURCE: 'merge_request_event' }, true],
  ['gitlab-ci', { GITLAB_CI: 'true', CI_PIPELINE_SOURCE: 'push' }, false],
  ['azure-pipelines', { TF_BUILD: 'True', BUILD_REASON: 'PullRequest' }, true],
  ['azure-pipelines', { TF_BUILD: 'True', BUILD_REASON: 'IndividualCI' }, false],
  ['bitbucket', { CI: 'true', BITBUCKET_BUILD_NUMBER: '1', BITBUCKET_PR_ID: '2' }, true],
  ['circleci', { CIRCLECI: 'true' }, false],
  ['buildkite', { BUILDKITE: 'true', BUILDKITE_PULL_REQUEST: 'false' }, false],
  ['buildkite', { BUILDKITE: 'true', BUILDKITE_PULL_REQUEST: '7' }, true],
  ['jenkins', { JENKINS_URL: 'http://j' }, undefined],
  ['jenkins', { JENKINS_URL: 'http://j', CHANGE_ID: '1', GIT_URL: 'https://u:secret@git/x' }, true],
  ['unknown', { CI: '1' }, undefined],
])('%s %j', (provider, env, pullRequest) => {
  const ci = detectCi(env);
  expect(ci?.run.provider).toBe(provider);
  expect(ci?.pullRequest).toBe(pullRequest);
  expect(JSON.stringify(ci)).not.toContain('secret');
});
test('no CI', () => {
  expect(detectCi({ CI: 'false' })).toBeUndefined();
});

test('a protocol beside a host gives it its port and its label; what contradicts it is refused', () => {
  const { targets } = parseConfig(
    'e.yaml',
    'targets: [{ host: db, protocol: postgres }, { host: mail, port: 2525, protocol: smtp }, { target: "cache:6379", protocol: tls }, { host: x, port: 3306 }]',
    '/',
  );
  expect(targets).toMatchObject([
    { id: 'endpoint://db:5432', protocol: 'postgres', label: 'postgres://db' },
    { id: 'endpoint://mail:2525', protocol: 'smtp', label: 'smtp://mail:2525' },
    { id: 'endpoint://cache:6379', protocol: 'tls', label: 'tls://cache:6379' },
    { id: 'endpoint://x:3306', protocol: 'mysql', label: 'mysql://x:3306' },
  ]);
  expect(() => parseConfig('e.yaml', 'targets: [{ target: "postgres://db", protocol: mysql }]', '/')).toThrow(/its scheme and the protocol mysql differ/);
  expect(() => parseConfig('e.yaml', 'targets: [{ target: "smtp://mail", httpPort: 80 }]', '/')).toThrow(/httpPort is for HTTPS/);
});
