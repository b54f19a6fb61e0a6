import * as z from 'zod';

/** Does the server ask clients for a certificate (CertificateRequest, RFC 5246 7.4.4, RFC 8446 4.3.2)? */
export const ClientAuth = z
  .strictObject({
    mode: z.enum(['not-requested', 'requested', 'required']),
    caNames: z.array(z.string().max(4096)).max(256).describe('certificate authorities that the server names; empty: whichever'),
  })
  .partial();
export type ClientAuth = z.infer<typeof ClientAuth>;
