import type { Key } from '../../facts/key.ts';
import type { FactsByKind } from '../../facts/index.ts';
import type { DeepPartial, Evidence, Gap, SubjectId, SubjectIndex, View } from '../../model/observation.ts';

/** What subjects say whose data a KMS key encrypts. */
type StoredFacts = DeepPartial<FactsByKind['s3-bucket'] & (FactsByKind['rds-instance'] | FactsByKind['rds-cluster'] | FactsByKind['rds-snapshot'])>;
type KeyView = View<'kms-key'>;
interface Sight {
  readonly facts: StoredFacts;
  readonly gaps: readonly Gap[];
  readonly evidence: readonly Evidence[];
}
/** What is known of the key, and what stands in the way. */
interface Found {
  readonly key?: Key;
  readonly gaps?: readonly Gap[];
  readonly evidence?: readonly Evidence[];
}

/** Fact of a bucket or database ← fact of the key that it hangs on. */
const sources: readonly (readonly [keyof Key, string])[] = [
  ['manager', 'kms.keyManager'],
  ['state', 'kms.keyState'],
  ['usable', 'kms.keyState'],
  ['deletionDate', 'kms.deletionDate'],
  ['policyPublic', 'kms.policyPublic'],
];

/** Beside what a subject stores: the key that encrypts it, with what is missing of that key. What nobody read stays absent, with a gap that says how to get it. */
export function withKey<V extends Sight>(id: SubjectId, views: readonly V[], others: SubjectIndex): readonly V[] {
  return views.map((view) => {
    if (view.facts.key) return view;
    const { key, gaps = [], evidence = [] } = keyOf(id, view.facts, others);
    return { ...view, facts: { ...view.facts, ...(key && { key }) }, gaps: [...view.gaps, ...gaps], evidence: [...view.evidence, ...evidence] };
  });
}
function keyOf(id: SubjectId, facts: StoredFacts, others: SubjectIndex): Found {
  const how = encryption(facts);
  if (how === 'without') return {};
  if (how === 'by aws') return { key: { manager: 'aws' } };
  const named = others.links(id, 'encrypted-by');
  const [link] = named;
  if (link === undefined) return how === 'by a key' ? { gaps: [gap('not-attempted', 'a key is named, and which one cannot be told without the account')] } : {};
  if (named.length > 1) return { gaps: [gap('conflict', 'two keys are named')] };
  const arn = keyArn(link, others);
  const key = arn === undefined ? undefined : others.subject(arn);
  const of = key?.kind === 'kms-key' ? key.views[0] : undefined;
  if (arn === undefined || of === undefined) return { gaps: [unread(link, others)] };
  return { key: keyFacts(arn, of), gaps: gapsOf(of), evidence: evidenceOf(of) };
}
/** What the subject itself says; undefined: nothing, or not yet. */
function encryption({ s3, rds }: StoredFacts): 'without' | 'by aws' | 'by a key' | undefined {
  if (rds) return rds.keyId === undefined ? 'without' : 'by a key';
  const { tier, keyNamed } = s3 ?? {};
  if (tier === 'none' || tier === 'sse-s3') return 'without';
  if (tier === undefined || keyNamed === undefined) return undefined;
  return keyNamed === 'none' || keyNamed === 'aws-alias' ? 'by aws' : 'by a key';
}
const gap = (code: Gap['code'], detail: string): Gap => ({ path: 'key', code, by: 'derive', detail, tries: 0, evidence: [] });

/** An alias leads to the key that says it has it. */
const keyArn = (link: SubjectId, others: SubjectIndex): SubjectId | undefined => (isAlias(link) ? others.linkedFrom(link, 'serves')[0] : link);
const isAlias = (arn: string): boolean => arn.split(':').slice(5).join(':').startsWith('alias/');

function unread(link: SubjectId, others: SubjectIndex): Gap {
  const [, , , region = '', account = ''] = link.split(':');
  const what = isAlias(link) && keyArn(link, others) === undefined ? 'no key that was read has the alias' : 'nobody read the key';
  return gap('not-attempted', `${what} ${link}: scan aws:kms@${region} with credentials of account ${account}`);
}
function keyFacts(arn: string, { facts: { kms = {} } }: KeyView): Key {
  const { keyManager: manager, keyState: state, deletionDate, policyPublic } = kms;
  return {
    arn,
    ...(manager && { manager }),
    ...(state && { state, usable: state === 'Enabled' || state === 'Updating' }),
    ...(deletionDate !== undefined && { deletionDate }),
    ...(policyPublic !== undefined && { policyPublic }),
  };
}
/** The key's own gaps, on the facts that hang on them. */
const gapsOf = ({ gaps }: KeyView): readonly Gap[] =>
  gaps.flatMap((one) => sources.filter(([, from]) => overlaps(one.path, from)).map(([name]) => ({ ...one, path: `key.${name}` })));
const overlaps = (a: string, b: string): boolean => a === b || b.startsWith(`${a}.`);
/** What was read of the key says that it speaks of it: its paths name the namespace of the other subject, too. */
const evidenceOf = ({ evidence }: KeyView): KeyView['evidence'] =>
  evidence.filter(({ paths }) => paths.some((path) => path === 'key' || path.startsWith('key.')));
