import { constants, createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { context, der, oidToDer, sequence, tags } from './der.ts';
import { ipBytes } from './ip.ts';
import { eku, extension, keyUsages, nameType, rsaHashes, signatures } from './oids.ts';

type IssueHash = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';
export type IssueKey = 'ec-p256' | 'ec-p384' | 'ed25519' | `rsa-${number}`;
type IssueUsage = (typeof keyUsages)[number];

/** `dns` of a constraint as in RFC 5280 4.2.1.10 (`example.com`, `.example.com`), `ip` as `10.0.0.0/8`, `dirName` as a common name. */
interface IssueNames {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
  readonly uri?: readonly string[];
  readonly dirName?: readonly string[];
}
/** Everything but the dates may be left out. Good by default: a leaf for TLS servers (P-256, SHA-256), or with `ca` an authority. */
export interface IssueOptions {
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Common name; none gives an empty subject. NUL and controls are written as they are. */
  readonly subject?: string;
  readonly san?: IssueNames;
  /** A private key, or the kind to make. RSA of 2048 bits takes tenths of a second: make one and pass it on. */
  readonly key?: KeyObject | IssueKey;
  /** None: self-signed. */
  readonly issuer?: Issued;
  readonly serial?: bigint;
  /** Basic constraints: absent when undefined. */
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** Empty: no extension. Left out: keyCertSign and cRLSign for an authority, else digitalSignature. */
  readonly keyUsage?: readonly IssueUsage[];
  /** Names or object identifiers. Empty: no extension. Left out: none for an authority, else serverAuth. */
  readonly extendedKeyUsage?: readonly string[];
  readonly permitted?: IssueNames;
  readonly excluded?: IssueNames;
  readonly hash?: IssueHash;
  /** RSASSA-PSS instead of PKCS #1 v1.5, with an RSA issuer. */
  readonly pss?: boolean;
  readonly ocspUrls?: readonly string[];
  readonly issuerUrls?: readonly string[];
  readonly crlUrls?: readonly string[];
  /** That many timestamps of no log. */
  readonly scts?: number;
  readonly mustStaple?: boolean;
  /** A critical extension that nobody knows. */
  readonly unknownCritical?: boolean;
  /** More extensions, as they are: the value is the DER inside of the octet string. */
  readonly extensions?: readonly { readonly oid: string; readonly critical?: boolean; readonly value: Uint8Array }[];
  /** Signs other bytes than those of the certificate. */
  readonly wrongSignature?: boolean;
}
export interface Issued {
  readonly certPem: string;
  readonly certDer: Buffer;
  /** PKCS #8. */
  readonly keyPem: string;
  readonly key: KeyObject;
  /** The subject, as issuer of the next certificate. */
  readonly name: Buffer;
}

/** Makes a certificate for the lab and for tests, by node:crypto alone: RFC 5280, and on purpose much that it forbids. */
export function issue(options: IssueOptions): Issued {
  const { issuer, ca } = options;
  const key = typeof options.key === 'object' ? options.key : makeKey(options.key ?? 'ec-p256');
  const spki = spkiOf(key);
  const name = commonName(options.subject);
  const signer = issuer?.key ?? key;
  const algorithm = signatureAlgorithm(signer, options);
  const serial = options.serial ?? BigInt(`0x01${randomBytes(15).toString('hex')}`);
  const extensions = [
    ...(ca === undefined ? [] : [[extension.basicConstraints, true, basicConstraints(ca, options.pathLength)] as const]),
    ...usage(options.keyUsage ?? (ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'])),
    ...list(extension.extKeyUsage, options.extendedKeyUsage ?? (ca ? [] : ['serverAuth']), (name) => oidToDer(eku.get(name) ?? name)),
    ...(options.san ? [[extension.subjectAltName, options.subject === undefined, sequence(...generalNames(options.san, false))] as const] : []),
    ...(options.permitted || options.excluded ? [[extension.nameConstraints, true, nameConstraints(options)] as const] : []),
    [extension.subjectKeyIdentifier, false, der(tags.octetString, keyId(spki))] as const,
    ...(issuer ? [[extension.authorityKeyIdentifier, false, sequence(der(context(0, false), keyId(spkiOf(issuer.key))))] as const] : []),
    ...list(
      extension.authorityInfoAccess,
      [
        ...(options.ocspUrls ?? []).map((url) => ['1.3.6.1.5.5.7.48.1', url] as const),
        ...(options.issuerUrls ?? []).map((url) => ['1.3.6.1.5.5.7.48.2', url] as const),
      ],
      ([method, url]) => sequence(oidToDer(method), uri(url)),
    ),
    ...list(extension.crlDistributionPoints, options.crlUrls ?? [], (url) => sequence(der(context(0, true), der(context(0, true), uri(url))))),
    ...(options.scts === undefined ? [] : [[extension.sctList, false, der(tags.octetString, sctList(options.scts))] as const]),
    ...(options.mustStaple ? [[extension.tlsFeature, false, sequence(integer(5n))] as const] : []),
    ...(options.unknownCritical ? [['1.3.6.1.4.1.55555.1', true, der(tags.null)] as const] : []),
    ...(options.extensions ?? []).map(({ oid, critical = false, value }) => [oid, critical, value] as const),
  ];
  const tbs = sequence(
    der(context(0, true), integer(2n)),
    integer(serial),
    algorithm.der,
    issuer?.name ?? name,
    sequence(time(options.notBefore), time(options.notAfter)),
    name,
    spki,
    der(context(3, true), sequence(...extensions.map(extensionDer))),
  );
  const signature = algorithm.sign(options.wrongSignature ? Buffer.concat([tbs, Buffer.alloc(1)]) : tbs);
  const certDer = sequence(tbs, algorithm.der, bitString(signature));
  return { certDer, certPem: pem(certDer), key, keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(), name };
}
/** DER → PEM with lines of 64 characters (RFC 7468). */
export const pem = (certDer: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(certDer)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;

export function makeKey(kind: IssueKey): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (kind === 'ec-p256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  if (kind === 'ec-p384') return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice('rsa-'.length)) }).privateKey;
}

type Extension = readonly [oid: string, critical: boolean, value: Uint8Array];
const extensionDer = ([oid, critical, value]: Extension): Buffer =>
  sequence(oidToDer(oid), ...(critical ? [der(tags.boolean, Buffer.from([255]))] : []), der(tags.octetString, value));
const list = <T>(oid: string, items: readonly T[], write: (item: T) => Buffer): readonly Extension[] =>
  items.length === 0 ? [] : [[oid, false, sequence(...items.map(write))]];

const basicConstraints = (ca: boolean, pathLength: number | undefined): Buffer =>
  sequence(...(ca ? [der(tags.boolean, Buffer.from([255]))] : []), ...(pathLength === undefined ? [] : [integer(BigInt(pathLength))]));
function usage(names: readonly IssueUsage[]): readonly Extension[] {
  if (names.length === 0) return [];
  const bits = names.map((name) => keyUsages.indexOf(name));
  const bytes = Buffer.alloc(Math.max(...bits) < 8 ? 1 : 2);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return [[extension.keyUsage, true, bitString(bytes, (7 - (Math.max(...bits) % 8)) % 8)]];
}
const uri = (url: string): Buffer => der(context(nameType.uri, false), Buffer.from(url, 'latin1'));
function generalNames({ dns = [], ip = [], email = [], uri: uris = [], dirName = [] }: IssueNames, constraint: boolean): readonly Buffer[] {
  return [
    ...dns.map((name) => der(context(nameType.dns, false), Buffer.from(name, 'latin1'))),
    ...ip.map((address) => der(context(nameType.ip, false), constraint ? network(address) : (ipBytes(address) ?? Buffer.from(address, 'hex')))),
    ...email.map((name) => der(context(nameType.email, false), Buffer.from(name, 'latin1'))),
    ...uris.map(uri),
    ...dirName.map((name) => der(context(nameType.directory, true), commonName(name))),
  ];
}
/** `10.0.0.0/8` → address and mask. */
function network(text: string): Buffer {
  const [address = '', bits = ''] = text.split('/');
  const bytes = ipBytes(address) ?? Buffer.alloc(0);
  const mask = bytes.map((_, at) => 0xff & ~(0xff >> Math.min(8, Math.max(0, Number(bits) - at * 8))));
  return Buffer.concat([bytes, mask]);
}
function nameConstraints({ permitted, excluded }: IssueOptions): Buffer {
  const subtrees = (tag: number, names: IssueNames | undefined): readonly Buffer[] =>
    names ? [der(context(tag, true), ...generalNames(names, true).map((name) => sequence(name)))] : [];
  return sequence(...subtrees(0, permitted), ...subtrees(1, excluded));
}
/** RFC 6962 3.3: a list of length-prefixed timestamps, these of no log and with no signature that means anything. */
function sctList(count: number): Buffer {
  const sized = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  const sct = (): Buffer => Buffer.concat([Buffer.alloc(1), randomBytes(32), Buffer.alloc(8), Buffer.alloc(2), Buffer.from([4, 3]), sized(randomBytes(70))]);
  return sized(Buffer.concat(Array.from({ length: count }, () => sized(sct()))));
}

const commonName = (text: string | undefined): Buffer =>
  sequence(...(text === undefined ? [] : [der(tags.set, sequence(oidToDer('2.5.4.3'), der(tags.utf8, Buffer.from(text))))]));
/** UTCTime through 2049 (RFC 5280 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050 ? der(tags.utcTime, Buffer.from(digits.slice(2))) : der(tags.generalizedTime, Buffer.from(digits));
}
const bitString = (bytes: Uint8Array, unused = 0): Buffer => der(tags.bitString, Buffer.from([unused]), bytes);
/** Two's complement, as short as it goes. */
function integer(value: bigint): Buffer {
  const bits = (value < 0n ? -value - 1n : value).toString(2).length + 1;
  const bytes = Math.ceil(bits / 8);
  return der(
    tags.integer,
    Buffer.from(
      BigInt.asUintN(bytes * 8, value)
        .toString(16)
        .padStart(bytes * 2, '0'),
      'hex',
    ),
  );
}
const spkiOf = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });
/** RFC 5280 4.2.1.2 (1): SHA-1 over the bits of the key; here over all of SubjectPublicKeyInfo, which is as good an identifier. */
const keyId = (spki: Buffer): Buffer => createHash('sha1').update(spki).digest();

interface Algorithm {
  readonly der: Buffer;
  readonly sign: (tbs: Buffer) => Buffer;
}
function signatureAlgorithm(key: KeyObject, { hash = 'sha256', pss = false }: IssueOptions): Algorithm {
  const oid = (name: string): Buffer => {
    const found = signatures.find((signature) => signature.name === name);
    if (!found) throw new TypeError(`no signature algorithm ${name}`);
    return oidToDer(found.oid);
  };
  if (key.asymmetricKeyType === 'ed25519') return { der: sequence(oid('ed25519')), sign: (tbs) => sign(null, tbs, key) };
  if (key.asymmetricKeyType === 'ec') return { der: sequence(oid(`ecdsa-with-${hash}`)), sign: (tbs) => sign(hash, tbs, key) };
  if (!pss) return { der: sequence(oid(`${hash}WithRSAEncryption`), der(tags.null)), sign: (tbs) => sign(hash, tbs, key) };
  const digest = sequence(oidToDer(rsaHashes.find(([, name]) => name === hash)?.[0] ?? ''), der(tags.null));
  const saltLength = createHash(hash).digest().length;
  const parameters = sequence(
    der(context(0, true), digest),
    der(context(1, true), sequence(oidToDer('1.2.840.113549.1.1.8'), digest)),
    der(context(2, true), integer(BigInt(saltLength))),
  );
  return { der: sequence(oid('rsassa-pss'), parameters), sign: (tbs) => sign(hash, tbs, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }) };
}
