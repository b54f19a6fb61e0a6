import type { Certificate } from '../facts/certificate.ts';

/** Extensions by name (RFC 5280 4.2, RFC 6962 3.3, RFC 7633). */
export const extension = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  sctList: '1.3.6.1.4.1.11129.2.4.2',
} as const;

/** Kinds of GeneralName by their tag (RFC 5280 4.2.1.6). */
export const nameType = { other: 0, email: 1, dns: 2, x400: 3, directory: 4, ediParty: 5, uri: 6, ip: 7, registeredId: 8 } as const;

/** RFC 5280 4.2.1.12. */
export const eku: ReadonlyMap<string, string> = new Map([
  ['serverAuth', '1.3.6.1.5.5.7.3.1'],
  ['clientAuth', '1.3.6.1.5.5.7.3.2'],
  ['codeSigning', '1.3.6.1.5.5.7.3.3'],
  ['emailProtection', '1.3.6.1.5.5.7.3.4'],
  ['timeStamping', '1.3.6.1.5.5.7.3.8'],
  ['OCSPSigning', '1.3.6.1.5.5.7.3.9'],
  ['any', '2.5.29.37.0'],
]);

type Hash = NonNullable<Certificate['signatureHash']>;
/** Hashes inside of RSASSA-PSS parameters (RFC 4055, RFC 8017 appendix B.1, NIST CSOR). */
export const rsaHashes: readonly (readonly [oid: string, name: Hash])[] = [
  ['1.2.840.113549.2.2', 'md2'],
  ['1.2.840.113549.2.4', 'md4'],
  ['1.2.840.113549.2.5', 'md5'],
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.7', 'sha3'],
  ['2.16.840.1.101.3.4.2.8', 'sha3'],
  ['2.16.840.1.101.3.4.2.9', 'sha3'],
  ['2.16.840.1.101.3.4.2.10', 'sha3'],
];
/** Signature algorithms and the hash each implies (RFC 3279, 4055, 5758, 8410, FIPS 204); that of RSASSA-PSS stands in its parameters. */
export const signatures: readonly { readonly oid: string; readonly name: string; readonly hash?: Hash }[] = [
  { oid: '1.2.840.113549.1.1.2', name: 'md2WithRSAEncryption', hash: 'md2' },
  { oid: '1.2.840.113549.1.1.3', name: 'md4WithRSAEncryption', hash: 'md4' },
  { oid: '1.2.840.113549.1.1.4', name: 'md5WithRSAEncryption', hash: 'md5' },
  { oid: '1.2.840.113549.1.1.5', name: 'sha1WithRSAEncryption', hash: 'sha1' },
  { oid: '1.3.14.3.2.29', name: 'sha1WithRSA', hash: 'sha1' },
  { oid: '1.2.840.113549.1.1.14', name: 'sha224WithRSAEncryption', hash: 'sha224' },
  { oid: '1.2.840.113549.1.1.11', name: 'sha256WithRSAEncryption', hash: 'sha256' },
  { oid: '1.2.840.113549.1.1.12', name: 'sha384WithRSAEncryption', hash: 'sha384' },
  { oid: '1.2.840.113549.1.1.13', name: 'sha512WithRSAEncryption', hash: 'sha512' },
  { oid: '1.2.840.113549.1.1.10', name: 'rsassa-pss' },
  { oid: '2.16.840.1.101.3.4.3.13', name: 'sha3-224WithRSAEncryption', hash: 'sha3' },
  { oid: '2.16.840.1.101.3.4.3.14', name: 'sha3-256WithRSAEncryption', hash: 'sha3' },
  { oid: '2.16.840.1.101.3.4.3.15', name: 'sha3-384WithRSAEncryption', hash: 'sha3' },
  { oid: '2.16.840.1.101.3.4.3.16', name: 'sha3-512WithRSAEncryption', hash: 'sha3' },
  { oid: '1.2.840.10040.4.3', name: 'dsa-with-sha1', hash: 'sha1' },
  { oid: '2.16.840.1.101.3.4.3.1', name: 'dsa-with-sha224', hash: 'sha224' },
  { oid: '2.16.840.1.101.3.4.3.2', name: 'dsa-with-sha256', hash: 'sha256' },
  { oid: '1.2.840.10045.4.1', name: 'ecdsa-with-sha1', hash: 'sha1' },
  { oid: '1.2.840.10045.4.3.1', name: 'ecdsa-with-sha224', hash: 'sha224' },
  { oid: '1.2.840.10045.4.3.2', name: 'ecdsa-with-sha256', hash: 'sha256' },
  { oid: '1.2.840.10045.4.3.3', name: 'ecdsa-with-sha384', hash: 'sha384' },
  { oid: '1.2.840.10045.4.3.4', name: 'ecdsa-with-sha512', hash: 'sha512' },
  { oid: '2.16.840.1.101.3.4.3.9', name: 'ecdsa-with-sha3-224', hash: 'sha3' },
  { oid: '2.16.840.1.101.3.4.3.10', name: 'ecdsa-with-sha3-256', hash: 'sha3' },
  { oid: '2.16.840.1.101.3.4.3.11', name: 'ecdsa-with-sha3-384', hash: 'sha3' },
  { oid: '2.16.840.1.101.3.4.3.12', name: 'ecdsa-with-sha3-512', hash: 'sha3' },
  { oid: '1.3.101.112', name: 'ed25519', hash: 'intrinsic' },
  { oid: '1.3.101.113', name: 'ed448', hash: 'intrinsic' },
  { oid: '2.16.840.1.101.3.4.3.17', name: 'ml-dsa-44', hash: 'intrinsic' },
  { oid: '2.16.840.1.101.3.4.3.18', name: 'ml-dsa-65', hash: 'intrinsic' },
  { oid: '2.16.840.1.101.3.4.3.19', name: 'ml-dsa-87', hash: 'intrinsic' },
];

/** The bits of a key usage, the first one first (RFC 5280 4.2.1.3). */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
