import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { folder, run, type Ended, type How } from './run.ts';
import { plainPort } from './servers.ts';

let [one, two]: [string, string] = ['', ''];
beforeAll(async () => {
  [one, two] = [await plainPort(), await plainPort()];
});
const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
interface Seen {
  readonly score: { readonly value: number; readonly raw: { readonly value: number } | number };
  readonly overrides: readonly unknown[];
  readonly policySource: string;
  readonly waivers: { readonly expired: readonly string[]; readonly unused: readonly string[] };
  readonly findings: readonly { readonly rule: string; readonly waiver?: { readonly id: string } }[];
}
const seen = (cwd: string, file = 'r.json'): Seen => JSON.parse(readFileSync(join(cwd, file), 'utf8'));
/** A scan whose result lies in r.json. */
const scan = (args: readonly string[], how: How & { readonly cwd: string }): Promise<Ended> =>
  run(['scan', ...args, '-f', 'json=r.json', '-f', 'terminal'], how);

test.concurrent('a baseline: what is known passes, what is new does not, what is gone is dropped', async () => {
  const cwd = folder();
  const baseline = (word: string, result: string): Promise<Ended> => run(['baseline', word, result], { cwd });
  const against = ['--baseline', '.encaudit/baseline.json'];
  expect((await run(['scan', one, '-f', 'json=one.json'], { cwd })).status).toBe(1);
  expect(await baseline('create', 'one.json')).toMatchObject({ status: 0, stdout: '', last: 'exit 0: .encaudit/baseline.json: 1 known finding' });
  const [again, known, both, both2, gated] = await Promise.all([
    baseline('create', 'one.json'),
    run(['scan', one, ...against], { cwd }),
    run(['scan', one, two, ...against, '-f', 'json=both.json'], { cwd }),
    run(['scan', one, two, ...against, '--fail-on', 'none', '--fail-on-new'], { cwd }),
    run(['gate', 'one.json', ...against, '--fail-on-new'], { cwd }),
  ]);
  expect(again).toMatchObject({ status: 2, last: expect.stringContaining('`encaudit baseline update`') });
  expect(known).toMatchObject({ status: 0, last: 'exit 0: gate passed (--fail-on high)' });
  expect(known.stdout).toContain('tls/offered'); // known is not hidden
  expect(both).toMatchObject({ status: 1, last: 'exit 1: 1 high new or worse finding ≥ --fail-on high' });
  expect(both2).toMatchObject({ status: 1, last: 'exit 1: 1 finding new or worse than the baseline (--fail-on-new)' });
  expect(gated.status).toBe(0);
  expect(await baseline('update', 'both.json')).toMatchObject({ status: 0, last: 'exit 0: .encaudit/baseline.json: 2 known findings' });
  expect(await run(['gate', 'both.json', ...against, '--fail-on-new'], { cwd })).toMatchObject({ status: 0 });
  expect(await baseline('prune', 'one.json')).toMatchObject({ status: 0, last: 'exit 0: .encaudit/baseline.json: 1 known finding, 1 entry dropped' });
});

const waiver = (port: string, expires: string, more = ''): string => `- id: W-1
  rule: tls/offered
  resource: endpoint://${port}
  type: risk-acceptance
  reason: goes away with the old hall
  owner: a@example.com
  approved_by: b@example.com
  created: ${day(-60)}
  expires: ${expires}
${more}`;
test.concurrent('a waiver: in force, expired, malformed', async () => {
  const [held, over, broken] = [waiver(one, day(30)), waiver(one, day(-3)), waiver(one, day(30), '  owmer: c@example.com\n')].map((text) =>
    folder({ '.encaudit/waivers.yaml': text }),
  );
  if (held === undefined || over === undefined || broken === undefined) throw new Error('three folders');
  const [passed, failed, refused] = await Promise.all([scan([one], { cwd: held }), scan([one], { cwd: over }), scan([one], { cwd: broken })]);
  expect(passed).toMatchObject({ status: 0, last: 'exit 0: gate passed (--fail-on high)' });
  expect(seen(held).findings.find(({ rule }) => rule === 'tls/offered')?.waiver?.id).toBe('W-1');
  expect(passed.stdout).toContain('W-1');
  expect(failed).toMatchObject({ status: 1 });
  expect(seen(over).waivers.expired).toEqual(['W-1']);
  expect(seen(held).score.value).toBeGreaterThan(seen(over).score.value);
  expect(seen(held).score.value).toBeLessThan(90); // a waived high is no A
  expect(refused).toMatchObject({
    status: 2,
    stdout: '',
    last: expect.stringMatching(/^exit 2: \.encaudit\/waivers\.yaml:10:3: unknown field owmer; did you mean "owner"\?$/),
  });

  const check = (cwd: string, ...more: readonly string[]): Promise<Ended> => run(['waivers', 'check', ...more], { cwd });
  const [fine, matched, expired, malformed, missing] = await Promise.all([
    check(held),
    check(held, '--result', 'r.json'),
    check(over),
    check(broken),
    check(folder()),
  ]);
  expect(fine).toMatchObject({ status: 0, stdout: '', last: expect.stringMatching(/^exit 0: 1 waiver in force/) });
  expect(matched).toMatchObject({ status: 0, last: 'exit 0: 1 waiver in force' });
  expect(expired).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^expired on \S+: W-1 \(tls\/offered on .*, owner a@example\.com\)\n$/),
    last: 'exit 1: 1 of 1 waiver needs care',
  });
  expect(malformed.status).toBe(2);
  expect(missing).toMatchObject({ status: 2, last: 'exit 2: .encaudit/waivers.yaml: no such file' });
});

test.concurrent('a rule that is switched off changes code and score, and is said', async () => {
  const cwd = folder({ 'encaudit.yaml': `targets: ["${one}"]\nrules:\n  tls/offered: { severity: off, reason: in a vault, owner: a@example.com }\n` });
  const bare = folder();
  const [off, on] = await Promise.all([scan([], { cwd }), scan([one], { cwd: bare })]);
  expect([off.status, on.status]).toEqual([0, 1]);
  expect(seen(cwd).overrides).toEqual([{ rule: 'tls/offered', from: 'high', to: 'off', owner: 'a@example.com', reason: 'in a vault' }]);
  expect(off.stdout).toMatch(/Switched off: tls\/offered \(was high\) by a@example\.com: in a vault/);
  expect(seen(cwd).score.value).toBeGreaterThan(seen(bare).score.value);
  expect(seen(cwd).score.value).toBeLessThan(90);
});
test.concurrent('--only and --skip are said like any rule that is switched off', async () => {
  const [skip, only] = [folder(), folder()];
  const [skipped, chosen] = await Promise.all([
    scan([one, '--skip', 'tls/offered'], { cwd: skip }),
    scan([one, '--only', 'tls/offered', '--only', 'cert/*'], { cwd: only }),
  ]);
  expect(skipped.status).toBe(0);
  expect(skipped.stdout).toMatch(/Switched off: tls\/offered \(was high\) by command line: --skip/);
  expect(seen(skip).overrides).toEqual([{ rule: 'tls/offered', from: 'high', to: 'off', owner: 'command line', reason: '--skip' }]);
  expect(chosen.status).toBe(1);
  expect(seen(only).overrides).toContainEqual({ rule: 'http/hsts', from: expect.any(String), to: 'off', owner: 'command line', reason: '--only' });
  expect(seen(only).overrides).not.toContainEqual(expect.objectContaining({ rule: expect.stringMatching(/^cert\/|^tls\/offered$/) }));
});

test.concurrent('a policy outside the checkout decides, and a pull request cannot loosen it', async () => {
  const cwd = folder({ '.git/HEAD': '', 'encaudit.yaml': `targets: ["${one}"]\nfailOn: none\n`, 'inside.yaml': 'failOn: none\n' });
  const outside = folder({ 'policy.yaml': 'failOn: high\n' });
  const policy = join(outside, 'policy.yaml');
  const pull = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'pull_request' };
  const [own, decided, refused, inside, named, warned] = await Promise.all([
    run(['scan', '-f', 'json'], { cwd }),
    run(['scan', '--policy', policy, '-f', 'json'], { cwd }),
    run(['scan', '--strict-policy'], { cwd, env: pull }),
    run(['scan', '--strict-policy', '--policy', 'inside.yaml'], { cwd, env: pull }),
    run(['scan', one, '--strict-policy', '--policy', policy, '-f', 'json'], { cwd, env: pull }),
    run(['scan', '-f', 'json'], { cwd, env: pull }),
  ]);
  const source = ({ stdout }: Ended): string => {
    const { policySource }: Seen = JSON.parse(stdout);
    return policySource;
  };
  expect(own).toMatchObject({ status: 0, stderr: 'exit 0: gate passed (--fail-on none)\n' });
  expect(source(own)).toBe('checkout');
  expect(decided).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^encaudit: encaudit\.yaml: failOn: not used, for \S+policy\.yaml decides\nexit 1: /),
  });
  expect(source(decided)).toBe('policy-file');
  expect(refused).toMatchObject({ status: 2, stdout: '', last: expect.stringMatching(/^exit 2: --strict-policy: .*--policy FILE/) });
  expect(inside).toMatchObject({ status: 2, stdout: '', last: expect.stringMatching(/^exit 2: inside\.yaml: lies inside the checkout/) });
  expect(named.status).toBe(1);
  expect(warned.stderr).toMatch(/^encaudit: policySource: checkout: the gate is set by encaudit\.yaml, .*--policy FILE/);
});
