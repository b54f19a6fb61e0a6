import { expect, test } from 'vitest';
import { run } from './run.ts';

const actionsOf = (stdout: string): readonly string[] => {
  const { Statement }: { readonly Statement: readonly { readonly Action: readonly string[] }[] } = JSON.parse(stdout);
  return Statement.flatMap(({ Action }) => Action);
};
test('prints JSON and nothing else, of read-only actions', async () => {
  const { status, stdout, stderr } = await run(['iam-policy']);
  expect([status, stderr]).toEqual([0, '']);
  const actions = actionsOf(stdout);
  expect(actions).toContain('s3:GetBucketPolicy');
  expect(actions.filter((action) => !/^[a-z0-9]+:(?:Get|List|Describe)/.test(action))).toEqual([]);
});
test('for some rules only what they need', async () => {
  const { stdout } = await run(['iam-policy', '--for', 's3/denies-plain-http']);
  expect(actionsOf(stdout)).toEqual(['s3:GetBucketLocation', 's3:GetBucketPolicy', 's3:ListAllMyBuckets']);
});
test.each([
  [['--for', 's3/denies-plain-htp'], /no rule is called "s3\/denies-plain-htp"; did you mean/],
  [['--service', 's4'], /unknown service "s4"; did you mean "s3"/],
  [['--for', 'tls/*'], /no permission is needed/],
])('%j: exit 2', async (args, message) => {
  const { status, stdout, last } = await run(['iam-policy', ...args]);
  expect([status, stdout]).toEqual([2, '']);
  expect(last).toMatch(message);
});
