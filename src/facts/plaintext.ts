import * as z from 'zod';

/** What a server asks for in clear, or offers there; in the order in which lists hold them. */
export const LoginMethod = z.enum([
  'trust',
  'cleartext-password',
  'md5-password',
  'scram-sha-256',
  'oauth-bearer',
  'ident',
  'kerberos',
  'gssapi',
  'sspi',
  'mysql_old_password',
  'mysql_native_password',
  'mysql_clear_password',
  'caching_sha2_password',
  'sha256_password',
  'client_ed25519',
  'parsec',
  'dialog',
  'redis-auth',
  'imap-login',
  'pop3-user',
  'pop3-apop',
  'ldap-simple',
  'sasl-plain',
  'sasl-login',
  'sasl-cram-md5',
  'sasl-digest-md5',
  'sasl-scram',
  'sasl-ntlm',
  'sasl-oauth',
  'sasl-external',
  'other',
]);
export type LoginMethod = z.infer<typeof LoginMethod>;

/**
 * What a service does with a client that does not start TLS. It was asked once, as a user that does not exist and without a secret. Where a
 * server decides by user, database or address (pg_hba.conf, REQUIRE SSL), another client may be treated otherwise.
 */
export const Plaintext = z
  .strictObject({
    sessions: z
      .enum(['refused', 'accepted-preauth', 'accepted-anonymous'])
      .describe('PostgreSQL, MySQL, Redis without TLS: turned away before any login, and not so over TLS; the login goes on; let in without one'),
    login: z.enum(['refused', 'accepted']).describe('SMTP, IMAP, POP3, LDAP: whether a login without TLS is offered or taken up'),
    methods: z.array(LoginMethod).max(32).describe('what was asked for or offered without TLS, in the order of the vocabulary; empty: nothing'),
    clearPassword: z.boolean().describe('one of them sends the password, or a token that is as good, so that a listener can read it'),
  })
  .partial();
export type Plaintext = z.infer<typeof Plaintext>;
