import { readOne } from './der.ts';
import { nameConstraintsOf, subjectAltNamesOf, type GeneralName, type NameConstraints } from './fields.ts';
import { all, held, type Held } from './held.ts';
import { nameType } from './oids.ts';
import type { Parsed } from './parse.ts';
import { comparable } from './text.ts';

/** Do the names of a certificate stay within what an authority above it may issue (RFC 5280 4.2.1.10)? DNS, IP and directory names; others are not known. */
export const withinConstraints = (certificate: Parsed, authority: Parsed): Held =>
  held(() => {
    const constraints = nameConstraintsOf(authority);
    return constraints ? all(namesOf(certificate).map((name) => allows(constraints, name))) : true;
  });
function namesOf(certificate: Parsed): readonly GeneralName[] {
  const { subject } = certificate;
  const own = subject.body.length > 0 ? [{ kind: nameType.directory, bytes: subject.whole }] : [];
  return [...own, ...subjectAltNamesOf(certificate)];
}
function allows({ permitted, excluded }: NameConstraints, name: GeneralName): Held {
  const of = ({ kind }: GeneralName): boolean => kind === name.kind;
  const may = permitted.filter(of);
  const mayNot = excluded.filter(of);
  if (may.length === 0 && mayNot.length === 0) return true;
  const compare = comparisons.get(name.kind);
  if (!compare) return 'unsupported';
  if (mayNot.some((base) => compare(name.bytes, base.bytes))) return false;
  return may.length === 0 || may.some((base) => compare(name.bytes, base.bytes));
}

const comparisons: ReadonlyMap<number, (name: Buffer, base: Buffer) => boolean> = new Map([
  [nameType.dns, dnsWithin],
  [nameType.ip, ipWithin],
  [nameType.directory, directoryWithin],
]);
/** The base itself and what lies below it; a leading dot, which clients know, means below alone. */
function dnsWithin(name: Buffer, base: Buffer): boolean {
  const [inner, outer] = [name, base].map((bytes) => bytes.toString('latin1').toLowerCase());
  if (inner === undefined || outer === undefined || outer === '') return true;
  return inner === outer || inner.endsWith(outer.startsWith('.') ? outer : `.${outer}`);
}
/** Address and mask; a mask of the other family does not cover. */
function ipWithin(name: Buffer, base: Buffer): boolean {
  const size = name.length;
  return base.length === size * 2 && name.every((byte, at) => ((byte ^ (base[at] ?? 0)) & (base[size + at] ?? 0)) === 0);
}
function directoryWithin(name: Buffer, base: Buffer): boolean {
  const [inner, outer] = [name, base].map((bytes) => comparable(readOne(bytes)));
  return outer?.every((part, at) => part === inner?.[at]) ?? false;
}
