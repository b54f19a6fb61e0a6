import type { Gap } from '../../model/observation.ts';
import type { ObserveContext } from '../../model/source.ts';
import { byCodeUnit } from '../../util/text.ts';
import { call } from './call.ts';
import { field } from './failure.ts';
import { reproduce } from './reproduce.ts';
import { configuredEndpoint, openSession } from './session.ts';

/** As whom the SDK's chain would ask, and where; no value of a credential is in it. */
export interface AwsIdentity {
  readonly region: string;
  readonly endpoint?: string; // where the environment names one instead of AWS
  readonly caller?: { readonly account: string; readonly arn: string };
  /** Which links of the chain gave the credentials, as the SDK calls them (CREDENTIALS_ENV_VARS, CREDENTIALS_PROFILE, …), sorted. */
  readonly from?: readonly string[];
  readonly expires?: string;
  readonly failure?: Pick<Gap, 'code' | 'detail'>;
  /** Milliseconds that the server's clock is ahead of ours, where the SDK had to make up for it (from five minutes on). */
  readonly skewMs?: number;
}

/** STS GetCallerIdentity, once; it needs no permission (STS API reference). Never throws for what the world does. */
export async function identify(who: { readonly profile?: string; readonly region?: string }, context: ObserveContext): Promise<AwsIdentity> {
  const session = await openSession({ ...who, timeoutMs: context.timeoutMs, sockets: 2 });
  try {
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const outcome = await call(
      {
        by: 'sts:GetCallerIdentity',
        paths: [],
        send: async (abortSignal) => (await session.sts()).send(new GetCallerIdentityCommand({}), { abortSignal }),
        reproduce: () => reproduce(session, session.region, ['sts', 'get-caller-identity']),
        show: () => '',
      },
      context,
    );
    const credentials = outcome.is === 'reply' ? await (await session.sts()).config.credentials() : undefined;
    const skew = field((await session.sts()).config, 'systemClockOffset');
    const endpoint = configuredEndpoint('STS');
    return {
      region: session.region,
      ...(endpoint !== undefined && { endpoint }),
      ...(outcome.is === 'reply'
        ? { caller: { account: (outcome.reply.Account ?? '').slice(0, 64), arn: (outcome.reply.Arn ?? '').slice(0, 2048) } }
        : { failure: { code: outcome.failure.code, detail: outcome.failure.detail } }),
      ...(credentials && { from: sourcesOf(credentials) }),
      ...(credentials?.expiration && { expires: credentials.expiration.toISOString() }),
      ...(typeof skew === 'number' && Math.abs(skew) >= 60_000 && { skewMs: skew }),
    };
  } finally {
    session.close();
  }
}
/** Only names of the SDK's own list come through. */
function sourcesOf(credentials: object): readonly string[] {
  const source = field(credentials, '$source');
  const names = typeof source === 'object' && source !== null ? Object.keys(source) : [];
  return names.filter((name) => /^CREDENTIALS_[A-Z_]{1,60}$/.test(name)).sort(byCodeUnit);
}
