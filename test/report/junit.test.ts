import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { junit } from '../../src/report/junit.ts';
import type { ScanResult } from '../../src/model/result.ts';
import { fullResult, hostileText } from '../support/full-result.ts';

const schema = readFileSync('test/schemas/junit-10.xsd', 'utf8');
const render = (result: ScanResult = fullResult()): string => [...junit.render(result, { color: false, width: 80 })].join('');
const complaints = async (xml: string): Promise<readonly string[]> =>
  (await validateXML({ xml: [{ fileName: 'report.xml', contents: xml }], schema: [schema] })).errors.map(({ message }) => message);

test('valid by the schema of Jenkins', async () => {
  expect(await complaints(render())).toEqual([]);
});
test('the schema refuses what is wrong: the validator is awake', async () => {
  expect(await complaints('<testsuites><testsuite tests="1"/></testsuites>')).not.toEqual([]);
});
test('every character of hostile text is legal in XML 1.0, and none ends a section', () => {
  const xml = render();
  expect(xml).not.toMatch(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  expect(xml).not.toContain(']]>');
  expect(xml).not.toContain('<script>');
  expect(hostileText).toContain(']]>');
});
test('a fail fails, an unknown is an error, waived and not applicable are skipped', () => {
  const xml = render();
  const of = (suite: string, rule: string): string => new RegExp(`<testcase name="${rule}" classname="${suite}".*`).exec(xml)?.[0] ?? '';
  expect(of('endpoint://pay.example.com:443', 'tls/no-legacy-versions')).toContain('<failure type="high" message="accepts TLSv1 ');
  expect(of('endpoint://pay.example.com:443', 'tls/no-weak-suites')).toContain('<error type="reset"');
  expect(of('arn:aws:s3:::acme-card-data', 's3/denies-plain-http')).toContain(
    '<skipped message="accepts GetObject over plain HTTP from anyone the policy allows: waived by ',
  );
  expect(of('endpoint://plain.example.com:443', 'tls/no-weak-suites')).toContain('<skipped message="not applicable"/>');
  expect(of('endpoint://api.example.com:443', 'tls/no-weak-suites')).toMatch(/\/>$/);
  expect(xml).toContain('<testcase name="listing s3-bucket" classname="aws://111122223333/eu-central-1/s3"><error type="access-denied"');
});
test('the sums are right', () => {
  const xml = render();
  const count = (pattern: RegExp): number => xml.match(pattern)?.length ?? 0;
  const [, tests, failures, errors] = /<testsuites name="encaudit" tests="(\d+)" failures="(\d+)" errors="(\d+)" time="11.800">/.exec(xml) ?? [];
  expect([tests, failures, errors]).toEqual([count(/<testcase /g), count(/<failure /g), count(/<error /g)].map(String));
});
