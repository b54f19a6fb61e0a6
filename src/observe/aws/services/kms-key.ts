import type { DescribeKeyCommandOutput } from '@aws-sdk/client-kms';
import type { Kms } from '../../../facts/kms.ts';
import type { Evidence, Gap, Link, Observation } from '../../../model/observation.ts';
import { gapOf, type Outcome } from '../call.ts';
import { ask, pages, type At } from './kms-ask.ts';
import {
  describePaths,
  hasHistory,
  historyOf,
  historyPaths,
  metadataOf,
  policyOf,
  policyPaths,
  rotatesAlone,
  rotationOf,
  rotationPaths,
  type Meaning,
} from './kms-facts.ts';

/** A key as it was listed, and the aliases that lead to it; no aliases where their listing is not whole. */
export interface ListedKey {
  readonly arn: `arn:${string}`;
  readonly aliases: readonly string[];
  readonly aliasGap?: Gap;
}
/** Which of the calls somebody needs, and the longest rotation period that answers for itself, in days. */
export interface Wanted {
  readonly rotation: boolean;
  readonly policy: boolean;
  readonly periodDays: number;
}
interface Part {
  readonly facts: Kms;
  readonly gaps: readonly Gap[];
  readonly evidence: readonly Evidence[];
}
const nothing: Part = { facts: {}, gaps: [], evidence: [] };

/** Up to four calls of one key, one where AWS manages it. Each failure costs only what hangs on it. */
export async function observeKey(at: At, key: ListedKey, wanted: Wanted): Promise<Observation<'kms-key'>> {
  const described = await describe(at, key.arn);
  const { facts } = described;
  const customer = facts.keyManager === 'customer';
  const [policy, rotation] = await Promise.all([
    customer && wanted.policy ? askPolicy(at, key.arn) : nothing,
    customer && wanted.rotation ? askRotation(at, key.arn, facts, wanted.periodDays) : nothing,
  ]);
  const parts = [described, policy, rotation];
  const aliasArn = (name: string): `arn:${string}` => `arn:${key.arn.split(':').slice(1, 5).join(':')}:${name}`;
  const primary: readonly Link[] = facts.multiRegion === 'replica' && isKeyArn(facts.primary) ? [{ rel: 'member-of', to: facts.primary }] : [];
  return {
    subject: key.arn,
    kind: 'kms-key',
    origin: 'api',
    by: 'kms',
    facts: { kms: Object.assign({ region: at.region }, key.aliasGap ? {} : { aliases: [...key.aliases] }, ...parts.map((part) => part.facts)) },
    evidence: parts.flatMap((part) => part.evidence),
    gaps: [...(key.aliasGap ? [{ ...key.aliasGap, path: 'kms.aliases' }] : []), ...parts.flatMap((part) => part.gaps)],
    links: [...key.aliases.map((name): Link => ({ rel: 'serves', to: aliasArn(name) })), ...primary],
  };
}
export const isKeyArn = (text: string | undefined): text is `arn:${string}` =>
  text !== undefined && /^arn:aws[a-z-]*:kms:[a-z0-9-]{1,40}:\d{12}:key\/[A-Za-z0-9-]{1,128}$/.test(text);

function partOf<R>(outcome: Outcome<R>, paths: readonly string[], read: (reply: R) => Meaning): Part {
  const { evidence } = outcome;
  if (outcome.is === 'failure') return { facts: {}, gaps: paths.map((path) => gapOf(outcome, path)), evidence: [evidence] };
  const { facts, missing } = read(outcome.reply);
  return { facts, gaps: missing.map((one) => ({ ...one, by: evidence.by, tries: 1, evidence: [evidence.id] })), evidence: [evidence] };
}

/** What is not known of a key costs the questions that depend on it, too. */
async function describe(at: At, arn: string): Promise<Part> {
  const { DescribeKeyCommand } = await import('@aws-sdk/client-kms');
  const outcome: Outcome<DescribeKeyCommandOutput> = await ask(at, {
    by: 'kms:DescribeKey',
    paths: [...describePaths, 'key'], // what derive joins to buckets and databases
    argv: ['describe-key', '--key-id', arn],
    send: (client, options) => client.send(new DescribeKeyCommand({ KeyId: arn }), options),
    show: ({ KeyMetadata }) => JSON.stringify(KeyMetadata ?? {}, shown).slice(0, 1024),
  });
  return partOf(outcome, [...describePaths, ...rotationPaths, ...historyPaths, ...policyPaths], ({ KeyMetadata }) => metadataOf(KeyMetadata ?? { KeyId: '' }));
}
/** Descriptions are the owner's words, and nothing hangs on them. */
const shown = (name: string, value: unknown): unknown => (name === 'Description' ? undefined : value);

async function askPolicy(at: At, arn: string): Promise<Part> {
  const { GetKeyPolicyCommand } = await import('@aws-sdk/client-kms');
  const outcome = await ask(at, {
    by: 'kms:GetKeyPolicy',
    paths: policyPaths,
    argv: ['get-key-policy', '--key-id', arn, '--policy-name', 'default', '--query', 'Policy', '--output', 'text'],
    send: (client, options) => client.send(new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' }), options),
    show: ({ Policy = '' }) => Policy.slice(0, 2048),
  });
  return partOf(outcome, policyPaths, ({ Policy }) => policyOf(Policy, arn));
}

/** The status only of keys that can rotate by themselves; the history only where the status does not settle it. */
async function askRotation(at: At, arn: string, facts: Kms, periodDays: number): Promise<Part> {
  if (!rotatesAlone(facts)) return hasHistory(facts) ? askHistory(at, arn) : nothing;
  const status = await askStatus(at, arn);
  const { rotationEnabled, rotationPeriodDays = 0 } = status.facts;
  const settled = rotationEnabled !== false && rotationPeriodDays <= periodDays;
  if (settled || status.facts.rotationSupported === false) return status;
  const history = await askHistory(at, arn);
  return { facts: { ...status.facts, ...history.facts }, gaps: [...status.gaps, ...history.gaps], evidence: [...status.evidence, ...history.evidence] };
}
/** "Such a key does not rotate", said of a key that looks as if it did. */
const notApplicable: ReadonlySet<string> = new Set(['UnsupportedOperationException', 'KMSInvalidStateException']);
async function askStatus(at: At, arn: string): Promise<Part> {
  const { GetKeyRotationStatusCommand } = await import('@aws-sdk/client-kms');
  const outcome = await ask(at, {
    by: 'kms:GetKeyRotationStatus',
    paths: rotationPaths,
    argv: ['get-key-rotation-status', '--key-id', arn],
    send: (client, options) => client.send(new GetKeyRotationStatusCommand({ KeyId: arn }), options),
    show: ({ KeyRotationEnabled, RotationPeriodInDays, NextRotationDate }) => JSON.stringify({ KeyRotationEnabled, RotationPeriodInDays, NextRotationDate }),
  });
  if (outcome.is === 'failure' && notApplicable.has(outcome.failure.name))
    return { facts: { rotationSupported: false }, gaps: [], evidence: [outcome.evidence] };
  return partOf(outcome, rotationPaths, rotationOf);
}
async function askHistory(at: At, arn: string): Promise<Part> {
  const { ListKeyRotationsCommand } = await import('@aws-sdk/client-kms');
  const evidence: Evidence[] = [];
  const dates: (Date | undefined)[] = [];
  const next = async (Marker: string | undefined) => {
    const outcome = await ask(at, {
      by: 'kms:ListKeyRotations',
      paths: historyPaths,
      argv: ['list-key-rotations', '--key-id', arn],
      send: (client, options) => client.send(new ListKeyRotationsCommand({ KeyId: arn, Limit: 1000, ...(Marker !== undefined && { Marker }) }), options),
      show: ({ Rotations = [] }) =>
        JSON.stringify(Rotations.slice(-5).map(({ RotationDate, RotationType, ValidTo }) => ({ RotationDate, RotationType, ValidTo }))).slice(0, 1024),
    });
    evidence.push(outcome.evidence);
    return outcome;
  };
  for await (const one of pages(next)) {
    if (one.is === 'page') dates.push(...(one.reply.Rotations ?? []).map(({ RotationDate }) => RotationDate));
    else if (one.gap.code === 'unsupported') return { facts: { rotated: false }, gaps: [], evidence };
    else return { facts: {}, gaps: historyPaths.map((path) => ({ ...one.gap, path, evidence: evidence.slice(-1).map(({ id }) => id) })), evidence };
  }
  return { facts: historyOf(dates), gaps: [], evidence };
}
