import * as z from 'zod';

export const Http = z
  .strictObject({
    spoken: z.boolean().describe('the port answers HTTP inside TLS'),
    byName: z.boolean().describe('the host was asked by a name: of an IP address no browser notes strict transport security (RFC 6797 8.1.1)'),
    status: z.int().min(100).max(999),
    hsts: z
      .strictObject({
        present: z.boolean().describe('one valid Strict-Transport-Security header (RFC 6797)'),
        maxAge: z.int().min(0).describe('seconds; 0 where absent'),
        includeSubDomains: z.boolean(),
        preload: z.boolean(),
      })
      .partial(),
    cleartextPort: z.int().min(0).max(65_535).describe('the HTTP port beside it: 80 for 443, or the declared one; 0: none is known, and none was asked'),
    cleartext: z
      .enum(['refused', 'redirects', 'redirects-elsewhere', 'serves'])
      .describe(
        'what the HTTP port beside it does with GET /: closed; redirect to HTTPS on the same host; redirect to HTTP or to another host; any other answer',
      ),
    cleartextStatus: z.int().min(100).max(999),
    cleartextLocation: z.string().max(2048),
  })
  .partial();
export type Http = z.infer<typeof Http>;
