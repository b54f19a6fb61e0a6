import { configuredEndpoint, type Session } from './session.ts';

/** The AWS CLI's argv for one call. Credentials never: whoever runs it has their own, or the profile of that name. */
export function reproduce({ profile }: Session, region: string, argv: readonly string[]): readonly string[] {
  const endpoint = plainEndpoint(argv[0] === 'sts' ? 'STS' : 'S3');
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
export function plainEndpoint(service: 'S3' | 'STS'): string | undefined {
  const endpoint = configuredEndpoint(service);
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const { origin, pathname, username, password, search } = new URL(endpoint);
  return username === '' && password === '' && search === '' ? origin + (pathname === '/' ? '' : pathname) : undefined;
}
