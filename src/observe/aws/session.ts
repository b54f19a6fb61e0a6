import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { STSClient } from '@aws-sdk/client-sts';
import { getProxyForUrl } from 'proxy-from-env';
import { isRegion } from './failure.ts';
import { limitBody } from './limit.ts';
import { domainOf } from './partition.ts';

/** One set of credentials, and the clients that use it: one a region, because S3 answers for a bucket only where it is. */
export interface Session {
  readonly region: string;
  readonly profile?: string;
  s3(region: string): S3Client;
  sts(): Promise<STSClient>;
  close(): void;
}
export interface SessionOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly timeoutMs: number;
  readonly sockets: number;
}
const fallbackRegion = 'us-east-1';

/**
 * Credentials come by the SDK's own chain (environment, SSO, web identity, shared files, process, container, instance) or from a profile;
 * AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> are the SDK's own. Proxies are not: it ignores HTTPS_PROXY, so that they are set here.
 */
export async function openSession({ region, profile, timeoutMs, sockets }: SessionOptions): Promise<Session> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'; // the CLI says it in a line of its own
  const [{ S3Client }, { fromNodeProviderChain }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/credential-providers')]);
  const agents = await makeAgents(sockets);
  const named = profile === undefined ? {} : { profile };
  const settings = (service: 'S3' | 'STS', at: string): Pick<S3ClientConfig, 'requestHandler' | 'maxAttempts' | 'logger'> => ({
    maxAttempts: 1, // call.ts asks again
    requestHandler: {
      ...agents.forUrl(configuredEndpoint(service) ?? `https://${service.toLowerCase()}.${at}.${domainOf(at)}/`),
      connectionTimeout: timeoutMs,
      logger: silent,
    },
    logger: silent,
  });
  const first = new S3Client({ ...named, ...(region !== undefined && { region }) });
  const home = region ?? (await regionOf(first));
  const credentials = once(fromNodeProviderChain({ ...named, clientConfig: { region: home, ...settings('STS', home) } }));
  first.destroy();
  const clients = new Map<string, S3Client>();
  let sts: STSClient | undefined;
  return {
    region: home,
    ...named,
    s3: (at) => {
      const known = clients.get(at);
      if (known) return known;
      const pathStyle = configuredEndpoint('S3') === undefined ? {} : { forcePathStyle: true }; // a local server has no host name for each bucket
      const client = new S3Client({ ...named, ...settings('S3', at), ...pathStyle, region: at, credentials });
      client.middlewareStack.add(limited, innermost);
      clients.set(at, client);
      return client;
    },
    sts: async () => {
      const { STSClient } = await import('@aws-sdk/client-sts');
      sts = new STSClient({ ...named, ...settings('STS', home), region: home, credentials });
      sts.middlewareStack.add(limited, innermost);
      return sts;
    },
    close: () => {
      for (const client of clients.values()) client.destroy();
      sts?.destroy();
      agents.destroy();
    },
  };
}
/** An endpoint from the environment, which is another S3: its buckets are reached by path. */
export const configuredEndpoint = (service: 'S3' | 'STS'): string | undefined =>
  process.env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true'
    ? undefined
    : process.env[`AWS_ENDPOINT_URL_${service}`] || process.env['AWS_ENDPOINT_URL'] || undefined;

async function regionOf(client: S3Client): Promise<string> {
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
