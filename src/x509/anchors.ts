import { isParsed, parse, type Parsed } from './parse.ts';

export interface Anchor {
  readonly certificate: Parsed;
  readonly kind: 'public' | 'private';
}
/** The roots of a scan, found by their subject or by their fingerprint. */
export interface Anchors {
  readonly bySubject: ReadonlyMap<string, readonly Anchor[]>;
  readonly byHash: ReadonlyMap<string, Anchor>;
}
/** From DER; what cannot be read is no anchor. One that is in both sets is public. */
export function anchorsOf({ mozilla, added }: { readonly mozilla: readonly Buffer[]; readonly added: readonly Buffer[] }): Anchors {
  const read = (ders: readonly Buffer[], kind: Anchor['kind']): readonly Anchor[] =>
    ders
      .map(parse)
      .filter(isParsed)
      .map((certificate) => ({ certificate, kind }));
  const byHash = new Map([...read(added, 'private'), ...read(mozilla, 'public')].map((anchor) => [anchor.certificate.sha256, anchor]));
  const bySubject = new Map<string, Anchor[]>();
  for (const anchor of byHash.values()) {
    const { subjectKey } = anchor.certificate;
    bySubject.set(subjectKey, [...(bySubject.get(subjectKey) ?? []), anchor]);
  }
  return { bySubject, byHash };
}
