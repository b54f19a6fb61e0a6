/** A connection string with a user and a password that are nobody's, and with no word about TLS but what the scheme says. */
export const dsnOf =
  (scheme: string, database: string) =>
  (host: string, port: number): string =>
    `${scheme}://encaudit:not-a-secret@${host}:${port}/${database}`;
