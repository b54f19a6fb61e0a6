import type { Gap, Observation } from '../../../model/observation.ts';
import type { Seen } from '../../../model/source.ts';
import type { ApiCall, Collector } from '../collector.ts';
import { kindsOf } from '../kinds.ts';
import { parallel } from '../parallel.ts';
import { ask, pages, type At } from './kms-ask.ts';
import { describePaths, historyPaths, policyPaths, rotationPaths } from './kms-facts.ts';
import { isKeyArn, observeKey, type ListedKey, type Wanted } from './kms-key.ts';

/** Keys under way at a time, in one region: the calls of one go out two at a time. */
const atATime = 10;
/** Without a declaration, a year (derive/kms.ts has the same). */
const defaultDays = 365;

const derived = ['kms.rotationEligible', 'kms.cryptoperiodDays', 'kms.materialSince'];
const onKeys = (...paths: readonly (readonly string[])[]): readonly `kms-key ${string}`[] => paths.flat().map((path) => `kms-key ${path}` as const);
/** Of everything that a key encrypts. */
const onStored = (path: string) => (['s3-bucket', 'rds-instance', 'rds-cluster', 'rds-snapshot'] as const).map((kind) => `${kind} ${path}` as const);
const joined = ['key.manager', 'key.arn', 'key.state', 'key.usable', 'key.deletionDate'].flatMap(onStored);
const calls: readonly ApiCall[] = [
  { action: 'kms:ListKeys', fills: [] },
  { action: 'kms:ListAliases', fills: [...onKeys(['kms.aliases']), ...joined] },
  { action: 'kms:DescribeKey', fills: [...onKeys(describePaths, derived, ['kms.references', 'kms.referencedBy']), ...joined] },
  { action: 'kms:GetKeyRotationStatus', fills: onKeys(rotationPaths, derived) },
  { action: 'kms:ListKeyRotations', fills: onKeys(historyPaths, ['kms.materialSince']) },
  { action: 'kms:GetKeyPolicy', fills: [...onKeys(policyPaths), ...onStored('key.policyPublic')] },
];

/** The keys of KMS: those of customers in full, those that AWS manages by one call. */
export const kms: Collector = {
  service: 'kms',
  reach: 'regional',
  kinds: kindsOf.kms,
  calls,
  async *observe(session, place, context) {
    const at: At = { session, region: place.region, context };
    const reads = [...context.reads].map((read) => read.slice(read.indexOf(' ') + 1));
    const wants = (...paths: readonly (readonly string[])[]): boolean =>
      reads.some((read) => paths.flat().some((path) => path === read || path.startsWith(`${read}.`) || read.startsWith(`${path}.`)));
    const wanted: Wanted = {
      rotation: wants(rotationPaths, historyPaths, ['kms.materialSince']),
      policy: wants(policyPaths, ['key.policyPublic']),
      periodDays: Math.min(defaultDays, place.declared?.cryptoperiodDays || defaultDays),
    };
    const found: { count: number; gap?: Gap } = { count: 0 };
    const aliases = aliasesOf(at); // meanwhile
    async function* keys(): AsyncGenerator<ListedKey, void> {
      for await (const one of listKeys(at)) {
        if (one.is === 'incomplete') found.gap ??= one.gap;
        else if (place.wanted(one.arn)) {
          found.count++;
          const { byKey, gap } = await aliases;
          yield { arn: one.arn, aliases: byKey.get(one.arn.slice(one.arn.lastIndexOf('/') + 1)) ?? [], ...(gap && { aliasGap: gap }) };
        }
      }
    }
    for await (const observation of parallel(keys(), atATime, (key) => seen(at, key, wanted))) yield { is: 'observation', observation };
    await aliases;
    yield population(found, place.region, await place.account());
  },
};
/** What throws here is our own bug; it costs this key alone. */
async function seen(at: At, key: ListedKey, wanted: Wanted): Promise<Observation<'kms-key'>> {
  try {
    return await observeKey(at, key, wanted);
  } catch (error) {
    const gap = { path: 'kms', code: 'bug', by: 'kms', detail: error instanceof Error ? error.name : typeof error, tries: 1, evidence: [] } as const;
    return { subject: key.arn, kind: 'kms-key', origin: 'api', by: 'kms', facts: {}, evidence: [], gaps: [gap], links: [] };
  }
}
function population({ count, gap }: { readonly count: number; readonly gap?: Gap }, region: string, account = 'unknown'): Seen {
  const state = gap === undefined ? 'complete' : count === 0 ? 'failed' : 'partial';
  const scope = `aws://${account}/${region}/kms` as const;
  return {
    is: 'population',
    population: { scope, kind: 'kms-key', state, ...(state !== 'failed' && { count }), ...(gap && { gap: { ...gap, evidence: [] } }) },
  };
}

type Listed = { readonly is: 'key'; readonly arn: `arn:${string}` } | { readonly is: 'incomplete'; readonly gap: Gap };
async function* listKeys(at: At): AsyncGenerator<Listed, void> {
  const { ListKeysCommand } = await import('@aws-sdk/client-kms');
  const by = 'kms:ListKeys';
  const listing = pages((Marker) =>
    ask(at, {
      by,
      paths: [],
      argv: ['list-keys'],
      send: (client, options) => client.send(new ListKeysCommand({ Limit: 1000, ...(Marker !== undefined && { Marker }) }), options),
      show: ({ Keys = [] }) => `${Keys.length} keys`,
    }),
  );
  const malformed = (detail: string): Listed => ({ is: 'incomplete', gap: { path: 'kms', code: 'malformed', by, detail, tries: 1, evidence: [] } });
  for await (const one of listing) {
    if (one.is === 'incomplete') yield one;
    else if (!one.reply.Keys) yield malformed('a reply without a list of keys');
    else for (const { KeyArn } of one.reply.Keys) yield isKeyArn(KeyArn) ? { is: 'key', arn: KeyArn } : malformed('an ARN that no key can have');
  }
}

interface Aliases {
  /** Key id → alias names, in order. */
  readonly byKey: ReadonlyMap<string, readonly string[]>;
  readonly gap?: Gap;
}
/** One listing for a region instead of one for each key. */
async function aliasesOf(at: At): Promise<Aliases> {
  const { ListAliasesCommand } = await import('@aws-sdk/client-kms');
  const byKey = new Map<string, string[]>();
  const listing = pages((Marker) =>
    ask(at, {
      by: 'kms:ListAliases',
      paths: ['kms.aliases'],
      argv: ['list-aliases'],
      send: (client, options) => client.send(new ListAliasesCommand({ Limit: 100, ...(Marker !== undefined && { Marker }) }), options),
      show: ({ Aliases = [] }) => `${Aliases.length} aliases`,
    }),
  );
  for await (const one of listing) {
    if (one.is === 'incomplete') return { byKey, gap: { ...one.gap, evidence: [] } };
    for (const { AliasName, TargetKeyId } of one.reply.Aliases ?? []) {
      if (AliasName === undefined || TargetKeyId === undefined || !/^alias\/[A-Za-z0-9/_-]{1,250}$/.test(AliasName)) continue;
      byKey.set(TargetKeyId, [...(byKey.get(TargetKeyId) ?? []), AliasName].sort());
    }
  }
  return { byKey };
}
