import { DerError } from './der.ts';
import { isParsed, parse, sha256, subjectKeyOf, type Parsed } from './parse.ts';

export interface Anchor {
  readonly certificate: Parsed;
  readonly kind: 'public' | 'private';
}
/** The roots of a scan. */
export interface Anchors {
  readonly bySubject: (subjectKey: string) => readonly Anchor[];
  readonly byHash: (sha256: string) => Anchor | undefined;
}
interface Entry {
  readonly der: Buffer;
  readonly sha256: string;
  readonly subjectKey: string;
  readonly kind: Anchor['kind'];
}

/** From DER; what cannot be read is no anchor. One that is in both sets is public. Few of them are ever asked for, so each is read only then. */
export function anchorsOf({ mozilla, added }: { readonly mozilla: readonly Buffer[]; readonly added: readonly Buffer[] }): Anchors {
  const entries = new Map([...entriesOf(added, 'private'), ...entriesOf(mozilla, 'public')].map((entry) => [entry.sha256, entry]));
  const subjects = new Map<string, string[]>();
  for (const entry of entries.values()) subjects.set(entry.subjectKey, [...(subjects.get(entry.subjectKey) ?? []), entry.sha256]);
  const known = new Map<string, Anchor | undefined>();
  const byHash = (hash: string): Anchor | undefined => {
    const entry = entries.get(hash);
    if (entry && !known.has(hash)) known.set(hash, anchorOf(entry));
    return known.get(hash);
  };
  return { byHash, bySubject: (subjectKey) => (subjects.get(subjectKey) ?? []).flatMap((hash) => byHash(hash) ?? []) };
}
function entriesOf(ders: readonly Buffer[], kind: Anchor['kind']): readonly Entry[] {
  return ders.flatMap((der) => {
    try {
      return [{ der, sha256: sha256(der), subjectKey: subjectKeyOf(der), kind }];
    } catch (error) {
      if (error instanceof DerError) return [];
      throw error;
    }
  });
}
function anchorOf({ der, kind }: Entry): Anchor | undefined {
  const certificate = parse(der);
  return isParsed(certificate) ? { certificate, kind } : undefined;
}
