import { isIPv4, isIPv6 } from 'node:net';

/** The four or sixteen bytes of an address, or nothing. */
export function ipBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const tail = text.slice(text.lastIndexOf(':') + 1);
  const v4 = isIPv4(tail)
    ? ipBytes(tail)
        ?.toString('hex')
        .replace(/^(....)/, '$1:')
    : undefined;
  const groups = (v4 ? text.slice(0, -tail.length) + v4 : text).split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const [head = [], rest = []] = groups;
  const middle = groups.length === 2 ? Array.from({ length: 8 - head.length - rest.length }, () => '0') : [];
  return Buffer.from([...head, ...middle, ...rest].map((group) => group.padStart(4, '0')).join(''), 'hex');
}
/** The spelling of RFC 5952; nothing for bytes of another length. */
export function ipText(bytes: Buffer): string | undefined {
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.length !== 16) return undefined;
  return new URL(`http://[${bytes.toString('hex').replace(/(....)(?!$)/g, '$1:')}]`).hostname.slice(1, -1);
}
