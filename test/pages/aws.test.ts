import { expect, test } from 'vitest';
import { builtInRules } from '../../src/judge/rules/built-in.ts';
import { neededCalls, permissionsFor } from '../../src/observe/aws/permissions.ts';
import { perSecond } from '../../src/observe/aws/rate.ts';
import { collectors } from '../../src/observe/aws/services/index.ts';
import type { Collector } from '../../src/observe/aws/collector.ts';

const rules = builtInRules().map(({ rule }) => rule.info);
const list = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join(', ') || '–';

function service(collector: Collector): string {
  const rows = collector.calls.map(({ action, fills }) => {
    const users = rules.filter((rule) => fills.length > 0 && neededCalls([rule], collector).some((call) => call.action === action));
    const rate = perSecond[action];
    return `| \`${action}\` | ${fills.length === 0 ? 'to find the resources' : list(fills)} | ${fills.length === 0 ? 'all' : list(users.map(({ id }) => id))} | ${rate ?? '–'} |`;
  });
  return `## ${collector.service.toUpperCase()}

${collector.reach === 'global' ? 'Asked once for the account' : 'Asked in each region'}; subjects: ${list(collector.kinds)}.

| IAM action | fills | for | at most, in calls a second, account and region |
|---|---|---|---|
${rows.join('\n')}
`;
}
const page = (): string => `# AWS: what is asked, and what it needs

Made from the collectors and the rules by \`npm run docs\`; do not edit.

\`encaudit scan aws:\` looks at every service below, in every region that is enabled for the account (\`account:ListRegions\`; without that permission it looks at the
region of the credentials, and says that it does not know the others). \`aws:kms,rds@eu-west-1,us-east-1\` narrows it, an ARN names one resource, and \`include\` and
\`exclude\` in \`encaudit.yaml\` take patterns over names or ARNs. Credentials, profiles, \`AWS_ENDPOINT_URL*\` and \`HTTPS_PROXY\` are what the AWS SDK and your shell have.

Every call is read-only. A service about which no chosen rule asks costs no call, a call whose facts nobody reads is not made, and what is denied costs only the
facts that hang on it: they are unknown, with the API, the code and the request id, and never pass. Failures that may pass are tried twice more. Where AWS
publishes quotas, encaudit keeps to a tenth of them; elsewhere the number of open sockets (40 for an account) is the limit.

${collectors.map(service).join('\n')}
## The policy

What all built-in rules need; \`encaudit iam-policy --for 'kms/*'\` prints it for some.

\`\`\`json
${JSON.stringify(
  {
    Version: '2012-10-17',
    Statement: permissionsFor(rules, collectors).map((one) => ({
      Sid: `Encaudit${one.service.toUpperCase()}`,
      Effect: 'Allow',
      Action: one.actions,
      Resource: '*',
    })),
  },
  null,
  2,
)}
\`\`\`
`;

test('docs/aws.md is that of the code', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/aws.md');
});
test('no call without a rule, and no rule about AWS without a call', () => {
  for (const collector of collectors)
    for (const { action, fills } of collector.calls)
      if (fills.length > 0)
        expect([action, rules.some((rule) => neededCalls([rule], collector).some((call) => call.action === action))]).toEqual([action, true]);
  const kinds = new Set(collectors.flatMap((collector) => collector.kinds));
  for (const rule of rules.filter(({ subject }) => kinds.has(subject)))
    expect([rule.id, permissionsFor([rule], collectors).length > 0]).toEqual([rule.id, true]);
});
