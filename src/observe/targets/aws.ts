import type { AwsService, AwsTarget } from '../../model/target.ts';
import { closest } from '../../util/suggest.ts';
import { TargetError } from './error.ts';

export type NamedAws = Pick<AwsTarget, 'is' | 'id' | 'label' | 'services' | 'regions' | 'buckets' | 'include'>;
const laterServices: ReadonlySet<string> = new Set(
  'ec2 ebs efs elb elbv2 alb nlb cloudfront apigateway dynamodb sqs sns acm elasticache redshift opensearch es secretsmanager ssm cloudtrail lambda logs backup kinesis iam'.split(
    ' ',
  ),
);
const regions =
  'us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ca-central-1 sa-east-1 me-south-1 af-south-1 us-gov-west-1 us-gov-east-1 cn-north-1 cn-northwest-1'.split(
    ' ',
  );

/**
 * `aws:` (every service), `aws:s3,kms`, `aws:rds@eu-west-1,us-east-1`. The id names what was asked for (profile `default`, `*` for all regions):
 * the account is not known yet.
 */
export function aws(rest: string): NamedAws {
  const [, list = '', place] = /^([^@]*)(?:@(.*))?$/s.exec(rest) ?? [];
  const services = list === '' ? awsServices : [...new Set(list.split(',').map(serviceOf))].sort();
  const regions = place === undefined ? undefined : [...new Set(place.split(','))].sort();
  for (const region of regions ?? []) checkRegion(region);
  return { is: 'aws', id: awsId('default', { services, ...(regions && { regions }) }), label: `aws:${rest}`, services, ...(regions && { regions }) };
}
const awsServices: readonly AwsService[] = ['kms', 'rds', 's3'];
export const awsId = (profile: string, { services, regions = ['*'] }: Pick<AwsTarget, 'services' | 'regions'>): AwsTarget['id'] =>
  `aws://${profile}/${regions.join(',')}/${services.join(',')}`;

function serviceOf(word: string): AwsService {
  const known = awsServices.find((service) => service === word);
  if (known === undefined) throw new TargetError(refusal(word));
  return known;
}
function refusal(service: string): string {
  if (!/^[a-z0-9-]{1,32}$/i.test(service)) return `no AWS service; ${supported}`;
  return laterServices.has(service.toLowerCase())
    ? `the AWS service ${service} is not supported yet; ${supported}`
    : `unknown AWS service ${service}${closest(service, [...awsServices, ...laterServices])}; ${supported}`;
}
const supported = 'supported now: aws:s3, aws:rds, aws:kms';
/** S3-compatible services have regions of their own, so only what looks like a slip is refused. */
function checkRegion(region: string): void {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(region) || region.length > 32) throw new TargetError('no region after the @; write for example aws:s3@eu-west-1');
  const hint = /^[a-z]{2,}(-[a-z]+)+-\d$/.test(region) ? '' : closest(region, regions);
  if (hint !== '') throw new TargetError(`unknown region ${region}${hint}`);
}

/** `arn:aws:s3:::bucket`, `arn:aws:rds:eu-west-1:123456789012:db:name`, `arn:aws:kms:…:key/id`: that resource only. */
export function arn(text: string): NamedAws {
  const [, partition = '', word = '', region = '', account = '', resource = ''] = text.split(':', 5).concat(text.split(':').slice(5).join(':'));
  if (!/^aws(-[a-z]+)*$/.test(partition)) throw new TargetError('no ARN: it starts with arn:aws:');
  const service = serviceOf(word);
  if (service !== 's3') return regional(text, { service, region, account, resource });
  if (region !== '' || account !== '') throw new TargetError('only buckets are supported: arn:aws:s3:::bucket');
  if (resource.includes('/')) throw new TargetError('names an object; write the ARN of its bucket, arn:aws:s3:::bucket');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(resource)) throw new TargetError('no bucket name: 3 to 63 letters, digits, dots and hyphens');
  return { is: 'aws', id: `arn:${partition}:s3:::${resource}`, label: text, services: ['s3'], buckets: [resource] };
}
const resources = {
  rds: [/^(?:db|cluster|snapshot|cluster-snapshot):[A-Za-z][A-Za-z0-9:-]{0,254}$/, 'db:NAME, cluster:NAME, snapshot:NAME or cluster-snapshot:NAME'],
  kms: [/^key\/[A-Za-z0-9-]{1,64}$/, 'key/ID (an alias names a key: give the key itself)'],
} as const;
function regional(
  text: string,
  { service, region, account, resource }: { readonly service: 'rds' | 'kms'; readonly region: string; readonly account: string; readonly resource: string },
): NamedAws {
  checkRegion(region);
  const [pattern, words] = resources[service];
  if (!/^\d{12}$/.test(account) || !pattern.test(resource))
    throw new TargetError(`no such resource; write arn:aws:${service}:REGION:ACCOUNT: and then ${words}`);
  return { is: 'aws', id: `arn:${text.slice(4)}`, label: text, services: [service], regions: [region], include: [text] };
}
