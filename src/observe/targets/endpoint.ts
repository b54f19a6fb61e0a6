import { isIPv4, isIPv6 } from 'node:net';
import type { Protocol } from '../../facts/service.ts';
import type { EndpointTarget } from '../../model/target.ts';
import { endpointId } from '../../util/subject-id.ts';
import { TargetError } from './error.ts';

export type NamedEndpoint = Pick<EndpointTarget, 'is' | 'id' | 'label' | 'protocol' | 'name' | 'port'>;
/** Scheme → how TLS begins there, and on which port where none is named (IANA's registry). `smtps` and its like speak TLS first, whatever comes inside. */
export const schemes: ReadonlyMap<string, { readonly protocol: Protocol; readonly port: number }> = new Map([
  ['https', { protocol: 'https', port: 443 }],
  ['tls', { protocol: 'tls', port: 443 }],
  ['postgres', { protocol: 'postgres', port: 5432 }],
  ['postgresql', { protocol: 'postgres', port: 5432 }],
  ['mysql', { protocol: 'mysql', port: 3306 }],
  ['mariadb', { protocol: 'mysql', port: 3306 }],
  ['smtp', { protocol: 'smtp', port: 25 }],
  ['smtps', { protocol: 'tls', port: 465 }],
  ['imap', { protocol: 'imap', port: 143 }],
  ['imaps', { protocol: 'tls', port: 993 }],
  ['pop3', { protocol: 'pop3', port: 110 }],
  ['pop3s', { protocol: 'tls', port: 995 }],
  ['ldap', { protocol: 'ldap', port: 389 }],
  ['ldaps', { protocol: 'tls', port: 636 }],
  ['redis', { protocol: 'redis', port: 6379 }],
  ['rediss', { protocol: 'redis', port: 6380 }],
]);
/** What a bare `host:port` speaks; on any other port TLS alone. */
const byPort: ReadonlyMap<number, Protocol> = new Map([
  [443, 'https'],
  [8443, 'https'],
  [25, 'smtp'],
  [587, 'smtp'],
  [143, 'imap'],
  [110, 'pop3'],
  [389, 'ldap'],
  [5432, 'postgres'],
  [3306, 'mysql'],
  [6379, 'redis'],
]);

/** What stands after the scheme (one of `schemes`, if there is one): user information and path are dropped, neither is ever kept. */
export function endpoint(rest: string, scheme?: string): NamedEndpoint {
  const authority = rest.split(/[/?#\\]/, 1)[0] ?? '';
  if (rest.lastIndexOf('@') > authority.length) throw new TargetError('an @ behind the host; leave the path out, and write / ? # of a password as %2F %3F %23');
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const { name: typed, port: digits } = split(host);
  const name = canonicalHost(typed);
  const said = scheme === undefined ? undefined : schemes.get(scheme);
  const port = digits === undefined ? (said?.port ?? 443) : portOf(digits);
  const protocol = said?.protocol ?? byPort.get(port) ?? 'tls';
  const shown = scheme ?? (protocol === 'https' || protocol === 'tls' ? undefined : protocol); // whoever wrote db:5432 sees what was made of it
  return { is: 'endpoint', id: endpointId(name, port), label: shown === undefined ? host : `${shown}://${host}`, protocol, name, port };
}
function split(host: string): { readonly name: string; readonly port?: string } {
  if (host.startsWith('[')) {
    const match = /^\[([^[\]]*)\](?::(.*))?$/s.exec(host);
    if (!match) throw new TargetError('brackets that do not close, or something other than a port behind them');
    if (!isIPv6(match[1] ?? '') || host.includes('%')) throw new TargetError('no IPv6 address in the brackets (zones such as %eth0 are not supported)');
    return { name: match[1] ?? '', ...(match[2] !== undefined && { port: match[2] }) };
  }
  const parts = host.split(':');
  if (parts.length > 2) {
    if (!isIPv6(host) || host.includes('%'))
      throw new TargetError('more than one colon and no IPv6 address; write [2001:db8::1]:443 to give an address a port');
    return { name: host };
  }
  return { name: parts[0] ?? '', ...(parts[1] !== undefined && { port: parts[1] }) };
}
function portOf(digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) throw new TargetError(digits === '' ? 'no port after the colon' : 'the port must be a number from 1 to 65535');
  return port;
}

/** One spelling of a host: lower case, punycode, no trailing dot; IPv6 short and without brackets. Throws TargetError. */
export function canonicalHost(typed: string): string {
  if (typed === '') throw new TargetError('no host name');
  if (isIPv4(typed)) return typed;
  if (isIPv6(typed)) return new URL(`http://[${typed}]`).hostname.slice(1, -1);
  if (typed.startsWith('-')) throw new TargetError('starts with a hyphen, like an option');
  if (typed.length > 1000) throw new TargetError('a host name of more than 253 characters');
  if (/^[\d.]+$|(^|\.)(0x[\da-f]*|\d+)\.?$/i.test(typed)) throw new TargetError('no IPv4 address: write four numbers from 0 to 255');
  const name = /[\0-,/:-@[-^`{-\x7f]/.test(typed) ? '' : ascii(typed).replace(/\.$/, '');
  if (!/^[a-z0-9_]([a-z0-9._-]*[a-z0-9_-])?$/.test(name) || isIPv4(name)) throw new TargetError('no host name: letters, digits, hyphens and dots only');
  if (name.length > 253 || name.split('.').some((label) => label === '' || label.length > 63))
    throw new TargetError('no host name: an empty part, one of more than 63 characters, or more than 253 in all');
  return name;
}
function ascii(typed: string): string {
  try {
    return new URL(`http://${typed}`).hostname;
  } catch {
    return '';
  }
}
