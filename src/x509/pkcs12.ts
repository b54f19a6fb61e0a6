import { context, der, oidToDer, sequence, tags } from './der.ts';

const oid = {
  data: '1.2.840.113549.1.7.1',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1', // Oracle's: without it Java takes no certificate of a store for an anchor
  anyUsage: '2.5.29.37.0',
} as const;

/** A PKCS #12 trust store (RFC 7292) as Java reads it: certificates in clear, no password, no MAC. There is no key in it, so there is nothing to protect. */
export function trustStore(certificates: readonly Uint8Array[]): Buffer {
  const bags = certificates.map((certificate, i) =>
    sequence(
      oidToDer(oid.certificateBag),
      explicit(sequence(oidToDer(oid.x509), explicit(der(tags.octetString, certificate)))),
      der(tags.set, attribute(oid.friendlyName, der(tags.bmp, utf16(`root-${i}`))), attribute(oid.trustedKeyUsage, oidToDer(oid.anyUsage))),
    ),
  );
  return sequence(der(tags.integer, Buffer.from([3])), data(sequence(data(sequence(...bags)))));
}
const explicit = (value: Uint8Array): Buffer => der(context(0, true), value);
const data = (content: Uint8Array): Buffer => sequence(oidToDer(oid.data), explicit(der(tags.octetString, content)));
const attribute = (type: string, value: Uint8Array): Buffer => sequence(oidToDer(type), der(tags.set, value));
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
