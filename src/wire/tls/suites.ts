import { registered, ssl2, unregistered } from './suite-names.ts';

export type KeyExchange = 'ecdhe' | 'dhe' | 'ecdh' | 'dh' | 'rsa' | 'psk' | 'ecdhe-psk' | 'dhe-psk' | 'rsa-psk' | 'srp' | 'krb5' | 'gost' | 'export' | 'tls13';
export type Authentication = 'anon' | 'psk' | 'rsa' | 'dsa' | 'ecdsa' | 'dh' | 'srp' | 'krb5' | 'gost' | 'any';
export type Family = 'null' | 'anon' | 'export' | 'rc4' | 'des' | '3des' | 'idea' | 'no-forward-secrecy';
export const families: readonly Family[] = ['null', 'anon', 'export', 'rc4', 'des', '3des', 'idea', 'no-forward-secrecy'];

/** What the name of a suite says about it. What has no word in our registry of words is absent. */
export interface Suite {
  readonly id: number;
  /** IANA's name, or the one it was known by. */
  readonly name: string;
  readonly kx?: KeyExchange;
  readonly auth?: Authentication;
  readonly cipher?: Cipher;
  /** Effective strength of the cipher: 112 for 3DES, 0 for none. */
  readonly bits?: number;
  /** The bad kinds that it belongs to, often several. RC2 counts as export. */
  readonly families: readonly Family[];
  /** Versions in which a server may choose it, by its definition. */
  readonly versions: 'SSLv2' | 'any' | 'TLSv1.2' | 'TLSv1.3';
}
export type Cipher =
  | 'null'
  | 'rc4'
  | 'rc2'
  | 'des'
  | '3des'
  | 'idea'
  | 'fortezza'
  | 'seed'
  | 'gost'
  | 'camellia-cbc'
  | 'camellia-gcm'
  | 'aria-cbc'
  | 'aria-gcm'
  | 'aes-cbc'
  | 'aes-ccm'
  | 'aes-gcm'
  | 'chacha20'
  | 'sm4'
  | 'aegis';

interface Exchange {
  readonly kx?: KeyExchange;
  readonly auth?: Authentication;
  readonly ephemeral: boolean;
}
/** The words before WITH. A shared or long-lived key that decrypts recorded traffic is not ephemeral (RFC 9325 4.1). */
const exchanges: ReadonlyMap<string, Exchange> = new Map<string, Exchange>([
  ['NULL', { auth: 'anon', ephemeral: false }],
  ['RSA', { kx: 'rsa', auth: 'rsa', ephemeral: false }],
  ['RSA_FIPS', { kx: 'rsa', auth: 'rsa', ephemeral: false }],
  ['RSA_OLDFIPS', { kx: 'rsa', auth: 'rsa', ephemeral: false }],
  ['RSA_EXPORT', { kx: 'export', auth: 'rsa', ephemeral: false }],
  ['RSA_EXPORT1024', { kx: 'export', auth: 'rsa', ephemeral: false }],
  ['DH_DSS', { kx: 'dh', auth: 'dh', ephemeral: false }],
  ['DH_RSA', { kx: 'dh', auth: 'dh', ephemeral: false }],
  ['DH_DSS_EXPORT', { kx: 'export', auth: 'dh', ephemeral: false }],
  ['DH_RSA_EXPORT', { kx: 'export', auth: 'dh', ephemeral: false }],
  ['DHE_DSS', { kx: 'dhe', auth: 'dsa', ephemeral: true }],
  ['DHE_RSA', { kx: 'dhe', auth: 'rsa', ephemeral: true }],
  ['DHE_DSS_EXPORT', { kx: 'export', auth: 'dsa', ephemeral: true }],
  ['DHE_DSS_EXPORT1024', { kx: 'export', auth: 'dsa', ephemeral: true }],
  ['DHE_RSA_EXPORT', { kx: 'export', auth: 'rsa', ephemeral: true }],
  ['DH_anon', { kx: 'dhe', auth: 'anon', ephemeral: true }],
  ['DH_anon_EXPORT', { kx: 'export', auth: 'anon', ephemeral: true }],
  ['ECDH_anon', { kx: 'ecdhe', auth: 'anon', ephemeral: true }],
  ['ECDH_ECDSA', { kx: 'ecdh', auth: 'ecdsa', ephemeral: false }],
  ['ECDH_RSA', { kx: 'ecdh', auth: 'rsa', ephemeral: false }],
  ['ECDHE_ECDSA', { kx: 'ecdhe', auth: 'ecdsa', ephemeral: true }],
  ['ECDHE_RSA', { kx: 'ecdhe', auth: 'rsa', ephemeral: true }],
  ['KRB5', { kx: 'krb5', auth: 'krb5', ephemeral: false }],
  ['KRB5_EXPORT', { kx: 'export', auth: 'krb5', ephemeral: false }],
  ['PSK', { kx: 'psk', auth: 'psk', ephemeral: false }],
  ['RSA_PSK', { kx: 'rsa-psk', auth: 'rsa', ephemeral: false }],
  ['DHE_PSK', { kx: 'dhe-psk', auth: 'psk', ephemeral: true }],
  ['PSK_DHE', { kx: 'dhe-psk', auth: 'psk', ephemeral: true }],
  ['ECDHE_PSK', { kx: 'ecdhe-psk', auth: 'psk', ephemeral: true }],
  ['ECCPWD', { kx: 'ecdhe', ephemeral: true }],
  ['SRP_SHA', { kx: 'srp', auth: 'srp', ephemeral: true }],
  ['SRP_SHA_RSA', { kx: 'srp', auth: 'rsa', ephemeral: true }],
  ['SRP_SHA_DSS', { kx: 'srp', auth: 'dsa', ephemeral: true }],
  ['GOSTR341094', { kx: 'gost', auth: 'gost', ephemeral: false }],
  ['GOSTR341001', { kx: 'gost', auth: 'gost', ephemeral: false }],
  ['GOSTR341112_256', { kx: 'gost', auth: 'gost', ephemeral: false }],
  ['FORTEZZA_KEA', { ephemeral: false }],
  ['ECC', { ephemeral: false }], // SM2 encryption of the secret (GB/T 38636)
  ['ECDHE', { kx: 'ecdhe', ephemeral: true }],
]);
const tls13: Exchange = { kx: 'tls13', auth: 'any', ephemeral: true };

/** The words after WITH, first match wins. Without a number of its own, the key size is read from the name. */
const ciphers: readonly (readonly [RegExp, Cipher, bits?: number])[] = [
  [/^(NULL|SHA\d+_SHA)/, 'null', 0],
  [/^RC4/, 'rc4'],
  [/^RC2_CBC_MD5/, 'rc2', 128],
  [/^RC2/, 'rc2'],
  [/^3DES|^DES_192_EDE3/, '3des', 112],
  [/^DES40|^DES_CBC_40/, 'des', 40],
  [/^DES/, 'des', 56],
  [/^IDEA/, 'idea', 128],
  [/^FORTEZZA/, 'fortezza', 80],
  [/^SEED/, 'seed', 128],
  [/^(28147|KUZNYECHIK|MAGMA)/, 'gost', 256],
  [/^CAMELLIA.*GCM/, 'camellia-gcm'],
  [/^CAMELLIA/, 'camellia-cbc'],
  [/^ARIA.*GCM/, 'aria-gcm'],
  [/^ARIA/, 'aria-cbc'],
  [/^AES.*GCM/, 'aes-gcm'],
  [/^AES.*CCM/, 'aes-ccm'],
  [/^AES/, 'aes-cbc'],
  [/^CHACHA20/, 'chacha20', 256],
  [/^SM4/, 'sm4', 128],
  [/^AEGIS_256/, 'aegis', 256],
  [/^AEGIS/, 'aegis', 128],
];

/** Reads a suite's properties from its name alone. */
export function classify(id: number, name: string): Suite {
  const bare = name.replace(/^OLD_/, '').replace(/^(TLS|SSL_CK|SSL)_/, '');
  const [, before, rest] = /^(?:(.*)_WITH_|(?:ECDHE|ECC|RSA)(?=_SM4))_?(.*)$/.exec(bare) ?? [];
  const v2 = name.startsWith('SSL_CK_');
  const new13 = id >> 8 === 0x13 || id === 0xc0b4 || id === 0xc0b5 || (id >= 0xc103 && id <= 0xc106) || id === 0xc6 || id === 0xc7;
  const exchange = new13 ? tls13 : v2 ? exchanges.get('RSA') : exchanges.get(before ?? /^[A-Z]+/.exec(bare)?.[0] ?? '');
  const what = v2 ? bare : (rest ?? bare);
  const [, cipher, fixed] = ciphers.find(([pattern]) => pattern.test(what)) ?? [];
  const short = /EXPORT40/.test(bare) ? 40 : undefined;
  const bits = short ?? fixed ?? Number(/_(\d+)/.exec(what)?.[1] ?? Number.NaN);
  const isExport = exchange?.kx === 'export' || short !== undefined || cipher === 'rc2';
  const kx = isExport && exchange?.kx === 'rsa' && short !== undefined ? 'export' : exchange?.kx;
  const is: Readonly<Record<Family, boolean>> = {
    null: cipher === 'null',
    anon: exchange?.auth === 'anon',
    export: isExport,
    rc4: cipher === 'rc4',
    des: cipher === 'des',
    '3des': cipher === '3des',
    idea: cipher === 'idea',
    'no-forward-secrecy': exchange?.ephemeral === false,
  };
  return {
    id,
    name,
    ...(kx && { kx }),
    ...(exchange?.auth && { auth: exchange.auth }),
    ...(cipher && { cipher }),
    ...(Number.isInteger(bits) && { bits }),
    families: families.filter((family) => is[family]),
    versions: v2
      ? 'SSLv2'
      : new13
        ? 'TLSv1.3'
        : /SHA(256|384)$|_(GCM|CCM|8)(_|$)|CHACHA20|CCM(_8)?$|SM4|OMAC$|28147_CNT_IMIT$/.test(bare) && id !== 0x80 && id !== 0x81
          ? 'TLSv1.2'
          : 'any',
  };
}
const parse = (table: string): readonly (readonly [number, string])[] =>
  table
    .trim()
    .split('\n')
    .map((line) => [Number.parseInt(line, 16), line.slice(line.indexOf(' ') + 1)]);

/** Every suite that we know by name, by number. */
export const suites: ReadonlyMap<number, Suite> = new Map(
  [...parse(registered), ...parse(unregistered), ...parse(ssl2)].map(([id, name]) => [id, classify(id, name)]),
);
/** What a version may carry. NULL_WITH_NULL_NULL is the state before a handshake, never an offer (RFC 5246 A.5). */
export const carriedBy = (version: 'SSLv2' | 'SSLv3' | 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): readonly Suite[] =>
  [...suites.values()].filter(({ id, versions }) => id !== 0 && (versions === version || (versions === 'any' && version !== 'TLSv1.3' && version !== 'SSLv2')));
/** The name, or the number in hex where nobody gave one. SSL 2 numbers have six digits. */
export const suiteName = (id: number): string => suites.get(id)?.name ?? `0x${id.toString(16).padStart(4, '0')}`;
