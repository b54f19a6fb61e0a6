import type { KeyObject } from 'node:crypto';
import { DerError } from './der.ts';
import { signatureOf } from './fields.ts';
import type { Parsed } from './parse.ts';

/** Does the key of one certificate verify the signature of another? OpenSSL says no too where it does not know the algorithm: then nobody knows. */
export function verifies(signed: Parsed, by: Parsed): boolean | 'unsupported' {
  const key = publicKey(by);
  if (!key) return 'unsupported';
  try {
    if (signed.openssl.verify(key)) return true;
  } catch {} // a signature of another kind than the key
  return lost.has(hashOf(signed)) ? 'unsupported' : false;
}
/** Not in OpenSSL 3 as Node builds it. */
const lost: ReadonlySet<string> = new Set(['md2', 'md4', 'other']);

function publicKey({ openssl }: Parsed): KeyObject | undefined {
  try {
    return openssl.publicKey;
  } catch {
    return undefined;
  }
}
function hashOf(signed: Parsed): string {
  try {
    return signatureOf(signed).signatureHash;
  } catch (error) {
    if (error instanceof DerError) return '';
    throw error;
  }
}
