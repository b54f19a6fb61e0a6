import * as z from 'zod';
import { KeyManager, KeyState } from './kms.ts';

/** The KMS key behind stored data. All of it is derived: joined from the key that the subject names, and absent until that key was read. */
export const Key = z
  .strictObject({
    manager: KeyManager,
    arn: z.string().max(2048),
    state: KeyState,
    usable: z.boolean().describe('data can be read and written with it'),
    deletionDate: z.iso.datetime().describe('absent where the key does not wait for deletion'),
    policyPublic: z.boolean(),
  })
  .partial();
export type Key = z.infer<typeof Key>;
