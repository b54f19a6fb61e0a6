import * as z from 'zod';
import { TlsVersion } from './tls.ts';

export const ClientProtocol = z.enum(['https', 'postgres', 'mysql', 'redis']);
export type ClientProtocol = z.infer<typeof ClientProtocol>;

/** The servers that a client is led to, one a run: what each of them has wrong with it. */
export const ClientCase = z.enum([
  'good',
  'untrusted-root',
  'self-signed',
  'wrong-name',
  'expired',
  'tls10',
  'redirect-to-http',
  'no-tls',
  'bare',
  'same-name-root',
  'not-yet-valid',
  'wrong-usage',
  'leaf-as-ca',
  'weak-key',
  'tls-broken',
  'tls-error',
  'plain-on-tls-port',
  'other-key',
  'mtls-wrong-name',
  'mtls-untrusted',
  'revoked-staple',
  'good-again',
]);
export type ClientCase = z.infer<typeof ClientCase>;

const bool = z.boolean();
/** What a client took for good. Absent: not asked, or not decided, and then a gap says why. */
const Accepts = z
  .strictObject({
    untrustedRoot: bool.describe('a chain to a root that it was not given'),
    selfSigned: bool.describe('a leaf that signed itself'),
    sameNameRoot: bool.describe('a chain to a root that only bears the name of the right one'),
    wrongName: bool.describe('a trusted certificate of another host'),
    expired: bool.describe('a trusted certificate that ended yesterday'),
    notYetValid: bool.describe('a trusted certificate that begins next month'),
    wrongUsage: bool.describe('a trusted certificate that is for clients alone'),
    leafAsCa: bool.describe('a certificate that a trusted leaf issued, which is no authority'),
    weakKey: bool.describe('a trusted certificate with an RSA key of 1024 bits'),
    legacyTls: bool.describe('a server that speaks TLS 1.0 alone'),
    downgradeRedirect: bool.describe('a redirect from HTTPS to HTTP'),
    plaintext: bool.describe('a session without TLS'),
    plaintextAfterTlsFailure: bool.describe('a session without TLS, after TLS had failed'),
    revokedStaple: bool.describe('a certificate with a stapled answer that it was revoked'),
    otherKey: bool.describe('another key than the one that was pinned'),
  })
  .partial();

/** A command that was led to good and bad servers on this machine: what counts is what each server received. */
export const Client = z
  .strictObject({
    protocol: ClientProtocol,
    baseline: bool.describe('the good server was accepted, before the bad ones and after them: only then does a refusal mean anything'),
    scope: z
      .array(ClientCase)
      .max(32)
      .describe('the cases of this run: those that are asked by default and those that were asked for; one that was left out is there all the same'),
    production: bool.describe('the command stands for code that runs in production: so unless --not-production was given'),
    accepts: Accepts,
    chains: z
      .array(
        z.strictObject({
          served: z.enum(['untrusted-root', 'self-signed', 'same-name-root', 'leaf-as-ca']),
          accepted: bool.optional(),
        }),
      )
      .min(1)
      .max(4)
      .describe('the same answers about chains, one by one'),
    offers: z
      .strictObject({
        versions: z.array(TlsVersion).min(1).max(6).describe('versions in the ClientHello: what it would offer, not what it would finish'),
        hybridGroup: bool.describe('every ClientHello offers a key exchange that is post-quantum and classical at once'),
        sni: bool.describe('every ClientHello names the server'),
      })
      .partial(),
    sends: z
      .strictObject({
        secretToUnverified: bool.describe('a password, cookie or token went to a server that it should have refused, or in clear'),
        clientCertificateToUnverified: bool.describe('a client certificate went to a server that it should have refused'),
      })
      .partial(),
    hiddenBy: z.array(z.string().max(128)).max(16).describe('variables that make it verify: without them it accepts an unknown root'),
    cases: z
      .array(
        z.strictObject({
          name: ClientCase,
          environment: z.enum(['trusted', 'bare']).describe('trusted: with the root of the lab in variables; bare: as the user runs it'),
          accepted: bool.optional().describe('absent: not decided'),
          how: z.string().max(512).describe('what the server received, or how it was refused'),
          ended: z.string().max(64).describe('how the command ended'),
        }),
      )
      .max(32)
      .describe('what was seen, in the order in which it was tried'),
  })
  .partial();
export type Client = z.infer<typeof Client>;
