import * as z from 'zod';

export const KeyState = z.enum(['Creating', 'Enabled', 'Disabled', 'PendingDeletion', 'PendingImport', 'PendingReplicaDeletion', 'Unavailable', 'Updating']);
export type KeyState = z.infer<typeof KeyState>;
export const KeyManager = z.enum(['aws', 'customer']).describe('aws: a key that AWS made for a service in this account (alias/aws/…)');

/** An account that the policy names and that is not the key's. */
const Outsider = z.strictObject({
  account: z.string().max(12),
  access: z
    .enum(['open', 'limited'])
    .optional()
    .describe('open: of its own accord; limited: only through AWS services, or as part of an organization; absent where that cannot be proved'),
});
/** A user, role or session that the policy names; `arn:…:ACCOUNT:*` stands for everyone of the key's account. */
const Holder = z.strictObject({
  principal: z.string().max(2048),
  everything: z.boolean().optional().describe('every action, by the key policy itself'),
  manages: z.boolean().optional().describe('may change the key or who uses it'),
  uses: z.boolean().optional().describe('may encrypt, decrypt, sign or make grants'),
});

export const Kms = z
  .strictObject({
    region: z.string().max(64),
    keyManager: KeyManager,
    keyState: KeyState,
    keySpec: z.string().max(64).describe('as the API names it: SYMMETRIC_DEFAULT, RSA_2048, HMAC_256'),
    keyUsage: z.string().max(64).describe('as the API names it: ENCRYPT_DECRYPT, SIGN_VERIFY'),
    origin: z.enum(['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']).describe('where the material comes from; EXTERNAL: imported'),
    customKeyStore: z.boolean(),
    multiRegion: z.enum(['no', 'primary', 'replica']),
    primary: z.string().max(2048).describe('ARN of the primary key; absent where the key is of one region'),
    aliases: z.array(z.string().max(256)).max(1000),
    createdAt: z.iso.datetime(),
    deletionDate: z.iso.datetime().describe('absent where the key does not wait for deletion'),
    expires: z.boolean().describe('imported material with an end'),
    validTo: z.iso.datetime().describe('end of imported material; absent where it has none'),
    rotationSupported: z.boolean().describe('false: KMS refuses to say whether such a key rotates'),
    rotationEnabled: z.boolean().describe('automatic rotation; absent where the key cannot rotate so'),
    rotationPeriodDays: z.int().min(0).max(100_000).describe('absent where automatic rotation is off'),
    rotated: z.boolean().describe('its material was rotated at least once; asked only where automatic rotation does not answer for it'),
    lastRotation: z.iso.datetime().describe('absent where it never was'),
    policyPublic: z.boolean().describe('the key policy allows anybody something; absent where that cannot be proved'),
    policyWitness: z.string().max(2048).describe('a request of a stranger that the policy allows; absent where it allows none'),
    policyCrossAccount: z.array(Outsider).max(100),
    policyPrincipals: z.array(Holder).max(101),
    policyLockout: z.boolean().describe('nobody can change the key policy any more; absent where that cannot be proved'),
    rotationEligible: z.boolean().describe('derived: KMS can rotate its material by itself, and this is the key to ask about it'),
    cryptoperiodDays: z.int().describe('derived: as declared, else 365, and 1095 for an asymmetric key'),
    materialSince: z.iso.datetime().describe('derived: the last rotation, else its creation; absent where its history was not asked, or not told'),
    references: z.int().min(0).describe('derived: how many of the buckets and databases of this scan name the key'),
    referencedBy: z.array(z.string().max(2048)).max(100).describe('derived: the first of them'),
  })
  .partial();
export type Kms = z.infer<typeof Kms>;
