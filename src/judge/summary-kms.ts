import type { View } from '../model/observation.ts';
import type { SubjectSummary } from '../model/result.ts';
import { plural } from '../util/text.ts';

const unseen = 'not known';
const dash = '–';

export function keyCells([view]: readonly View<'kms-key'>[]): SubjectSummary['cells'] {
  const kms = view?.facts.kms ?? {};
  const { keyManager, keyState, policyPublic, references } = kms;
  return {
    state: keyState ?? unseen,
    rotation: rotation(kms),
    policy: keyManager === 'aws' ? dash : policyPublic === undefined ? unseen : policyPublic ? 'anyone' : 'closed',
    'used by': references === undefined ? unseen : references === 0 ? dash : String(references),
  };
}
function rotation({ keyManager, multiRegion, rotationEligible, rotationEnabled, rotationPeriodDays }: NonNullable<View<'kms-key'>['facts']['kms']>): string {
  if (keyManager === 'aws') return 'by AWS';
  if (rotationEligible === false) return multiRegion === 'replica' ? 'with its primary' : 'by hand';
  if (rotationEnabled === undefined) return unseen;
  if (!rotationEnabled) return 'off';
  return rotationPeriodDays === undefined ? 'on' : plural(rotationPeriodDays, 'day');
}
