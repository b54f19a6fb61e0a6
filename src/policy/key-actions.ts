/** What an action does to a key: `use` its material, `manage` the key or who may use it, or only `see` what it is. */
export interface KeyAction {
  readonly name: string;
  readonly does: 'use' | 'manage' | 'see';
  /** It works on a key of another account; where it does not, a permission for somebody outside has no effect. */
  readonly acrossAccounts: boolean;
  /** AWS services ask for it on behalf of their users (kms:ViaService, and service principals). */
  readonly byServices: boolean;
}
const of = (does: KeyAction['does'], acrossAccounts: boolean, byServices: boolean, names: string): readonly KeyAction[] =>
  names.split(' ').map((name) => ({ name: `kms:${name}`, does, acrossAccounts, byServices }));

/**
 * The actions that a key policy can decide about; those that a witness names first, then by code unit.
 * Source: "AWS KMS permissions" (developer guide) and the paragraph "Cross-account use" of each operation (API reference, 2026).
 * Left out: what only IAM policies can allow (CreateKey, ListKeys, ListAliases, GenerateRandom, custom key stores).
 */
export const keyActions: readonly KeyAction[] = [
  ...of('use', true, true, 'Decrypt GenerateDataKey Encrypt CreateGrant ReEncryptFrom ReEncryptTo'),
  ...of('use', true, true, 'GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext'),
  ...of('use', true, false, 'Sign GenerateMac Decapsulate DeriveSharedSecret Encapsulate Verify VerifyMac'),
  ...of('manage', true, false, 'RetireGrant RevokeGrant'),
  ...of('manage', false, false, 'PutKeyPolicy ScheduleKeyDeletion CancelKeyDeletion CreateAlias DeleteAlias DeleteImportedKeyMaterial'),
  ...of('manage', false, false, 'DisableKey DisableKeyRotation EnableKey EnableKeyRotation ImportKeyMaterial ReplicateKey RotateKeyOnDemand'),
  ...of('manage', false, false, 'TagResource UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion'),
  ...of('see', true, true, 'DescribeKey'),
  ...of('see', true, false, 'GetPublicKey GetKeyRotationStatus ListGrants'),
  ...of('see', false, false, 'GetKeyLastUsage GetKeyPolicy GetParametersForImport ListKeyPolicies ListKeyRotations ListResourceTags'),
];
/** In lower case: IAM compares actions so. */
export const knownActions: ReadonlyMap<string, KeyAction> = new Map(keyActions.map((action) => [action.name.toLowerCase(), action]));
export const family = 'kms:*';
