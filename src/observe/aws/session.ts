import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AccountClient } from '@aws-sdk/client-account';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { STSClient, STSClientConfig } from '@aws-sdk/client-sts';
import { getProxyForUrl } from 'proxy-from-env';
import { isRegion } from './failure.ts';
import { limitBody } from './limit.ts';
import { domainOf, partitionOf } from './partition.ts';

/** The clients of one set of credentials: one a service and region, made when it is first asked for. */
export interface Session {
  /** Where calls go that have no region of their own. */
  readonly region: string;
  readonly profile?: string;
  s3(region: string): Promise<S3Client>;
  rds(region: string): Promise<RDSClient>;
  kms(region: string): Promise<KMSClient>;
  /** The account service answers in one region of each partition. */
  account(): Promise<AccountClient>;
  sts(): Promise<STSClient>;
  close(): void;
}
export interface SessionOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly timeoutMs: number;
  readonly sockets: number;
}
/** As AWS_ENDPOINT_URL_<SERVICE> spells them. */
export type Service = 'S3' | 'RDS' | 'KMS' | 'ACCOUNT' | 'STS';
const fallbackRegion = 'us-east-1';

/**
 * Credentials come by the SDK's own chain (environment, SSO, web identity, shared files, process, container, instance) or from a profile;
 * AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> are the SDK's own. Proxies are not: it ignores HTTPS_PROXY, so that they are set here.
 * Each client's code is loaded with its first call: together they are 300 ms and 60 MB.
 */
export async function openSession({ region, profile, timeoutMs, sockets }: SessionOptions): Promise<Session> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'; // the CLI says it in a line of its own
  const [{ STSClient }, { fromNodeProviderChain }] = await Promise.all([import('@aws-sdk/client-sts'), import('@aws-sdk/credential-providers')]);
  const agents = await makeAgents(sockets);
  const named = profile === undefined ? {} : { profile };
  const settings = (service: Service, at: string): Omit<Options, 'region' | 'credentials'> => ({
    maxAttempts: 1, // call.ts asks again
    requestHandler: {
      ...agents.forUrl(configuredEndpoint(service) ?? `https://${service.toLowerCase()}.${at}.${domainOf(at)}/`),
      connectionTimeout: timeoutMs,
      logger: silent,
    },
    logger: silent,
  });
  const first = new STSClient({ ...named, ...(region !== undefined && { region }) });
  const home = region ?? (await regionOf(first));
  const credentials = once(fromNodeProviderChain({ ...named, clientConfig: { region: home, ...settings('STS', home) } }));
  first.destroy();
  const open: { destroy(): void }[] = [];
  const each = <C extends { destroy(): void }>(service: Service, make: (options: Options) => Promise<C>): ((at: string) => Promise<C>) => {
    const made = new Map<string, Promise<C>>();
    const start = async (at: string): Promise<C> => {
      const client = await make({ ...named, ...settings(service, at), region: at, credentials });
      open.push(client);
      return client;
    };
    return (at) => {
      const client = made.get(at) ?? start(at);
      made.set(at, client);
      return client;
    };
  };
  const account = each('ACCOUNT', async (options) => {
    const client = new (await import('@aws-sdk/client-account')).AccountClient(options);
    client.middlewareStack.add(limited, innermost);
    return client;
  });
  const sts = each('STS', async (options) => {
    const client = new STSClient(options);
    client.middlewareStack.add(limited, innermost);
    return client;
  });
  return {
    region: home,
    ...named,
    s3: each('S3', async (options) => {
      const pathStyle = configuredEndpoint('S3') === undefined ? {} : { forcePathStyle: true }; // a local server has no host name for each bucket
      const client = new (await import('@aws-sdk/client-s3')).S3Client({ ...options, ...pathStyle });
      client.middlewareStack.add(limited, innermost);
      return client;
    }),
    rds: each('RDS', async (options) => {
      const client = new (await import('@aws-sdk/client-rds')).RDSClient(options);
      client.middlewareStack.add(limited, innermost);
      return client;
    }),
    kms: each('KMS', async (options) => {
      const client = new (await import('@aws-sdk/client-kms')).KMSClient(options);
      client.middlewareStack.add(limited, innermost);
      return client;
    }),
    account: () => account(accountRegion[partitionOf(home)] ?? home),
    sts: () => sts(home),
    close: () => {
      for (const client of open) client.destroy();
      agents.destroy();
    },
  };
}
/** What all clients are made with. */
interface Options {
  readonly profile?: string;
  readonly region: string;
  readonly credentials: NonNullable<STSClientConfig['credentials']>;
  readonly maxAttempts: number;
  readonly requestHandler: NonNullable<STSClientConfig['requestHandler']>;
  readonly logger: NonNullable<STSClientConfig['logger']>;
}
/** Where the account service is (AWS Account Management endpoints and quotas). */
const accountRegion: Readonly<Record<string, string>> = { aws: 'us-east-1', 'aws-cn': 'cn-northwest-1' };
/** An endpoint from the environment: somebody else's service, or a local one. */
export const configuredEndpoint = (service: Service): string | undefined =>
  process.env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true'
    ? undefined
    : process.env[`AWS_ENDPOINT_URL_${service}`] || process.env['AWS_ENDPOINT_URL'] || undefined;

async function regionOf(client: STSClient): Promise<string> {
  try {
    const region = await client.config.region();
    return isRegion(region) ? region : fallbackRegion;
  } catch {
    return fallbackRegion; // none is configured; ListBuckets answers there for the whole partition
  }
}
const silent = { debug: (): void => {}, info: (): void => {}, warn: (): void => {}, error: (): void => {}, trace: (): void => {} };

/** One look-up for all clients, kept until five minutes before it expires; a failure is not kept. */
function once<T extends { readonly expiration?: Date }>(provide: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return async () => {
    const value = await (kept ??= provide()).catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    if (value.expiration && value.expiration.getTime() - Date.now() < 300_000) kept = undefined;
    return value;
  };
}

interface Agents {
  forUrl(url: string): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpAgent };
  destroy(): void;
}
/** Sockets are kept and bounded, over all regions; one pair of agents a proxy, one without. */
async function makeAgents(sockets: number): Promise<Agents> {
  const options = { keepAlive: true, maxSockets: sockets, maxTotalSockets: sockets };
  const proxied = Object.keys(process.env).some((name) => /^(https?|all)_proxy$/i.test(name));
  const HttpsProxyAgent = proxied ? (await import('https-proxy-agent')).HttpsProxyAgent : undefined;
  const made = new Map<string, { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpAgent }>();
  return {
    forUrl: (url) => {
      const proxy = getProxyForUrl(url);
      const known = made.get(proxy);
      if (known) return known;
      const agent = HttpsProxyAgent && proxy !== '' ? new HttpsProxyAgent(proxy, options) : undefined;
      const pair = agent ? { httpAgent: agent, httpsAgent: agent } : { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) };
      made.set(proxy, pair);
      return pair;
    },
    destroy: () => {
      for (const { httpAgent, httpsAgent } of made.values()) {
        httpAgent.destroy();
        httpsAgent.destroy();
      }
    },
  };
}
/** Every reply passes the limit before the SDK reads it. */
const limited =
  <A, R extends { readonly response: unknown }>(next: (request: A) => Promise<R>) =>
  async (request: A): Promise<R> => {
    const result = await next(request);
    limitBody(result.response);
    return result;
  };
const innermost = { step: 'deserialize', priority: 'low', name: 'limitBody' } as const;
