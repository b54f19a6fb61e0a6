import type { Command } from 'commander';
import type { AwsService } from '../model/target.ts';
import { collect } from './formats.ts';
import { knowledge } from './knowledge.ts';
import { matching } from './plan.ts';
import { UsageError, type Runtime } from './runtime.ts';

const help = `
Every action is read-only. sts:GetCallerIdentity needs no permission and is not listed.

Examples:
  encaudit iam-policy > policy.json
  aws iam create-policy --policy-name encaudit --policy-document file://policy.json
  encaudit iam-policy --for 'kms/*' --for s3/denies-plain-http
  encaudit iam-policy --service s3

Exit codes: 0 printed, 2 wrong usage or rule.`;

export const iamPolicy = (program: Command, runtime: Runtime): unknown =>
  program
    .command('iam-policy')
    .description('print the least AWS policy with which the rules can be judged')
    .option('--for <glob>', 'only for these rules; repeatable', collect)
    .option('--service <name>', 'only for these services: s3, rds, kms; repeatable', collect)
    .option('--rules <dir>', 'rules of your own; repeatable', collect)
    .addHelpText('after', help)
    .action(async (flags: { readonly for?: readonly string[]; readonly service?: readonly string[]; readonly rules?: readonly string[] }) => {
      const [{ permissionsFor }, { collectors }, { closest }, known] = await Promise.all([
        import('../observe/aws/permissions.ts'),
        import('../observe/aws/services/index.ts'),
        import('../util/suggest.ts'),
        knowledge(flags.rules ?? []),
      ]);
      const ids = known.rules.map(({ file }) => file.id);
      const wanted = (flags.for ?? []).map((pattern) => matching(pattern, ids));
      const services = flags.service?.flatMap((list) => list.split(','));
      const all: readonly string[] = collectors.map(({ service }) => service);
      const strange = services?.find((service) => !all.includes(service));
      if (strange !== undefined) throw new UsageError(`unknown service "${strange}"${closest(strange, all)}; ${all.join(', ')} are known`);
      const chosen = known.rules.filter(({ file }) => wanted.length === 0 || wanted.some((fits) => fits(file.id)));
      const permissions = permissionsFor(
        chosen.map(({ rule }) => rule.info),
        collectors.filter(({ service }) => services?.includes(service) ?? true),
      );
      if (permissions.length === 0) throw new UsageError('none of these rules asks AWS anything: no permission is needed');
      await runtime.stdout.write(`${JSON.stringify(policyOf(permissions), null, 2)}\n`);
      runtime.end(0);
    });

const policyOf = (permissions: readonly { readonly service: AwsService | 'account'; readonly actions: readonly string[] }[]): unknown => ({
  Version: '2012-10-17',
  Statement: permissions.map(({ service, actions }) => ({
    Sid: `Encaudit${service.toUpperCase()}`,
    Effect: 'Allow',
    Action: actions,
    Resource: '*', // listings take no narrower one, and what is listed is what is audited
  })),
});
