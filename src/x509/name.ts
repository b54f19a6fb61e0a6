import { isIP } from 'node:net';
import { ipBytes } from './ip.ts';

/** The names that count: DNS names as sent, addresses as bytes. A common name does not. */
export interface Presented {
  readonly dns: readonly string[];
  readonly ip: readonly Uint8Array[];
}
/** Does a certificate speak for this host (RFC 9525)? An address is compared with addresses only, a DNS name with DNS names only. */
export function nameMatches(host: string, { dns, ip }: Presented): boolean {
  if (isIP(host)) {
    const asked = ipBytes(host);
    return asked !== undefined && ip.some((address) => asked.equals(address));
  }
  const asked = toALabels(host);
  return asked !== undefined && dns.some((name) => matches(asked, name.toLowerCase()));
}

/** RFC 9525 6.3: a wildcard is the whole left-most label and stands for one label. Above it must stand two, as OpenSSL and browsers have it: none for all of `.com`. */
function matches(asked: string, presented: string): boolean {
  if (!presented.startsWith('*.')) return asked === presented && isName(presented);
  const rest = presented.slice(2);
  const [first = ''] = asked.split('.', 1);
  return isName(rest) && rest.includes('.') && asked.slice(first.length + 1) === rest;
}
const isName = (name: string): boolean => /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name) && name.length <= 253;

/** Lower case, IDNA A-labels, no trailing dot; nothing for what is no host name. */
export function toALabels(host: string): string | undefined {
  const bare = host.toLowerCase().replace(/\.$/, '');
  if (isName(bare)) return bare;
  if (/[\u0000-\u002c\u002f:-@[-`{-\u007f]/.test(bare)) return undefined;
  const url = URL.canParse(`http://${bare}`) ? new URL(`http://${bare}`).hostname : '';
  return isName(url) ? url : undefined;
}
