import type { Subject } from '../../model/observation.ts';

type Facts = Extract<Subject, { kind: 'rds-instance' }>['views'][number]['facts'];
const day = 86_400_000;
const defaultDays = 30;

/**
 * When another authority, and another server certificate, are due: the declared days before the end, and of an authority no more than a fifth of its
 * life. When a server certificate began the API does not say; RDS renews it by itself at half its life, so that 30 days before its end are late.
 */
export function withDueDays(facts: Facts): Facts {
  const { rds } = facts;
  if (!rds) return facts;
  const days = facts.declared?.certDays || defaultDays; // 0: nothing declared
  const { caValidFrom, caValidTill, certificateValidTill } = rds;
  return {
    ...facts,
    rds: {
      ...rds,
      ...(certificateValidTill !== undefined && { certificateDueInDays: days }),
      ...(caValidFrom !== undefined &&
        caValidTill !== undefined && { caDueInDays: Math.min(days, Math.floor((Date.parse(caValidTill) - Date.parse(caValidFrom)) / day / 5)) }),
    },
  };
}
