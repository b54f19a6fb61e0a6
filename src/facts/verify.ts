import * as z from 'zod';

export const Reason = z.enum(['trust', 'name', 'dates', 'purpose', 'constraints', 'signature']);
export type Reason = z.infer<typeof Reason>;

/** Would a strict client accept the certificate? Each reason by itself; `accepted` needs all of them. */
export const Verify = z
  .strictObject({
    accepted: z.boolean().describe('by the roots of this scan, for the name that was asked'),
    trusted: z.boolean().describe('the chain leads to a root of this scan'),
    nameMatches: z.boolean().describe('a subject alternative name covers the name (RFC 9525; a common name does not count)'),
    datesValid: z.boolean().describe('every certificate of the path is within its validity'),
    purposeValid: z.boolean().describe('key usage and extended key usage allow a TLS server, and those above it to issue'),
    constraintsValid: z.boolean().describe('basic constraints, path length, name constraints and critical extensions hold'),
    signaturesValid: z.boolean().describe('every signature of the path verifies'),
    missed: z.array(Reason).max(6).describe('what a client that does not verify would not have noticed; empty where a strict client accepts'),
    anchor: z
      .enum(['public', 'private'])
      .describe('public: a root of the Mozilla store that Node ships; private: one that the configuration or the system adds'),
    trustProblem: z.enum(['none', 'self-signed-leaf', 'incomplete-chain', 'unknown-root']).describe('why the chain leads to no root'),
  })
  .partial();
export type Verify = z.infer<typeof Verify>;
