import * as z from 'zod';

/**
 * How TLS begins on a port: `tls` and `https` from the first byte (`redis` too, where it has TLS at all), the others after a dialogue
 * of their own (STARTTLS and its like).
 */
export const Protocol = z.enum(['tls', 'https', 'smtp', 'imap', 'pop3', 'ldap', 'postgres', 'mysql', 'redis']);
export type Protocol = z.infer<typeof Protocol>;

/** What the target is said to be: known before anything is asked, whatever comes of the asking. */
export const Service = z.strictObject({ protocol: Protocol.describe('of the target: what it was named as, or by its port') }).partial();
