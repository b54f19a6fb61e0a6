import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { folder, run, type Ended } from './run.ts';

interface Seen {
  readonly subjects: readonly { readonly summary: { readonly label: string }; readonly passed: readonly string[]; readonly notApplicable: readonly string[] }[];
  readonly findings: readonly {
    readonly rule: string;
    readonly subject: string;
    readonly verdict: string;
    readonly severity: string;
    readonly items: readonly object[];
  }[];
  readonly score: unknown;
  readonly controls: readonly { readonly id: string; readonly framework: string; readonly state: string }[];
  readonly gate: { readonly exit: number; readonly reasons: readonly string[] };
}
const cwd = folder();
const ended: Ended[] = [];
const results: Seen[] = [];
beforeAll(async () => {
  // Whatever the user's machine is configured for takes no part.
  const env = { AWS_PROFILE: 'nobody', HTTPS_PROXY: 'http://127.0.0.1:1', ENCAUDIT_FAIL_ON: 'none', ENCAUDIT_POLICY: 'nowhere.yaml' };
  for (const name of ['a.json', 'b.json']) {
    ended.push(await run(['demo', '-f', `json=${name}`, '-f', 'terminal'], { cwd, ...(name === 'b.json' && { env }) }));
    results.push(JSON.parse(readFileSync(join(cwd, name), 'utf8')));
  }
});

test('the demo ends with 0 and says how a real scan would have ended', () => {
  for (const { status, stdout, stderr } of ended) {
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^exit 0: the lab was scanned whole; a real scan would have ended with exit 1: \d+ critical findings?, \d+ high findings ≥ --fail-on high; [^\n]*\n$/,
    );
    for (const word of [
      'legacy.lab.test',
      'expired.lab.test',
      's3://lab-archive',
      'tls/no-legacy-versions',
      's3/default-encryption',
      'rds://eu-west-1/lab-billing',
      'rds/instance-tls-enforced',
      'Technical evidence, not an attestation.',
    ])
      expect(stdout).toContain(word);
    expect(stdout).not.toContain('wJalrXUtnFEMI'); // no key, not even of a sample
  }
});
test('two runs find the same; only ports, times and random bytes differ', () => {
  const lasting = ({ subjects, findings, score, controls, gate }: Seen): unknown =>
    JSON.parse(
      JSON.stringify({
        subjects: subjects.map(({ summary, passed, notApplicable }) => ({ summary, passed, notApplicable })),
        findings: findings.map(({ rule, subject, verdict, severity, items }) => ({
          rule,
          subject,
          verdict,
          severity,
          items: items.map((item) => ({ ...item, evidence: [] })),
        })),
        score,
        controls: controls.map(({ framework, id, state }) => ({ framework, id, state })),
        gate,
      }).replace(/(\.test|127\.0\.0\.1):\d+/g, '$1'),
    );
  const [first, second] = results.map(lasting);
  expect(second).toEqual(first);
});
