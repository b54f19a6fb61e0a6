import type { KMSClient } from '@aws-sdk/client-kms';
import type { Gap } from '../../../model/observation.ts';
import { call, gapOf, type Outcome } from '../call.ts';
import type { AwsContext } from '../collector.ts';
import { reproduce } from '../reproduce.ts';
import type { Session } from '../session.ts';

/** KMS in one region. */
export interface At {
  readonly session: Session;
  readonly region: string;
  readonly context: AwsContext;
}
export interface Question<R> {
  readonly by: `kms:${string}`;
  readonly paths: readonly string[];
  readonly argv: readonly string[];
  readonly send: (client: KMSClient, options: { readonly abortSignal: AbortSignal }) => Promise<R>;
  readonly show: (reply: R) => string;
}
export const ask = <R extends { readonly $metadata: object }>({ session, region, context }: At, { argv, send, ...what }: Question<R>): Promise<Outcome<R>> =>
  call(
    {
      ...what,
      region,
      send: async (abortSignal) => send(await session.kms(region), { abortSignal }),
      reproduce: () => reproduce(session, region, ['kms', ...argv]),
    },
    context,
  );

interface Page {
  readonly NextMarker?: string | undefined;
  readonly Truncated?: boolean | undefined;
  readonly $metadata: object;
}
const mostPages = 1000;
/** All pages of a listing, each as it comes; the last word says why it is not whole, if it is not (API reference: `Truncated`, `NextMarker`). */
export async function* pages<R extends Page>(
  next: (marker: string | undefined) => Promise<Outcome<R>>,
): AsyncGenerator<{ readonly is: 'page'; readonly reply: R } | { readonly is: 'incomplete'; readonly gap: Gap }, void> {
  let marker: string | undefined;
  for (let page = 1; page <= mostPages; page++) {
    const outcome = await next(marker);
    const { by, id } = outcome.evidence;
    const incomplete = (code: Gap['code'], detail: string) => ({ is: 'incomplete', gap: { path: 'kms', code, by, detail, tries: 1, evidence: [id] } }) as const;
    if (outcome.is === 'failure') {
      const { requestId } = outcome.failure;
      const gap = gapOf(outcome, 'kms');
      // A population has no evidence of its own, so that its gap names the request.
      return yield {
        is: 'incomplete',
        gap: { ...gap, detail: requestId === undefined ? gap.detail : `${gap.detail}, request ${requestId.slice(0, 100)}`, evidence: [] },
      };
    }
    yield { is: 'page', reply: outcome.reply };
    const { NextMarker, Truncated } = outcome.reply;
    if (Truncated !== true) return undefined;
    if (!NextMarker || NextMarker === marker) return yield incomplete('malformed', 'more was promised, and no new marker given');
    marker = NextMarker;
    if (page === mostPages) return yield incomplete('budget', `more than ${mostPages} pages`);
  }
  return undefined;
}
