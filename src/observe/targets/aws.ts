import type { AwsTarget } from '../../model/target.ts';
import { closest } from '../../util/suggest.ts';
import { TargetError } from './error.ts';

export type NamedAws = Pick<AwsTarget, 'is' | 'id' | 'label' | 'services' | 'region' | 'buckets'>;
const laterServices: ReadonlySet<string> = new Set(
  'kms rds ec2 ebs efs elb elbv2 alb nlb cloudfront apigateway dynamodb sqs sns acm elasticache redshift opensearch es secretsmanager ssm cloudtrail lambda logs backup kinesis iam'.split(
    ' ',
  ),
);
const regions =
  'us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ca-central-1 sa-east-1 me-south-1 af-south-1 us-gov-west-1 us-gov-east-1 cn-north-1 cn-northwest-1'.split(
    ' ',
  );

/** `aws:`, `aws:s3`, `aws:s3@eu-west-1`. The id names what was asked for (profile `default`, `*` for all regions): the account is not known yet. */
export function aws(rest: string): NamedAws {
  const [, list = '', region] = /^([^@]*)(?:@(.*))?$/s.exec(rest) ?? [];
  for (const service of list === '' ? [] : list.split(',')) if (service !== 's3') throw new TargetError(refusal(service));
  if (region !== undefined) checkRegion(region);
  return { is: 'aws', id: awsId('default', region), label: `aws:${rest}`, services: ['s3'], ...(region !== undefined && { region }) };
}
export const awsId = (profile: string, region = '*'): AwsTarget['id'] => `aws://${profile}/${region}/s3`;

function refusal(service: string): string {
  if (!/^[a-z0-9-]{1,32}$/i.test(service)) return 'no AWS service; supported now: aws:s3';
  return laterServices.has(service.toLowerCase())
    ? `the AWS service ${service} is not supported yet; supported now: aws:s3`
    : `unknown AWS service ${service}${closest(service, ['s3', ...laterServices])}; supported now: aws:s3`;
}
/** S3-compatible services have regions of their own, so only what looks like a slip is refused. */
function checkRegion(region: string): void {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(region) || region.length > 32) throw new TargetError('no region after the @; write for example aws:s3@eu-west-1');
  const hint = /^[a-z]{2,}(-[a-z]+)+-\d$/.test(region) ? '' : closest(region, regions);
  if (hint !== '') throw new TargetError(`unknown region ${region}${hint}`);
}

/** `arn:aws:s3:::bucket`: that bucket only. */
export function arn(text: string): NamedAws {
  const [, partition = '', service = '', region, account, resource = ''] = text.split(':', 5).concat(text.split(':').slice(5).join(':'));
  if (!/^aws(-[a-z]+)*$/.test(partition)) throw new TargetError('no ARN: it starts with arn:aws:');
  if (service !== 's3') throw new TargetError(refusal(service));
  if (region !== '' || account !== '') throw new TargetError('only buckets are supported: arn:aws:s3:::bucket');
  if (resource.includes('/')) throw new TargetError('names an object; write the ARN of its bucket, arn:aws:s3:::bucket');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(resource)) throw new TargetError('no bucket name: 3 to 63 letters, digits, dots and hyphens');
  return { is: 'aws', id: `arn:${partition}:s3:::${resource}`, label: text, services: ['s3'], buckets: [resource] };
}
