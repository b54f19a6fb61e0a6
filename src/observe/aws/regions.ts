import type { Gap } from '../../model/observation.ts';
import type { ObserveContext } from '../../model/source.ts';
import { call, gapOf } from './call.ts';
import { isRegion } from './failure.ts';
import { reproduce } from './reproduce.ts';
import type { Session } from './session.ts';

export interface Regions {
  readonly regions: readonly string[];
  /** Why there may be more of them. */
  readonly gap?: Gap;
}
const mostPages = 10;

/** The regions that are enabled for the account (AWS Account Management API, ListRegions): calls into others do not fail, they hang or are refused as forged. */
export async function enabledRegions(session: Session, context: ObserveContext): Promise<Regions> {
  const { ListRegionsCommand } = await import('@aws-sdk/client-account');
  const regions: string[] = [];
  const by = 'account:ListRegions';
  let token: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const outcome = await call(
      {
        by,
        paths: [],
        send: async (abortSignal) =>
          (await session.account()).send(
            new ListRegionsCommand({
              RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'],
              MaxResults: 50,
              ...(token !== undefined && { NextToken: token }),
            }),
            { abortSignal },
          ),
        reproduce: () => reproduce(session, session.region, ['account', 'list-regions', '--region-opt-status-contains', 'ENABLED', 'ENABLED_BY_DEFAULT']),
        show: ({ Regions = [] }) => `${Regions.length} regions`,
      },
      context,
    );
    if (outcome.is === 'failure') {
      const { requestId } = outcome.failure;
      const gap = gapOf(outcome, '');
      return { regions, gap: { ...gap, evidence: [], detail: `${gap.detail}${requestId === undefined ? '' : `, request ${requestId}`}`.slice(0, 300) } };
    }
    const { Regions, NextToken } = outcome.reply;
    if (!Regions) return { regions, gap: { path: '', code: 'malformed', by, detail: 'a reply without a list of regions', tries: 1, evidence: [] } };
    regions.push(...Regions.flatMap(({ RegionName }) => (isRegion(RegionName) ? [RegionName] : [])));
    if (!NextToken) return { regions: [...new Set(regions)].sort() };
    if (NextToken === token) return { regions, gap: { path: '', code: 'malformed', by, detail: 'the same page again', tries: 1, evidence: [] } };
    token = NextToken;
  }
  return { regions, gap: { path: '', code: 'budget', by, detail: `more than ${mostPages} pages`, tries: 1, evidence: [] } };
}
