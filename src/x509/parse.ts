import { createHash, X509Certificate } from 'node:crypto';
import { checkBounds, context, DerError, inside, malformed, oidFrom, readAll, readOne, tags, type Tlv } from './der.ts';
import { comparable } from './text.ts';

interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}
/** A certificate taken apart: its fields as they stand, nothing interpreted. */
export interface Parsed {
  readonly der: Buffer;
  readonly sha256: string;
  readonly openssl: X509Certificate;
  readonly version: number;
  readonly serial: Buffer;
  readonly issuer: Tlv;
  readonly subject: Tlv;
  readonly notBefore: Tlv;
  readonly notAfter: Tlv;
  readonly spki: Tlv;
  readonly signature: Tlv;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Extensions that stand there twice (RFC 5280 4.2 forbids it): what they say is not known. */
  readonly doubled: ReadonlySet<string>;
  readonly issuerKey: string;
  readonly subjectKey: string;
}
export type Unread = { readonly sha256: string; readonly flaw: DerError['code'] };

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Checks the bounds, then lets OpenSSL and this reader take the bytes apart: both must manage. Never throws for the bytes. */
export function parse(der: Buffer): Parsed | Unread {
  try {
    checkBounds(der);
    return takeApart(der, x509(der));
  } catch (error) {
    if (error instanceof DerError) return { sha256: sha256(der), flaw: error.code };
    throw error;
  }
}
export const isParsed = (read: Parsed | Unread): read is Parsed => 'openssl' in read;

/** What the names of issuers are compared with, without the rest of the work; throws DerError. */
export function subjectKeyOf(der: Buffer): string {
  const [tbs] = inside(readOne(der), tags.sequence);
  const fields = inside(tbs, tags.sequence).filter(({ tag }) => tag !== context(0, true));
  const subject = fields[4];
  if (!subject) throw malformed();
  return JSON.stringify(comparable(subject));
}

function x509(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw malformed();
  }
}
function takeApart(der: Buffer, openssl: X509Certificate): Parsed {
  const [tbs, signature, bits, ...after] = inside(readOne(der), tags.sequence);
  const fields = [...inside(tbs, tags.sequence)];
  const version =
    fields[0]?.tag === context(0, true) ? Number(`0x${readOne(fields.shift()?.body ?? Buffer.alloc(0), tags.integer).body.toString('hex')}`) + 1 : 1;
  const [serial, , issuer, validity, subject, spki, ...others] = fields;
  const [notBefore, notAfter, ...more] = inside(validity, tags.sequence);
  if (serial?.tag !== tags.integer || !issuer || !notBefore || !notAfter || !subject || !spki || !signature || bits?.tag !== tags.bitString) throw malformed();
  if (after.length > 0 || more.length > 0 || !openssl.raw.equals(der)) throw malformed();
  const listed = others.filter(({ tag }) => tag === context(3, true)).flatMap(({ body }) => inside(readOne(body), tags.sequence).map(extensionOf));
  return {
    der,
    sha256: sha256(der),
    openssl,
    version,
    serial: serial.body,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    signature,
    extensions: new Map(listed),
    doubled: new Set(listed.map(([oid]) => oid).filter((oid, at, all) => all.indexOf(oid) !== at)),
    issuerKey: JSON.stringify(comparable(issuer)),
    subjectKey: JSON.stringify(comparable(subject)),
  };
}
function extensionOf(extension: Tlv): readonly [string, Extension] {
  const [oid, ...rest] = inside(extension, tags.sequence);
  const value = rest.pop();
  const [critical, ...others] = rest;
  if (!oid || value?.tag !== tags.octetString || others.length > 0 || (critical && critical.tag !== tags.boolean)) throw malformed();
  return [oidFrom(oid), { critical: critical !== undefined && critical.body[0] !== 0, value: value.body }];
}

/** The value of an extension: one sequence, as nearly all are. Nothing where the extension is absent; throws DerError. */
export function partsOf({ extensions, doubled }: Parsed, oid: string): readonly Tlv[] | undefined {
  if (doubled.has(oid)) throw malformed();
  const extension = extensions.get(oid);
  return extension && inside(readOne(extension.value), tags.sequence);
}
export function valueOf({ extensions, doubled }: Parsed, oid: string, tag: number): Tlv | undefined {
  if (doubled.has(oid)) throw malformed();
  const extension = extensions.get(oid);
  return extension && readOne(extension.value, tag);
}
export const constructed = (value: Tlv): readonly Tlv[] => readAll(value.body);
export const isSelfIssued = ({ issuerKey, subjectKey }: Parsed): boolean => issuerKey === subjectKey;
