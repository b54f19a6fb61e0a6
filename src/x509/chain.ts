import type { Certificate } from '../facts/certificate.ts';
import type { Verify } from '../facts/verify.ts';
import type { Anchor, Anchors } from './anchors.ts';
import { basicConstraintsOf } from './fields.ts';
import { all, held, type Held } from './held.ts';
import type { Parsed } from './parse.ts';
import { constraintsHold, datesHold, purposeHolds, type Path } from './path.ts';
import { verifies } from './verify.ts';

/** A certificate as sent; undefined where it could not be read. */
export type Sent = Parsed | undefined;
/** What the others in the chain say about one. */
type Placed = Pick<Certificate, 'role' | 'issuedBy'>;
/** Each reason by itself, over the path that fails least; over what was sent where no path leads to a root. */
export interface Judgement {
  readonly placed: readonly Placed[];
  readonly trust: Held;
  readonly dates: Held;
  readonly purpose: Held;
  readonly constraints: Held;
  readonly signature: Held;
  readonly trustProblem?: NonNullable<Verify['trustProblem']>;
  readonly anchor?: Anchor['kind'];
}

/** Judges a chain by our own reading of RFC 5280 6, at a time. Paths are at most 16 long, and no more than 2,000 steps are tried. */
export function judgeChain(sent: readonly Sent[], anchors: Anchors, now: Date): Judgement {
  const issued = issuing();
  const placed = sent.map((certificate, at) => ({ ...roleOf(certificate, at, issued), ...issuedBy(sent, at, issued) }));
  const leaf = sent[0];
  if (!leaf) return { placed, trust: 'malformed', dates: 'malformed', purpose: 'malformed', constraints: 'malformed', signature: 'malformed' };
  const { ends, whole } = pathsFrom(leaf, sent, anchors, issued);
  const judged = ends.map((end) => ({ ...end, ...reasonsOf(end, now) })).sort((a, b) => badness(a) - badness(b));
  const [best] = judged;
  if (!best) return { placed, trust: 'budget', dates: 'budget', purpose: 'budget', constraints: 'budget', signature: 'budget' };
  const { dates, purpose, constraints, signature } = best;
  if (best.anchor) return { placed, trust: true, dates, purpose, constraints, signature, trustProblem: 'none', anchor: best.anchor.kind };
  // Whoever did not see all of it cannot say that nothing leads to a root.
  const unseen: Held = !whole ? 'budget' : sent.includes(undefined) ? 'malformed' : ends.some(({ open }) => open === 'unsupported') ? 'unsupported' : false;
  if (unseen !== false)
    return {
      placed,
      trust: unseen,
      dates: failed(dates, unseen),
      purpose: failed(purpose, unseen),
      constraints: failed(constraints, unseen),
      signature: failed(signature, unseen),
    };
  const trustProblem = best.open !== 'closed' ? 'incomplete-chain' : best.path.length === 1 ? 'self-signed-leaf' : 'unknown-root';
  return { placed, trust: false, dates, purpose, constraints, signature, trustProblem };
}
const failed = (reason: Held, otherwise: Held): Held => (reason === false ? false : otherwise);

type Issued = (certificate: Parsed, by: Parsed) => boolean | 'unsupported';
/** Names agree and the signature verifies; each pair is asked once, for public keys are slow. */
function issuing(): Issued {
  const known = new Map<string, boolean | 'unsupported'>();
  return (certificate, by) => {
    if (certificate.issuerKey !== by.subjectKey) return false;
    const pair = `${certificate.sha256} ${by.sha256}`;
    const answer = known.get(pair) ?? verifies(certificate, by);
    known.set(pair, answer);
    return answer;
  };
}

function roleOf(certificate: Sent, at: number, issued: Issued): Pick<Placed, 'role'> {
  if (at === 0) return { role: 'leaf' };
  if (!certificate) return {};
  const authority = held(() => certificate.version === 1 || basicConstraintsOf(certificate).ca);
  const own = issued(certificate, certificate);
  if (typeof authority !== 'boolean' || own === 'unsupported') return {};
  return { role: authority && own ? 'root' : 'intermediate' };
}
/** The next one where it is the issuer, else the first that is; -1 is sure only where all were read and no signature was beyond us. */
function issuedBy(sent: readonly Sent[], at: number, issued: Issued): Pick<Placed, 'issuedBy'> {
  const certificate = sent[at];
  if (!certificate) return {};
  if (issued(certificate, certificate) === true) return { issuedBy: at };
  const others = [at + 1, ...sent.keys()].filter((n) => n !== at && n < sent.length);
  const found = others.find((n) => {
    const by = sent[n];
    return by && issued(certificate, by) === true;
  });
  if (found !== undefined) return { issuedBy: found };
  const doubtful = sent.some((by) => !by || issued(certificate, by) === 'unsupported');
  return doubtful ? {} : { issuedBy: -1 };
}

/** A path that goes no further: at an anchor, at a self-signed certificate (closed), or where no issuer was found. */
interface End {
  readonly path: Path;
  readonly anchor?: Anchor;
  readonly open?: 'closed' | 'no-issuer' | 'bad-signature' | 'unsupported';
}
const maxPath = 16;
const maxSteps = 2000;

function pathsFrom(leaf: Parsed, sent: readonly Sent[], anchors: Anchors, issued: Issued): { readonly ends: readonly End[]; readonly whole: boolean } {
  const pool = [...new Map(sent.flatMap((certificate) => (certificate ? [[certificate.sha256, certificate] as const] : []))).values()];
  const ends: End[] = [];
  let steps = 0;
  const walk = (path: Path, last: Parsed): void => {
    if (++steps > maxSteps) return;
    const anchor = anchors.byHash(last.sha256);
    if (anchor) ends.push({ path, anchor });
    const own = issued(last, last);
    if (own === true) {
      if (!anchor) ends.push({ path, open: 'closed' });
      return;
    }
    const named = [...anchors.bySubject(last.issuerKey).map(({ certificate }) => certificate), ...pool].filter((by) => by.subjectKey === last.issuerKey);
    const candidates = [...new Map(named.map((by) => [by.sha256, by])).values()];
    const issuers = candidates.filter((by) => issued(last, by) === true);
    const next = issuers.filter((by) => !path.some((seen) => sameAuthority(seen, by)));
    if (path.length < maxPath) for (const by of next) walk([...path, by], by);
    if (anchor || (next.length > 0 && path.length < maxPath)) return;
    const open =
      issuers.length > 0 || candidates.length === 0
        ? 'no-issuer'
        : candidates.some((by) => issued(last, by) === 'unsupported')
          ? 'unsupported'
          : 'bad-signature';
    ends.push({ path, open });
  };
  walk([leaf], leaf);
  return { ends, whole: steps <= maxSteps };
}
/** Cross-signed authorities go in circles: one name with one key stands in a path once. */
const sameAuthority = (a: Parsed, b: Parsed): boolean => a.subjectKey === b.subjectKey && a.spki.whole.equals(b.spki.whole);

type Reasons = Pick<Judgement, 'dates' | 'purpose' | 'constraints' | 'signature'>;
/** Where the path is open, what lies above was not seen: failures stand, and nothing else does. */
function reasonsOf({ path, anchor, open }: End, now: Date): Reasons {
  const above: Held = anchor || open === 'closed' ? true : open === 'unsupported' ? 'unsupported' : 'unprovable';
  return {
    dates: all([datesHold(path, now), above]),
    purpose: all([purposeHolds(path), above]),
    constraints: all([constraintsHold(path), above]),
    signature: open === 'bad-signature' ? false : above,
  };
}
/** Trusted before closed before open, then the fewest failures, then the most that is known, then a public root, then the shortest. */
function badness({ path, anchor, open, dates, purpose, constraints, signature }: End & Reasons): number {
  const reasons = [dates, purpose, constraints, signature];
  const failures = reasons.filter((reason) => reason === false).length;
  const unknown = reasons.filter((reason) => typeof reason === 'string').length;
  const kind = anchor ? 0 : open === 'closed' ? 1 : 2;
  return ((kind * 10 + failures) * 10 + unknown) * 100 + (anchor?.kind === 'private' ? 50 : 0) + path.length;
}
