import { configuredEndpoint, type Service, type Session } from './session.ts';

/** The AWS CLI's commands, and whose endpoint they use. */
const serviceOf: Readonly<Record<string, Service>> = { s3api: 'S3', rds: 'RDS', kms: 'KMS', account: 'ACCOUNT', sts: 'STS' };

/** The AWS CLI's argv for one call. Credentials never: whoever runs it has their own, or the profile of that name. */
export function reproduce({ profile }: Session, region: string, argv: readonly string[]): readonly string[] {
  const service = serviceOf[argv[0] ?? ''];
  const endpoint = service && plainEndpoint(service);
  return [
    'aws',
    ...argv,
    '--region',
    region,
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(endpoint === undefined ? [] : ['--endpoint-url', endpoint]),
  ];
}
/** The endpoint of the environment; one that holds a name, a password or a query is not repeated. */
export function plainEndpoint(service: Service): string | undefined {
  const endpoint = configuredEndpoint(service);
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const { origin, pathname, username, password, search } = new URL(endpoint);
  return username === '' && password === '' && search === '' ? origin + (pathname === '/' ? '' : pathname) : undefined;
}
