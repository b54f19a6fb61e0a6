import { inside, malformed, oidFrom, tags, type Tlv } from './der.ts';

/** Whatever could act on a terminal or hide in it: controls, format characters (bidi, zero width), line ends, lone surrogates. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const hexed = (text: string): string => Buffer.from(text).toString('hex').replace(/../g, '\\$&');

/** Bytes of a name as text: hostile ones become `\xx`, and so does the backslash, so that no two names look alike. */
export const plainText = (bytes: Buffer): string => bytes.toString('latin1').replace(/\\/g, '\\5c').replace(unseen, hexed);

/** A value of a distinguished name by RFC 4514 2.4. */
const escaped = (value: string): string => value.replace(/^[ #]|[\\",+;<>]| $/g, '\\$&').replace(unseen, hexed);

const shortNames: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
]);
interface Attribute {
  readonly oid: string;
  readonly value: Tlv;
}
/** The sets of attributes of a Name, first the one that stands first; throws DerError. */
const attributesOf = (name: Tlv): readonly (readonly Attribute[])[] =>
  inside(name, tags.sequence).map((set) =>
    inside(set, tags.set).map((pair) => {
      const [oid, value, ...others] = inside(pair, tags.sequence);
      if (!oid || !value || others.length > 0) throw malformed();
      return { oid: oidFrom(oid), value };
    }),
  );

/** A distinguished name as text, most specific part first (RFC 4514), as OpenSSL prints it. */
export const nameText = (name: Tlv): string =>
  attributesOf(name)
    .toReversed()
    .map((set) =>
      set
        .toReversed()
        .map(({ oid, value }) => `${shortNames.get(oid) ?? oid}=${valueText(value)}`)
        .join('+'),
    )
    .join(',');
function valueText(value: Tlv): string {
  const text = decode(value);
  return text === undefined ? `#${value.whole.toString('hex')}` : escaped(text);
}

/** One string a relative name, to be compared as OpenSSL compares names: whatever the string type, the case and the spaces (RFC 5280 7.1). */
export const comparable = (name: Tlv): readonly string[] =>
  attributesOf(name).map((set) =>
    set
      .map(({ oid, value }) => `${oid}=${folded(value)}`)
      .sort()
      .join('+'),
  );
function folded(value: Tlv): string {
  const text = decode(value);
  if (text === undefined) return value.whole.toString('hex');
  const spaced = text.replace(/[ \t-\r]+/g, ' ').replace(/^ | $/g, '');
  return JSON.stringify(spaced.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const oneByte: ReadonlySet<number> = new Set([tags.printable, tags.teletex, tags.ia5, tags.visible]);
/** The text of a string type; nothing for other types and for bytes that are not such text. */
function decode({ tag, body }: Tlv): string | undefined {
  if (oneByte.has(tag)) return body.toString('latin1');
  try {
    if (tag === tags.utf8) return utf8.decode(body);
    if (tag === tags.bmp) return Buffer.from(body).swap16().toString('utf16le');
    if (tag === tags.universal && body.length % 4 === 0)
      return Array.from({ length: body.length / 4 }, (_, n) => String.fromCodePoint(body.readUInt32BE(n * 4))).join('');
  } catch {} // odd lengths, and numbers that are no characters
  return undefined;
}
