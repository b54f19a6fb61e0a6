import type { Certificate } from '../facts/certificate.ts';
import { constructed, partsOf, valueOf, type Parsed } from './parse.ts';
import { context, inside, malformed, oidFrom, readAll, readOne, tags, type Tlv } from './der.ts';
import { ipText } from './ip.ts';
import { eku, extension, keyUsages, nameType, rsaHashes, signatures } from './oids.ts';
import { nameText, plainText } from './text.ts';

type Facts = { [K in keyof Certificate]-?: NonNullable<Certificate[K]> };
/** Each function reads one thing from a certificate and throws DerError where it is not what it should be. */

/** RFC 5280 4.1.2.5: seconds and Z, no fractions. Other forms are ambiguous, and strict clients refuse them. */
export function timeOf({ tag, body }: Tlv): Date {
  const text = body.toString('latin1');
  const parts = (
    tag === tags.utcTime ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : tag === tags.generalizedTime ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /$^/
  ).exec(text);
  if (!parts) throw malformed();
  const [, year = '', month, day, hour, minute, second] = parts;
  const century = tag === tags.generalizedTime ? '' : year < '50' ? '20' : '19';
  const iso = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== iso) throw malformed();
  return date;
}
/** Lower-case hexadecimal without leading zeros, a minus in front of a negative one: as OpenSSL prints it. */
export function serialOf({ serial }: Parsed): string {
  if (serial.length === 0) throw malformed();
  const value = BigInt.asIntN(serial.length * 8, BigInt(`0x${serial.toString('hex')}`));
  const digits = (value < 0n ? -value : value).toString(16);
  return `${value < 0n ? '-' : ''}${digits.length % 2 ? '0' : ''}${digits}`;
}

const keyTypes: ReadonlyMap<string, Facts['keyType']> = new Map<string, Facts['keyType']>([
  ['1.2.840.113549.1.1.1', 'rsa'],
  ['1.2.840.113549.1.1.10', 'rsa-pss'],
  ['1.2.840.10040.4.1', 'dsa'],
  ['1.2.840.10045.2.1', 'ec'],
  ['1.3.101.112', 'ed25519'],
  ['1.3.101.113', 'ed448'],
  ['2.16.840.1.101.3.4.3.17', 'ml-dsa'],
  ['2.16.840.1.101.3.4.3.18', 'ml-dsa'],
  ['2.16.840.1.101.3.4.3.19', 'ml-dsa'],
]);
export function keyTypeOf({ spki }: Parsed): Facts['keyType'] {
  const [algorithm] = inside(spki, tags.sequence);
  const [oid] = inside(algorithm, tags.sequence);
  if (!oid) throw malformed();
  return keyTypes.get(oidFrom(oid)) ?? 'other';
}
/** By OpenSSL. Keys that it does not know have no details, which is no flaw of theirs. */
export function keyOf(certificate: Parsed): Pick<Certificate, 'keyBits' | 'curve' | 'rsaExponent'> {
  const type = keyTypeOf(certificate);
  if (type === 'other' || type === 'ml-dsa') return {};
  if (type === 'ed25519') return { keyBits: 256 };
  if (type === 'ed448') return { keyBits: 456 };
  const details = openssl(() => certificate.openssl.publicKey.asymmetricKeyDetails);
  const { modulusLength, publicExponent, namedCurve } = details ?? {};
  if (type === 'ec') {
    const { bits } = openssl(() => certificate.openssl.toLegacyObject());
    return { ...(typeof bits === 'number' && { keyBits: bits }), ...(namedCurve && { curve: namedCurve }) };
  }
  if (modulusLength === undefined) throw malformed();
  return { keyBits: modulusLength, ...(publicExponent !== undefined && { rsaExponent: exponentText(publicExponent) }) };
}
function exponentText(exponent: bigint): string {
  if (exponent >= 1n << 4096n) throw malformed();
  return exponent.toString();
}
function openssl<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw malformed();
  }
}

export function signatureOf({ signature }: Parsed): Pick<Facts, 'signatureAlgorithm' | 'signatureHash'> {
  const [oid, parameters] = inside(signature, tags.sequence);
  if (!oid) throw malformed();
  const known = signatures.find((algorithm) => algorithm.oid === oidFrom(oid));
  if (!known) return { signatureAlgorithm: oidFrom(oid), signatureHash: 'other' };
  return { signatureAlgorithm: known.name, signatureHash: known.hash ?? pssHash(parameters) };
}
/** RFC 4055 3.1: SHA-1 where the parameters leave the hash out. */
function pssHash(parameters: Tlv | undefined): Facts['signatureHash'] {
  const hash = parameters && inside(parameters, tags.sequence).find(({ tag }) => tag === context(0, true));
  if (!hash) return 'sha1';
  const [oid] = inside(readOne(hash.body), tags.sequence);
  if (!oid) throw malformed();
  return rsaHashes.find(([known]) => known === oidFrom(oid))?.[1] ?? 'other';
}

/** RFC 5280 4.2.1.9. */
export function basicConstraintsOf(certificate: Parsed): Pick<Facts, 'ca' | 'pathLength'> {
  const parts = [...(partsOf(certificate, extension.basicConstraints) ?? [])];
  const ca = parts[0]?.tag === tags.boolean && parts.shift()?.body[0] !== 0;
  const [length, ...others] = parts;
  if (others.length > 0 || (length && (length.tag !== tags.integer || length.body.length > 4 || (length.body[0] ?? 128) >= 128))) throw malformed();
  return { ca, pathLength: length ? Number(`0x${length.body.toString('hex')}`) : -1 };
}
/** Nothing where the extension is absent, which is not the same as no usage at all. */
export function keyUsageOf(certificate: Parsed): Facts['keyUsage'] | undefined {
  const bits = valueOf(certificate, extension.keyUsage, tags.bitString);
  if (!bits) return undefined;
  const named = keyUsages.filter((_, n) => ((bits.body[1 + (n >> 3)] ?? 0) & (0x80 >> (n & 7))) !== 0);
  if (bits.body.length < 2 || named.length === 0) throw malformed(); // RFC 5280 4.2.1.3: one bit at least
  return named;
}
const ekuNames: ReadonlyMap<string, string> = new Map([...eku].map(([name, oid]) => [oid, name]));
/** Names as in the facts; an object identifier where there is none. Nothing where the extension is absent. */
export function extendedKeyUsageOf(certificate: Parsed): readonly string[] | undefined {
  const parts = partsOf(certificate, extension.extKeyUsage);
  if (parts?.length === 0) throw malformed();
  return parts?.map((part) => ekuNames.get(oidFrom(part)) ?? oidFrom(part));
}

/** A GeneralName by kind; `bytes` is the content that names are compared by. */
export interface GeneralName {
  readonly kind: number;
  readonly bytes: Buffer;
}
export const subjectAltNamesOf = (certificate: Parsed): readonly GeneralName[] => (partsOf(certificate, extension.subjectAltName) ?? []).map(generalName);
function generalName({ tag, body }: Tlv): GeneralName {
  if (tag >> 6 !== 2) throw malformed();
  return { kind: tag & 0x1f, bytes: body };
}
export function generalNameText({ kind, bytes }: GeneralName): string {
  if (kind === nameType.dns) return plainText(bytes);
  if (kind === nameType.ip) return ipText(bytes) ?? `#${bytes.toString('hex')}`;
  if (kind === nameType.email) return `email:${plainText(bytes)}`;
  if (kind === nameType.uri) return `URI:${plainText(bytes)}`;
  if (kind === nameType.directory) return `dirName:${nameText(readOne(bytes))}`;
  if (kind === nameType.registeredId) return `RID:${oidFrom({ tag: tags.oid, body: bytes, whole: bytes })}`;
  if (kind !== nameType.other) return `#${bytes.toString('hex')}`;
  const [type] = readAll(bytes);
  return `other:${type ? oidFrom(type) : ''}`;
}

export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}
/** RFC 5280 4.2.1.10: minimum and maximum are not used, so whoever sets them means something that nobody checks. */
export function nameConstraintsOf(certificate: Parsed): NameConstraints | undefined {
  const parts = partsOf(certificate, extension.nameConstraints);
  if (!parts) return undefined;
  const subtrees = (n: number): readonly GeneralName[] =>
    parts
      .filter(({ tag }) => tag === context(n, true))
      .flatMap(constructed)
      .map((subtree) => {
        const [base, ...others] = inside(subtree, tags.sequence);
        if (!base || others.length > 0) throw malformed();
        return generalName(base);
      });
  return { permitted: subtrees(0), excluded: subtrees(1) };
}
export function constraintText(name: GeneralName): string {
  const { kind, bytes } = name;
  if (kind === nameType.dns) return `DNS:${plainText(bytes)}`;
  if (kind !== nameType.ip) return generalNameText(name);
  const half = bytes.length / 2;
  const mask = [...bytes.subarray(half)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const length = /^1*0*$/.test(mask) ? String(mask.replace(/0/g, '').length) : ipText(bytes.subarray(half));
  const address = ipText(bytes.subarray(0, half));
  return address && bytes.length === half * 2 ? `IP:${address}/${length}` : `IP:#${bytes.toString('hex')}`;
}

/** RFC 5280 4.2.2.1: addresses of one access method. */
export const accessUrls = (certificate: Parsed, method: string): readonly string[] =>
  (partsOf(certificate, extension.authorityInfoAccess) ?? []).flatMap((description) => {
    const [oid, location] = inside(description, tags.sequence);
    if (!oid || !location) throw malformed();
    return oidFrom(oid) === method && location.tag === context(nameType.uri, false) ? [plainText(location.body)] : [];
  });
/** RFC 5280 4.2.1.13: the URIs of fullName. */
export const crlUrlsOf = (certificate: Parsed): readonly string[] =>
  (partsOf(certificate, extension.crlDistributionPoints) ?? [])
    .flatMap((point) => inside(point, tags.sequence))
    .filter(({ tag }) => tag === context(0, true))
    .flatMap(constructed)
    .filter(({ tag }) => tag === context(0, true))
    .flatMap(constructed)
    .filter(({ tag }) => tag === context(nameType.uri, false))
    .map(({ body }) => plainText(body));
/** RFC 6962 3.3. */
export function sctsOf(certificate: Parsed): number {
  const list = valueOf(certificate, extension.sctList, tags.octetString)?.body;
  if (!list) return 0;
  if (list.length < 2 || list.readUInt16BE(0) !== list.length - 2) throw malformed();
  let count = 0;
  for (let at = 2; at < list.length; count++) {
    if (at + 2 > list.length) throw malformed();
    at += 2 + list.readUInt16BE(at);
    if (at > list.length) throw malformed();
  }
  return count;
}
/** RFC 7633: status_request is TLS extension 5. */
export const mustStapleOf = (certificate: Parsed): boolean =>
  (partsOf(certificate, extension.tlsFeature) ?? []).some(({ tag, body }) => tag === tags.integer && body.length === 1 && body[0] === 5);

/** What a client must understand where it is critical: the extensions that OpenSSL processes. */
const understood: ReadonlySet<string> = new Set([
  extension.keyUsage,
  extension.subjectAltName,
  extension.basicConstraints,
  extension.nameConstraints,
  extension.crlDistributionPoints,
  extension.certificatePolicies,
  extension.policyMappings,
  extension.policyConstraints,
  extension.extKeyUsage,
  extension.inhibitAnyPolicy,
  '1.3.6.1.5.5.7.48.1.5', // no check of a responder (RFC 6960 4.2.2.2.1)
  '1.3.6.1.5.5.7.1.7', // addresses and numbers of autonomous systems (RFC 3779)
  '1.3.6.1.5.5.7.1.8',
  '2.16.840.1.113730.1.1', // Netscape's kind of certificate
]);
export const unknownCriticalOf = ({ extensions }: Parsed): readonly string[] =>
  [...extensions].flatMap(([oid, { critical }]) => (critical && !understood.has(oid) ? [oid] : [])).sort();
