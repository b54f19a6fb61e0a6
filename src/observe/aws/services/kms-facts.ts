import type { GetKeyRotationStatusCommandOutput, KeyMetadata } from '@aws-sdk/client-kms';
import { KeyState, type Kms } from '../../../facts/kms.ts';
import type { Gap } from '../../../model/observation.ts';
import { readKeyPolicy, type Answer } from '../../../policy/key.ts';

/** What a reply says, and what it leaves open. */
export interface Meaning {
  readonly facts: Kms;
  readonly missing: readonly Pick<Gap, 'path' | 'code' | 'detail'>[];
}
export const describePaths = [
  'kms.keyManager',
  'kms.keyState',
  'kms.keySpec',
  'kms.keyUsage',
  'kms.origin',
  'kms.customKeyStore',
  'kms.multiRegion',
  'kms.primary',
  'kms.createdAt',
  'kms.deletionDate',
  'kms.expires',
  'kms.validTo',
] as const;
export const rotationPaths = ['kms.rotationSupported', 'kms.rotationEnabled', 'kms.rotationPeriodDays'] as const;
export const historyPaths = ['kms.rotated', 'kms.lastRotation'] as const;
export const policyPaths = ['kms.policyPublic', 'kms.policyWitness', 'kms.policyCrossAccount', 'kms.policyPrincipals', 'kms.policyLockout'] as const;

const origins = ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const;
const isName = (text: string | undefined): text is string => text !== undefined && /^[A-Z0-9_]{1,64}$/.test(text);

/** DescribeKey. Source: KMS API reference, KeyMetadata and MultiRegionConfiguration. */
export function metadataOf(data: KeyMetadata): Meaning {
  const state = KeyState.options.find((one) => one === data.KeyState);
  const origin = origins.find((one) => one === data.Origin);
  const type = data.MultiRegion === true ? data.MultiRegionConfiguration?.MultiRegionKeyType : undefined;
  const multiRegion = data.MultiRegion !== true ? 'no' : type === 'PRIMARY' ? 'primary' : type === 'REPLICA' ? 'replica' : undefined;
  const primary = data.MultiRegion === true ? data.MultiRegionConfiguration?.PrimaryKey?.Arn : undefined;
  const manager = data.KeyManager === 'AWS' ? 'aws' : data.KeyManager === 'CUSTOMER' ? 'customer' : undefined;
  const spec = data.KeySpec ?? data.CustomerMasterKeySpec; // older replies have the second alone
  const [createdAt, deletionDate, validTo] = [data.CreationDate, data.DeletionDate, data.ValidTo].map(iso);
  const facts: Kms = {
    ...(manager && { keyManager: manager }),
    ...(state && { keyState: state }),
    ...(isName(spec) && { keySpec: spec }),
    ...(isName(data.KeyUsage) && { keyUsage: data.KeyUsage }),
    ...(origin && { origin }),
    customKeyStore: data.CustomKeyStoreId !== undefined,
    ...(multiRegion && { multiRegion }),
    ...(primary !== undefined && { primary: primary.slice(0, 2048) }),
    ...(createdAt !== undefined && { createdAt }),
    ...(deletionDate !== undefined && { deletionDate }),
    expires: data.ExpirationModel === 'KEY_MATERIAL_EXPIRES',
    ...(validTo !== undefined && { validTo }),
  };
  const needed = ['keyManager', 'keyState', 'keySpec', 'keyUsage', 'origin', 'multiRegion', 'createdAt'] as const;
  const open = needed.filter((name) => facts[name] === undefined).map((name) => `kms.${name}`);
  const endless = facts.expires === true && validTo === undefined ? ['kms.validTo'] : [];
  return {
    facts,
    missing: [...open, ...endless].map((path) => ({ path, code: 'unsupported', detail: 'the reply does not say it in words that this version knows' })),
  };
}
const iso = (date: Date | undefined): string | undefined => (date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString());

/** A symmetric key encrypts and does nothing else (API reference, CreateKey). Whether KMS can be asked about automatic rotation at all (developer guide, "Rotating keys"; replicas answer for their primary). */
export const rotatesAlone = ({ keyManager, keySpec, origin, customKeyStore, keyState }: Kms): boolean =>
  keyManager === 'customer' &&
  keySpec === 'SYMMETRIC_DEFAULT' &&
  origin === 'AWS_KMS' &&
  customKeyStore === false &&
  (keyState === 'Enabled' || keyState === 'Disabled');
/** Imported material can be rotated on demand since 2025; KMS keeps no history of other keys (API reference, RotateKeyOnDemand). */
export const hasHistory = (facts: Kms): boolean =>
  rotatesAlone(facts) ||
  (facts.keyManager === 'customer' &&
    facts.keySpec === 'SYMMETRIC_DEFAULT' &&
    facts.origin === 'EXTERNAL' &&
    facts.customKeyStore === false &&
    facts.keyState === 'Enabled');

export function rotationOf({
  KeyRotationEnabled,
  RotationPeriodInDays,
}: Pick<GetKeyRotationStatusCommandOutput, 'KeyRotationEnabled' | 'RotationPeriodInDays'>): Meaning {
  const silent = (path: string) => ({ path, code: 'unsupported', detail: 'the reply does not say' }) as const;
  if (KeyRotationEnabled === undefined) return { facts: { rotationSupported: true }, missing: [silent('kms.rotationEnabled')] };
  const period = KeyRotationEnabled && RotationPeriodInDays !== undefined ? { rotationPeriodDays: RotationPeriodInDays } : {};
  return {
    facts: { rotationSupported: true, rotationEnabled: KeyRotationEnabled, ...period },
    missing: KeyRotationEnabled && RotationPeriodInDays === undefined ? [silent('kms.rotationPeriodDays')] : [],
  };
}
export function historyOf(dates: readonly (Date | undefined)[]): Kms {
  const last = dates
    .flatMap((date) => iso(date) ?? [])
    .sort()
    .at(-1);
  return last === undefined ? { rotated: false } : { rotated: true, lastRotation: last };
}

export function policyOf(policy: string | undefined, keyArn: string): Meaning {
  if (policy === undefined) return { facts: {}, missing: policyPaths.map((path) => ({ path, code: 'malformed', detail: 'a reply without a policy' })) };
  const read = readKeyPolicy(policy, keyArn);
  if (read.is === 'unreadable') return { facts: {}, missing: policyPaths.map((path) => ({ path, code: 'unprovable', detail: read.why })) };
  const { anyone, lockout, outsiders, holders } = read;
  const open = [
    ...unproved('kms.policyPublic', anyone),
    ...unproved('kms.policyWitness', anyone),
    ...unproved('kms.policyLockout', lockout),
    ...partly(
      'kms.policyCrossAccount.access',
      outsiders.some(({ access }) => access === undefined),
    ),
    ...(['everything', 'manages', 'uses'] as const).flatMap((name) =>
      partly(
        `kms.policyPrincipals.${name}`,
        holders.some((holder) => holder[name] === undefined),
      ),
    ),
  ];
  return {
    facts: {
      ...(anyone.is !== 'unprovable' && { policyPublic: anyone.is === 'yes' }),
      ...(anyone.is === 'yes' && { policyWitness: anyone.witness }),
      ...(lockout.is !== 'unprovable' && { policyLockout: lockout.is === 'yes' }),
      policyCrossAccount: [...outsiders],
      policyPrincipals: [...holders],
    },
    missing: open,
  };
}
const unproved = (path: string, answer: Answer): Meaning['missing'] => (answer.is === 'unprovable' ? [{ path, code: 'unprovable', detail: answer.why }] : []);
const partly = (path: string, is: boolean): Meaning['missing'] =>
  is ? [{ path, code: 'unprovable', detail: 'of one of them neither allowed nor denied could be proved' }] : [];
