import { basicConstraintsOf, extendedKeyUsageOf, keyUsageOf, timeOf, unknownCriticalOf } from './fields.ts';
import { withinConstraints } from './constraints.ts';
import { all, held, type Held } from './held.ts';
import { isSelfIssued, type Parsed } from './parse.ts';

/** Leaf first, each issued by the next. */
export type Path = readonly Parsed[];

/** Is each within its validity, ends included (RFC 5280 4.1.2.5)? */
export const datesHold = (path: Path, now: Date): Held =>
  all(path.map((certificate) => held(() => timeOf(certificate.notBefore) <= now && now <= timeOf(certificate.notAfter))));

/** May the leaf serve TLS, and may those above it issue for that? Extended key usage binds along the path, as OpenSSL has it. */
export const purposeHolds = ([leaf, ...issuers]: Path): Held =>
  all([
    leaf ? held(() => allowsServer(leaf) && usageAllows(leaf, ['digitalSignature', 'keyEncipherment', 'keyAgreement'])) : true,
    ...issuers.map((issuer) => held(() => allowsServer(issuer) && usageAllows(issuer, ['keyCertSign']))),
  ]);
function allowsServer(certificate: Parsed): boolean {
  const usage = extendedKeyUsageOf(certificate);
  return !usage || usage.includes('serverAuth') || usage.includes('any');
}
function usageAllows(certificate: Parsed, wanted: readonly string[]): boolean {
  const usage = keyUsageOf(certificate);
  return !usage || wanted.some((name) => usage.some((bit) => bit === name));
}

/** Authorities that may be ones, path lengths, name constraints, and critical extensions that nobody understands (RFC 5280 4.2, 6.1). */
export const constraintsHold = (path: Path): Held =>
  all([
    ...path.map((certificate) => unknownCriticalOf(certificate).length === 0),
    ...path.slice(1).map((issuer, at) => held(() => mayIssue(issuer, path.slice(1, at + 1)))),
    ...path.flatMap((certificate, at) =>
      at > 0 && isSelfIssued(certificate) ? [] : path.slice(at + 1).map((issuer) => withinConstraints(certificate, issuer)),
    ),
  ]);
/** Self-issued ones do not count against the length. Version 1 knows no constraints: such a root is one by being trusted. */
function mayIssue(issuer: Parsed, between: Path): boolean {
  if (issuer.version === 1) return isSelfIssued(issuer);
  const { ca, pathLength } = basicConstraintsOf(issuer);
  return ca && (pathLength === -1 || between.filter((certificate) => !isSelfIssued(certificate)).length <= pathLength);
}
