import type { Client } from '../../facts/client.ts';
import type { TlsVersion } from '../../facts/tls.ts';
import { hybridGroups, type ClientHello } from '../../wire/tls/client-hello.ts';
import { versionNumber } from '../../wire/tls/hello.ts';

const versions: readonly (readonly [TlsVersion, number])[] = Object.entries(versionNumber).flatMap(([name, id]) =>
  name === 'SSLv2' || name === 'SSLv3' || name === 'TLSv1' || name === 'TLSv1.1' || name === 'TLSv1.2' || name === 'TLSv1.3' ? [[name, id] as const] : [],
);

/** What the hellos of a command offer; of several, all versions together, and of the rest what all of them have. */
export function offersOf(hellos: readonly ClientHello[]): NonNullable<Client['offers']> | undefined {
  if (hellos.length === 0) return undefined;
  const offered = versions.filter(([, id]) => hellos.some((hello) => hello.versions.includes(id))).map(([name]) => name);
  return {
    ...(offered.length > 0 && { versions: offered }),
    hybridGroup: hellos.every(({ groups }) => groups.some((id) => hybridGroups.has(id))),
    sni: hellos.every(({ servername }) => servername !== undefined),
  };
}
