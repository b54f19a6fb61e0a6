import { isIPv6 } from 'node:net';
import type { Endpoint } from '../../model/source.ts';
import type { EndpointContext } from './context.ts';

/** Where HTTP may be asked without bothering another protocol: the port, the target or ALPN says so. */
export const speaksHttp = ({ port }: Endpoint, { protocol, learnt }: EndpointContext): boolean =>
  protocol === 'https' || (protocol === 'tls' && (port === 443 || learnt.alpn === 'http/1.1' || learnt.alpn === 'h2'));

/** `name:port` as in a URL; without the port where it is the scheme's own. */
export const authority = (name: string, port: number, own: 80 | 443): string => `${isIPv6(name) ? `[${name}]` : name}${port === own ? '' : `:${port}`}`;
export const requestFor = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: encaudit\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
