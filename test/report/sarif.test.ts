import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv-draft-04';
import formats from 'ajv-formats';
import type { Log, Result, Run } from 'sarif';
import { expect, test } from 'vitest';
import type { RenderOptions } from '../../src/model/reporter.ts';
import type { ScanResult } from '../../src/model/result.ts';
import { sarif } from '../../src/report/sarif.ts';
import { fullResult } from '../support/full-result.ts';

const schemaText = readFileSync('test/schemas/sarif-schema-2.1.0.json', 'utf8');
const ajv = new Ajv.default({ strict: false, allErrors: true });
formats.default(ajv, ['uri', 'uri-reference', 'date-time']);
const schema: unknown = JSON.parse(schemaText);
const valid = ajv.compile<Log>(typeof schema === 'object' && schema !== null ? schema : {});

function runOf(result: ScanResult, options: Partial<RenderOptions> = {}): Run {
  const log: unknown = JSON.parse([...sarif.render(result, { color: false, width: 80, ...options })].join(''));
  const ok = valid(log);
  expect(valid.errors ?? []).toEqual([]);
  if (!ok || log.runs.length !== 1 || log.runs[0] === undefined) throw new Error('not one run');
  return log.runs[0];
}
const full = fullResult();
const many = (count: number): ScanResult => {
  const [first] = full.findings;
  if (!first) throw new Error('no finding');
  return {
    ...full,
    findings: Array.from({ length: count }, (_, i) => ({
      ...first,
      subject: `endpoint://h${i}.example:443` as const,
      fingerprint: `f${i}`,
      severity: i < 3 ? ('critical' as const) : ('low' as const),
    })),
  };
};

test('the vendored schemas are what their README says', () => {
  const readme = readFileSync('test/schemas/README.md', 'utf8');
  for (const file of ['sarif-schema-2.1.0.json', 'junit-10.xsd'])
    expect(readme).toContain(
      createHash('sha256')
        .update(readFileSync(`test/schemas/${file}`))
        .digest('hex'),
    );
});
test('the schema refuses what is wrong: the validator is awake', () => {
  expect(valid({ version: '2.1.0', runs: [{}] })).toBe(false);
});
test.each([{}, { sarifWaived: 'suppress' }] as const)('GitHub takes it: %j', (options) => {
  const { results = [], tool, automationDetails } = runOf(full, options);
  expect(results.length).toBeGreaterThan(5);
  for (const result of results) {
    const [location] = result.locations ?? [];
    const { uri = '' } = location?.physicalLocation?.artifactLocation ?? {};
    expect(uri).toMatch(/^[\w.-][\w.%/-]*$/); // relative, no scheme, no spaces
    expect(uri).not.toContain('..');
    expect(location?.physicalLocation?.region?.startLine).toBeGreaterThan(0);
    expect(result.partialFingerprints?.['primaryLocationLineHash']).toMatch(/^[0-9a-f]{32}:1$/);
    expect(result.kind).toBe('fail');
    expect(tool.driver.rules?.[result.ruleIndex ?? -1]?.id).toBe(result.ruleId);
  }
  expect(new Set(results.map((one) => one.partialFingerprints?.['primaryLocationLineHash'])).size).toBe(results.length);
  expect(automationDetails?.id).toMatch(/\/$/);
});
test('rules carry severities in GitHub’s bands and at most 20 tags', () => {
  const control = full.controls[3];
  if (!control) throw new Error('no control');
  const crowd = Array.from({ length: 40 }, (_, i) => ({ ...control, id: `9.9.${i}`, rules: ['tls/offered'] }));
  const rules = runOf({ ...full, controls: [...full.controls, ...crowd] }).tool.driver.rules ?? [];
  const of = (id: string): unknown => rules.find((rule) => rule.id === id)?.properties;
  expect(of('tls/offered')).toMatchObject({ 'security-severity': '9.5', tags: { length: 20 } });
  expect(of('tls/no-weak-suites')).toMatchObject({
    'security-severity': '8.0',
    tags: ['security', 'external/cwe/cwe-327', 'hipaa-164.312(e)(2)(ii)', 'pci-4.2.1'],
  });
  expect(of('cert/not-expiring-soon')).toMatchObject({ 'security-severity': '5.5' });
  expect(of('http/hsts')).toMatchObject({ 'security-severity': '2.0' });
  expect(of('tls/tls13-offered')).not.toHaveProperty('security-severity');
});

const named = (results: readonly Result[] | undefined, rule: string, subject: string): Result | undefined =>
  results?.find(({ ruleId, properties }) => ruleId === rule && properties?.['subject'] === subject);
test('a result points to the line that declares its target', () => {
  const { results } = runOf(full, { sarifWaived: 'suppress' });
  const place = (rule: string, subject: string): unknown => named(results, rule, subject)?.locations?.[0]?.physicalLocation;
  expect(place('tls/no-legacy-versions', 'endpoint://pay.example.com:443')).toMatchObject({
    artifactLocation: { uri: 'encaudit.yaml' },
    region: { startLine: 7 },
  });
  expect(place('s3/declared-tier', 'arn:aws:s3:::acme-card-data')).toMatchObject({
    artifactLocation: { uri: 'audit/aws%20targets.yaml' },
    region: { startLine: 12 },
  });
});
test.each([['/etc/passwd'], ['../outside.yaml'], ['a/../../b.yaml'], ['C:\\targets.yaml'], ['file:///x'], ['']])('%s is no place in the checkout', (file) => {
  const targets = full.scope.targets.map((target) => ({ ...target, declaredAt: { file, line: 9, column: 1 } }));
  for (const { locations } of runOf({ ...full, scope: { ...full.scope, targets } }).results ?? [])
    expect(locations?.[0]?.physicalLocation).toMatchObject({ artifactLocation: { uri: 'encaudit.yaml' }, region: { startLine: 1 } });
});
test('unknowns are notifications, one a cause; passes and waived results are nowhere', () => {
  const { results, invocations } = runOf(full);
  expect(named(results, 'tls/no-weak-suites', 'endpoint://pay.example.com:443')).toBeUndefined();
  expect(named(results, 's3/denies-plain-http', 'arn:aws:s3:::acme-card-data')).toBeUndefined();
  expect(invocations?.[0]).toMatchObject({ executionSuccessful: true, exitCode: 1 });
  const notifications = invocations?.[0]?.toolExecutionNotifications ?? [];
  expect(notifications.map(({ descriptor, level }) => [descriptor?.id, level])).toEqual([
    ['listing-failed', 'error'],
    ['timeout', 'error'],
    ['reset', 'error'],
    ['unprovable', 'note'],
  ]);
  expect(notifications[1]?.properties?.['rules']).toHaveLength(4);
  expect(notifications[2]?.associatedRule?.id).toBe('tls/no-weak-suites');
});
test('where asked for, a waived result is there with its suppression, and all others say that they have none', () => {
  const { results } = runOf(full, { sarifWaived: 'suppress' });
  expect(named(results, 's3/denies-plain-http', 'arn:aws:s3:::acme-card-data')).toMatchObject({
    suppressions: [{ kind: 'external', status: 'accepted', justification: expect.stringContaining('W-012') }],
    baselineState: 'unchanged',
  });
  expect(named(results, 'tls/offered', 'endpoint://plain.example.com:443')).toMatchObject({ suppressions: [], baselineState: 'new' });
});
test('baseline, taxa and items stand beside the result', () => {
  expect(named(runOf(full).results, 'tls/no-legacy-versions', 'endpoint://pay.example.com:443')).toMatchObject({
    baselineState: 'updated',
    taxa: [
      { id: '4.2.1', toolComponent: { name: 'pci-dss-4.0.1', index: 1 } },
      { id: '12.3.3' },
      { id: '164.312(e)(1)', toolComponent: { name: 'hipaa-security-rule', index: 0 } },
    ],
    properties: { addresses: ['192.0.2.11'], items: [{ key: 'TLSv1' }, { key: 'TLSv1.1' }] },
  });
});
test('above 5,000 results the worst are kept, and the rest is counted', () => {
  const { results = [], invocations } = runOf(many(5010));
  expect(results).toHaveLength(5000);
  expect(results.slice(0, 4).map(({ level }) => level)).toEqual(['error', 'error', 'error', 'note']);
  expect(invocations?.[0]?.toolExecutionNotifications?.[0]?.message.text).toContain('10 results of lower severity left out');
  expect(runOf(many(5000)).invocations?.[0]?.toolExecutionNotifications?.[0]?.descriptor?.id).toBe('listing-failed');
});
test('an interrupted scan was not successful', () => {
  expect(runOf(fullResult({ interrupted: 'SIGINT', gate: { exit: 130, reasons: [] } })).invocations?.[0]).toMatchObject({
    executionSuccessful: false,
    exitCode: 130,
  });
});
