import type { RDSClient } from '@aws-sdk/client-rds';
import { call, type Outcome } from '../call.ts';
import type { AwsContext } from '../collector.ts';
import { reproduce } from '../reproduce.ts';
import type { Session } from '../session.ts';

/** RDS in one region. */
export interface At {
  readonly session: Session;
  readonly region: string;
  readonly context: AwsContext;
}
export interface Question<R> {
  readonly by: string;
  readonly paths: readonly string[];
  readonly argv: readonly string[];
  readonly send: (client: RDSClient, options: { readonly abortSignal: AbortSignal }) => Promise<R>;
  readonly show: (reply: R) => string;
}
export const ask = <R extends { readonly $metadata: object }>({ session, region, context }: At, { argv, send, ...what }: Question<R>): Promise<Outcome<R>> =>
  call(
    {
      ...what,
      region,
      send: async (abortSignal) => send(await session.rds(region), { abortSignal }),
      reproduce: () => argvOf({ session, region }, argv),
    },
    context,
  );
/** The AWS CLI's command for a call of RDS. */
export const argvOf = ({ session, region }: Pick<At, 'session' | 'region'>, argv: readonly string[]): readonly string[] =>
  reproduce(session, region, ['rds', ...argv]);
