import type { Kms } from '../../facts/kms.ts';
import type { DeepPartial, Subject, SubjectId, SubjectIndex } from '../../model/observation.ts';

type KeySubject = Extract<Subject, { kind: 'kms-key' }>;
type Facts = DeepPartial<Kms>;
const mostNamed = 100;
/** KMS rotates yearly unless told otherwise; a private key for signatures may be used for one to three years (NIST SP 800-57 part 1, 5.3.6). */
const defaultDays = { symmetric: 365, asymmetric: 1095 } as const;

/** Adds to a key what follows from its own facts, and who names it. */
export function withLife(subject: KeySubject, others: SubjectIndex): KeySubject {
  const named = subject.views.flatMap(({ facts }) => facts.kms?.aliases ?? []).map((alias) => aliasArn(subject.id, alias));
  const users = [...new Set([subject.id, ...named].flatMap((id) => others.linkedFrom(id, 'encrypted-by')))].sort();
  const known = others.complete ? { references: users.length, referencedBy: users.slice(0, mostNamed) } : {};
  return {
    ...subject,
    views: subject.views.map((view) => {
      const { kms, declared } = view.facts;
      if (!kms) return view;
      const primaryIsRead = kms.multiRegion === 'replica' && others.links(subject.id, 'member-of').some((id) => others.subject(id)?.kind === 'kms-key');
      const [eligible, days, since] = [primaryIsRead ? false : eligibleOf(kms), periodOf(kms, declared?.cryptoperiodDays ?? 0), sinceOf(kms)];
      return {
        ...view,
        facts: {
          ...view.facts,
          kms: {
            ...known,
            ...kms,
            ...(eligible !== undefined && { rotationEligible: eligible }),
            ...(days !== undefined && { cryptoperiodDays: days }),
            ...(since !== undefined && { materialSince: since }),
          },
        },
      };
    }),
  };
}
const aliasArn = (key: SubjectId, alias: string): SubjectId => `arn:${key.split(':').slice(1, 5).join(':')}:${alias}`;

/** KMS developer guide, "Rotating keys": symmetric, made by KMS, in KMS' own store. False as soon as one answer is no; absent while one is open. */
function eligibleOf({ keyManager, keySpec, origin, customKeyStore, keyState, rotationSupported }: Facts): boolean | undefined {
  const answers = [
    keyManager && keyManager === 'customer',
    keySpec && keySpec === 'SYMMETRIC_DEFAULT',
    origin && origin === 'AWS_KMS',
    customKeyStore === undefined ? undefined : !customKeyStore,
    keyState && (keyState === 'Enabled' || keyState === 'Disabled'),
    rotationSupported !== false,
  ];
  if (answers.includes(false)) return false;
  return answers.every((answer) => answer === true) ? true : undefined;
}
function periodOf({ keySpec }: Facts, declared: number): number | undefined {
  if (declared > 0) return declared;
  if (keySpec === undefined) return undefined;
  return /^(SYMMETRIC_DEFAULT$|HMAC_)/.test(keySpec) ? defaultDays.symmetric : defaultDays.asymmetric;
}
/** Of what cannot be rotated in place, creation is the beginning; of the rest only the history can tell. */
function sinceOf({ keySpec, customKeyStore, createdAt, rotated, lastRotation }: Facts): string | undefined {
  if (rotated === true) return lastRotation;
  const fixed = (keySpec !== undefined && keySpec !== 'SYMMETRIC_DEFAULT') || customKeyStore === true;
  return rotated === false || fixed ? createdAt : undefined;
}
