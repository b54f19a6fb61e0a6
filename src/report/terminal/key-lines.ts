import type { FactsByKind } from '../../facts/index.ts';
import type { DeepPartial } from '../../model/observation.ts';
import { clean } from '../../util/text.ts';

type Facts = DeepPartial<FactsByKind['kms-key'] & FactsByKind['s3-bucket']>;
type Kms = NonNullable<Facts['kms']>;
type Named = readonly [name: string, text: string];

/** A key, and the key behind a bucket: what was seen, in a line a topic. */
export function keyLines({ kms, key }: Facts): readonly Named[] {
  return [
    ...line(
      'encrypted by',
      key && [key.manager === 'aws' ? 'a key that AWS manages' : key.arn, key.state, until(key.deletionDate), key.policyPublic ? 'open to anyone' : undefined],
    ),
    ...line(
      'key',
      kms && [
        kms.keyManager === 'aws' ? 'managed by AWS' : undefined,
        kms.keySpec,
        kms.keyUsage,
        kms.origin,
        kms.keyState,
        until(kms.deletionDate),
        region(kms),
      ],
    ),
    ...line('aliases', kms?.aliases),
    ...line('rotation', kms && rotation(kms)),
    ...line('key policy', kms && [open(kms), kms.policyLockout === true ? 'nobody can change it' : undefined]),
    ...line(
      'accounts',
      kms?.policyCrossAccount?.map(({ account, access }) => `${account} ${access ?? 'not decided'}`),
    ),
    ...line(
      'named',
      kms?.policyPrincipals?.map((one) => `${one.principal} (${powers(one)})`),
    ),
    ...line('used by', kms?.referencedBy),
  ];
}
const line = (name: string, words: readonly (string | undefined)[] | undefined): readonly Named[] => {
  const said = (words ?? []).flatMap((word) => (word === undefined ? [] : [clean(word)]));
  return said.length > 0 ? [[name, said.join(', ')]] : [];
};
const until = (time: string | undefined): string | undefined => (time === undefined ? undefined : `until ${time.slice(0, 10)}`);
const region = ({ multiRegion, primary, expires, validTo }: Kms): string | undefined =>
  multiRegion === 'replica'
    ? `replica of ${primary ?? 'a key'}`
    : multiRegion === 'primary'
      ? 'multi-Region'
      : expires === true
        ? `material ends ${validTo?.slice(0, 10) ?? ''}`
        : undefined;
function rotation({ rotationEnabled, rotationPeriodDays, rotated, lastRotation }: Kms): readonly (string | undefined)[] {
  return [
    rotationEnabled === undefined ? undefined : rotationEnabled ? `every ${rotationPeriodDays ?? 'unknown number of'} days` : 'automatic rotation off',
    rotated === undefined ? undefined : rotated ? `last ${lastRotation?.slice(0, 10) ?? ''}` : 'never rotated',
  ];
}
const open = ({ policyPublic, policyWitness }: Kms): string | undefined =>
  policyPublic === undefined ? undefined : policyPublic ? `open: ${policyWitness ?? ''}` : 'closed to strangers';
type Holder = NonNullable<Kms['policyPrincipals']>[number];
function powers({ everything, manages, uses }: Holder): string {
  if (everything === true) return 'everything';
  const known = [...(manages === true ? ['manages'] : []), ...(uses === true ? ['uses'] : [])];
  return [...known, ...([everything, manages, uses].includes(undefined) ? ['not all decided'] : [])].join(' and ') || 'sees';
}
