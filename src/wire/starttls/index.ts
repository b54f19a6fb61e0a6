import type { Dialogue } from './dialogue.ts';
import { imap } from './imap.ts';
import { ldap } from './ldap.ts';
import { mysql } from './mysql.ts';
import { pop3 } from './pop3.ts';
import { postgres } from './postgres.ts';
import { smtp } from './smtp.ts';

/** What has to be said in clear before TLS, by protocol; protocols that are not named speak TLS first. */
export const dialogues: ReadonlyMap<string, () => Dialogue> = new Map([
  ['smtp', smtp],
  ['imap', imap],
  ['pop3', pop3],
  ['ldap', ldap],
  ['postgres', postgres],
  ['mysql', mysql],
]);
