import type { Key } from '../../facts/key.ts';
import type { Gap, Subject, SubjectId, SubjectIndex, View } from '../../model/observation.ts';

/** Kinds whose data a KMS key encrypts. */
type Stored = Extract<Subject, { kind: 's3-bucket' }>;
type KeyView = View<'kms-key'>;

/** Fact of a bucket or database ← fact of the key that it hangs on. */
const sources: readonly (readonly [keyof Key, string])[] = [
  ['manager', 'kms.keyManager'],
  ['state', 'kms.keyState'],
  ['usable', 'kms.keyState'],
  ['deletionDate', 'kms.deletionDate'],
  ['policyPublic', 'kms.policyPublic'],
];

/** Beside what a subject stores: the key that encrypts it, with what is missing of that key. What nobody read stays absent, with a gap that says how to get it. */
export function withKey(subject: Stored, others: SubjectIndex): Stored {
  return { ...subject, views: subject.views.map((view) => (view.facts.key ? view : { ...view, ...joined(subject.id, view, others) })) };
}
function joined(id: SubjectId, view: Stored['views'][number], others: SubjectIndex): Partial<Stored['views'][number]> {
  const { facts } = view;
  const { tier, keyNamed, keyId } = facts.s3 ?? {};
  if (tier !== 'sse-kms' && tier !== 'dsse-kms') return {}; // no key of KMS, or not known
  if (keyNamed === 'none' || keyNamed === 'aws-alias') return { facts: { ...facts, key: { manager: 'aws' } } };
  const named = others.links(id, 'encrypted-by');
  const [link] = named;
  if (link === undefined || named.length > 1) {
    const detail = named.length > 1 ? 'two keys are named' : `the key ${keyId ?? 'of the bucket'} is named without its account, and that is not known`;
    return { gaps: [...view.gaps, gap(named.length > 1 ? 'conflict' : 'not-attempted', detail)] };
  }
  const arn = keyArn(link, others);
  const key = arn === undefined ? undefined : others.subject(arn);
  if (arn === undefined || key?.kind !== 'kms-key') return { gaps: [...view.gaps, unread(link, others)] };
  const [of] = key.views;
  return of ? { facts: { ...facts, key: keyFacts(arn, of) }, gaps: [...view.gaps, ...gapsOf(of)], evidence: [...view.evidence, ...evidenceOf(of)] } : {};
}
const gap = (code: Gap['code'], detail: string): Gap => ({ path: 'key', code, by: 'derive', detail, tries: 0, evidence: [] });

/** An alias leads to the key that says it has it. */
export const keyArn = (link: SubjectId, others: SubjectIndex): SubjectId | undefined => (isAlias(link) ? others.linkedFrom(link, 'serves')[0] : link);
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
