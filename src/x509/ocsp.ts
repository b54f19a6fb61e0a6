import { createHash, createPublicKey, sign, X509Certificate } from 'node:crypto';
import { context, der, oidToDer, sequence, tags } from './der.ts';
import type { Issued } from './issue.ts';
import { rsaHashes, signatures } from './oids.ts';

const basic = '1.3.6.1.5.5.7.48.1.1';
const week = 7 * 86_400_000;

/** An OCSP response (RFC 6960 4.2.1) about a certificate of `issuer`, which has a P-256 key and signs it; for the lab and the client test. */
export function ocspResponse({
  leaf,
  issuer,
  now,
  revoked,
}: {
  readonly leaf: Issued;
  readonly issuer: Issued;
  readonly now: Date;
  readonly revoked: boolean;
}): Buffer {
  const yesterday = new Date(now.getTime() - 86_400_000);
  const status = revoked ? der(context(1, true), time(yesterday)) : der(context(0, false));
  const single = sequence(certId(leaf, issuer), status, time(yesterday), der(context(0, true), time(new Date(now.getTime() + week))));
  const tbs = sequence(der(context(1, true), issuer.name), time(yesterday), sequence(single));
  const algorithm = sequence(oidToDer(oidOf('ecdsa-with-sha256')));
  const response = sequence(
    tbs,
    algorithm,
    der(tags.bitString, Buffer.alloc(1), sign('sha256', tbs, issuer.key)),
    der(context(0, true), sequence(issuer.certDer)),
  );
  return sequence(der(tags.enumerated, Buffer.alloc(1)), der(context(0, true), sequence(oidToDer(basic), der(tags.octetString, response))));
}
/** RFC 6960 4.1.1: SHA-1 over the issuer's name, and over the bits of its key. */
function certId(leaf: Issued, issuer: Issued): Buffer {
  const serial = Buffer.from(new X509Certificate(leaf.certDer).serialNumber.padStart(2, '0'), 'hex');
  const key = createPublicKey(issuer.key).export({ type: 'spki', format: 'der' }).subarray(-65); // an uncompressed point ends the SPKI
  return sequence(
    sequence(oidToDer(rsaHashes.find(([, name]) => name === 'sha1')?.[0] ?? ''), der(tags.null)),
    der(tags.octetString, sha1(issuer.name)),
    der(tags.octetString, sha1(key)),
    der(tags.integer, ...((serial[0] ?? 0) >= 128 ? [Buffer.alloc(1)] : []), serial),
  );
}
const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest();
const oidOf = (name: string): string => signatures.find((one) => one.name === name)?.oid ?? '';
const time = (date: Date): Buffer => der(tags.generalizedTime, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));
