import type { Certificate } from '../facts/certificate.ts';
import { DerError } from './der.ts';
import {
  accessUrls,
  basicConstraintsOf,
  constraintText,
  crlUrlsOf,
  extendedKeyUsageOf,
  generalNameText,
  keyOf,
  keyTypeOf,
  keyUsageOf,
  mustStapleOf,
  nameConstraintsOf,
  sctsOf,
  serialOf,
  signatureOf,
  subjectAltNamesOf,
  timeOf,
  unknownCriticalOf,
  type GeneralName,
} from './fields.ts';
import { eku, nameType } from './oids.ts';
import { isParsed, parse, sha256, type Parsed } from './parse.ts';
import { nameText } from './text.ts';
import { verifies } from './verify.ts';

/** What a certificate says by itself; its place and what follows from others are not here. */
export type OwnFacts = Omit<Certificate, 'position' | 'role' | 'issuedBy' | 'dueInDays' | 'lifetimeDays' | 'maxLifetimeDays'>;
/** Why a field is absent, or without a field, why nothing could be read. */
export interface Flaw {
  readonly field?: string;
  readonly code: DerError['code'] | 'unsupported';
}
export interface Read {
  readonly facts: OwnFacts;
  readonly flaws: readonly Flaw[];
  /** Taken apart for `chain.ts`; absent where nothing could be read. */
  readonly parsed?: Parsed;
}

/** DER → facts. Never throws for the bytes: what is too large or broken is a flaw, and costs its field alone. */
export function readCertificate(der: Buffer): Read {
  const parsed = parse(der);
  if (!isParsed(parsed)) return { facts: { sha256: parsed.sha256 }, flaws: [{ code: parsed.flaw }] };
  const fields = fieldsOf(parsed);
  return {
    facts: fields.reduce<OwnFacts>((sum, { facts }) => ({ ...sum, ...facts }), { sha256: parsed.sha256 }),
    flaws: fields.flatMap(({ flaws }) => flaws),
    parsed,
  };
}

interface Field {
  readonly facts: Partial<OwnFacts>;
  readonly flaws: readonly Flaw[];
}
function fieldsOf(parsed: Parsed): readonly Field[] {
  return [
    field(['subject'], () => ({ subject: short(nameText(parsed.subject)) })),
    field(['issuer'], () => ({ issuer: short(nameText(parsed.issuer)) })),
    field(['serial'], () => ({ serial: short(serialOf(parsed)) })),
    selfSigned(parsed),
    field(['spki'], () => ({ spki: sha256(parsed.spki.whole) })),
    field(['notBefore'], () => ({ notBefore: isoOf(timeOf(parsed.notBefore)) })),
    field(['notAfter'], () => ({ notAfter: isoOf(timeOf(parsed.notAfter)) })),
    field(['sanDns'], () => ({ sanDns: listed(subjectAltNamesOf(parsed).filter(isDns).map(generalNameText), 1000) })),
    field(['sanIp'], () => ({ sanIp: listed(subjectAltNamesOf(parsed).filter(isIp).map(generalNameText), 1000) })),
    field(['sanOther'], () => ({
      sanOther: listed(
        subjectAltNamesOf(parsed)
          .filter((name) => !isDns(name) && !isIp(name))
          .map(generalNameText),
        1000,
      ),
    })),
    field(['keyType'], () => ({ keyType: keyTypeOf(parsed) })),
    field(['keyBits', 'curve', 'rsaExponent'], () => keyOf(parsed)),
    field(['signatureAlgorithm', 'signatureHash'], () => signatureOf(parsed)),
    field(['ca', 'pathLength'], () => basicConstraintsOf(parsed)),
    field(['keyUsage'], () => ({ keyUsage: keyUsageOf(parsed) ?? [] })),
    field(['extendedKeyUsage'], () => ({ extendedKeyUsage: listed((extendedKeyUsageOf(parsed) ?? []).map(usageName), 64) })),
    field(['permittedNames'], () => ({ permittedNames: listed((nameConstraintsOf(parsed)?.permitted ?? []).map(constraintText), 1000) })),
    field(['excludedNames'], () => ({ excludedNames: listed((nameConstraintsOf(parsed)?.excluded ?? []).map(constraintText), 1000) })),
    field(['ocspUrls'], () => ({ ocspUrls: listed(accessUrls(parsed, '1.3.6.1.5.5.7.48.1'), 64) })),
    field(['issuerUrls'], () => ({ issuerUrls: listed(accessUrls(parsed, '1.3.6.1.5.5.7.48.2'), 64) })),
    field(['crlUrls'], () => ({ crlUrls: listed(crlUrlsOf(parsed), 64) })),
    field(['scts'], () => ({ scts: sctsOf(parsed) })),
    field(['mustStaple'], () => ({ mustStaple: mustStapleOf(parsed) })),
    field(['unknownCritical'], () => ({ unknownCritical: listed(unknownCriticalOf(parsed), 64) })),
  ];
}
function selfSigned(parsed: Parsed): Field {
  const own = verifies(parsed, parsed);
  return own === 'unsupported' ? { facts: {}, flaws: [{ field: 'selfSigned', code: own }] } : { facts: { selfSigned: own }, flaws: [] };
}
function field(names: readonly (keyof OwnFacts)[], read: () => Partial<OwnFacts>): Field {
  try {
    return { facts: read(), flaws: [] };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { facts: {}, flaws: names.map((name) => ({ field: name, code: error.code })) };
  }
}
const maxText = 4096;
function short(text: string): string {
  if (text.length > maxText) throw new DerError('too-large');
  return text;
}
/** A list that lacks some of its items would read as complete, so it goes as a whole. */
function listed<T extends string>(items: readonly T[], max: number): T[] {
  if (items.length > max) throw new DerError('too-large');
  items.forEach(short);
  return [...items];
}
const isDns = ({ kind }: GeneralName): boolean => kind === nameType.dns;
const isIp = ({ kind }: GeneralName): boolean => kind === nameType.ip;
const isoOf = (date: Date): string => date.toISOString().replace('.000Z', 'Z');
type Usage = NonNullable<Certificate['extendedKeyUsage']>[number];
const isUsage = (name: string): name is Usage => eku.has(name);
const usageName = (name: string): Usage => (isUsage(name) ? name : 'other');
