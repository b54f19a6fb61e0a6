import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { maxChain } from '../../facts/certificate.ts';
import type { Protocol } from '../../facts/service.ts';
import { TlsVersion } from '../../facts/tls.ts';
import type { Gap, Observation } from '../../model/observation.ts';
import type { Endpoint, Roots } from '../../model/source.ts';
import { evidence } from '../../util/evidence.ts';
import { reason } from '../../util/gap.ts';
import { byCodeUnit } from '../../util/text.ts';
import { versionNumber } from '../../wire/tls/hello.ts';
import { anchorsOf, type Anchors } from '../../x509/anchors.ts';
import { judgeChain, type Judgement } from '../../x509/chain.ts';
import { subjectAltNamesOf } from '../../x509/fields.ts';
import { held, type Held } from '../../x509/held.ts';
import { nameMatches, toALabels } from '../../x509/name.ts';
import { nameType } from '../../x509/oids.ts';
import { isParsed, parse, type Parsed } from '../../x509/parse.ts';
import { pemCertificates } from '../../x509/pem.ts';
import { readCertificate, type Flaw, type Read } from '../../x509/read.ts';
import type { EndpointContext, EndpointProbe, SeenFlight } from './context.ts';
import { patiently } from './exchange.ts';
import { observed } from './observed.ts';
import { handshake, trustAll, trustFew, type Handshake, type NoHandshake, type Trust } from './handshake.ts';
import { sClient } from './reproduce.ts';
import { verdict, type Client } from './verdict.ts';

const id = 'certificate-chain';
const verifyPaths = [
  'accepted',
  'trusted',
  'nameMatches',
  'datesValid',
  'purposeValid',
  'constraintsValid',
  'signaturesValid',
  'missed',
  'anchor',
  'trustProblem',
] as const;
const fills = ['certificate.chain', 'certificate.stapled', ...verifyPaths.map((path) => `verify.${path}`)] as const;
const maxTries = 3;
const transient: ReadonlySet<string> = new Set(['timeout', 'reset', 'closed']);

/**
 * The chain as sent, and whether a strict client takes it: one handshake by OpenSSL that goes on whatever comes out. Where none gets through
 * (an old version, a client certificate that is required), the Certificate message of a TLS ≤ 1.2 flight serves, without OpenSSL's verdict.
 * A server may hold several certificates, and serve another in another version: of all that were seen, the one with which most is wrong counts.
 */
export const certificateChain: EndpointProbe = {
  id,
  fills,
  async run(target, context) {
    const at = context.now();
    const flights = flightsWithChain(context.learnt.flights);
    const { result, tries } = await attempts(target, context, trustFor(context.roots, flights));
    const main: Sight = { result, sent: result.is === 'done' ? result.sent : (flights[0]?.sent ?? []), ...(flights[0] && { flight: flights[0].flight }) };
    const others = flights
      .filter(({ sent }) => !Buffer.concat(sent).equals(Buffer.concat(main.sent)))
      .map(({ flight, sent }): Sight => ({ result: elsewhere, sent, flight }));
    const of = (sight: Sight): Concluded => ({ sight, ...conclude(target, context, at, sight) });
    const { sight, facts, gaps } = others.map(of).reduce((worst, one) => (isWorse(one, worst) ? one : worst), of(main));
    const record = recordOf(target, context.protocol, at, sight, [main, ...others]);
    return observed(target, id, { facts, evidence: [record], gaps: gaps.map((gap) => ({ ...gap, by: id, tries, evidence: [record.id] })) });
  },
};

/** A chain, and by which conversation it was shown. */
interface Sight {
  readonly result: Handshake | NoHandshake;
  readonly sent: readonly Buffer[];
  readonly flight?: SeenFlight;
}
interface Concluded extends Conclusion {
  readonly sight: Sight;
}
const elsewhere: NoHandshake = { is: 'none', failure: 'elsewhere' };
/** The Certificate messages that were shown, that of the newest version first. */
const flightsWithChain = (flights: EndpointContext['learnt']['flights']): readonly { readonly flight: SeenFlight; readonly sent: readonly Buffer[] }[] =>
  TlsVersion.options
    .toReversed()
    .flatMap((version) => flights.get(version) ?? [])
    .map((flight) => ({ flight, sent: (flight.flight.certificates ?? []).map((der) => Buffer.from(der)) }))
    .filter(({ sent }) => sent.length > 0);
/** More reasons for which a strict client refuses it; else a leaf that ends earlier. */
function isWorse(one: Concluded, other: Concluded): boolean {
  const [more, fewer] = [one, other].map(
    ({ facts }) => Object.values(facts.verify ?? {}).filter((value) => value === false).length - (facts.verify?.accepted === false ? 1 : 0),
  );
  const [end, otherEnd] = [one, other].map(({ facts }) => Date.parse(facts.certificate?.chain?.[0]?.notAfter ?? ''));
  return more !== fewer ? (more ?? 0) > (fewer ?? 0) : (end ?? 0) < (otherEnd ?? 0);
}

interface Attempts {
  readonly result: Handshake | NoHandshake;
  readonly tries: number;
}
async function attempts(target: Endpoint, context: EndpointContext, trust: Trust, tries = 1): Promise<Attempts> {
  const alpn = context.protocol === 'https' ? ['h2', 'http/1.1'] : [];
  const result = await patiently(() => handshake(target, trust, alpn, context), isBusy, context);
  const again = result.is === 'none' && tries < maxTries && !context.signal.aborted && transient.has(whyNot(result).code);
  if (again) return attempts(target, context, trust, tries + 1);
  const refused = result.is === 'done' && !result.authorized && !trust.whole && !context.signal.aborted;
  return refused ? attempts(target, context, trustAll(context.roots)) : { result, tries };
}
const isBusy = (seen: Handshake | NoHandshake): boolean =>
  seen.is === 'none' && typeof seen.failure === 'object' && 'busy' in seen.failure && seen.failure.busy;
/** The roots by the names of whoever issued what was shown, and those that were shown themselves; all, where nothing was shown or can be read. */
function trustFor(roots: Roots, flights: readonly { readonly sent: readonly Buffer[] }[]): Trust {
  const shown = flights.flatMap(({ sent }) => sent.slice(0, maxChain)).map(parse);
  if (shown.length === 0 || !shown.every(isParsed)) return trustAll(roots);
  const { bySubject } = anchorsFrom(roots);
  const names = new Set(shown.flatMap(({ issuerKey, subjectKey }) => [issuerKey, subjectKey]));
  const few = new Map([...names].flatMap(bySubject).map(({ certificate }) => [certificate.sha256, certificate.der]));
  return few.size === 0
    ? trustAll(roots)
    : trustFew(
        roots,
        [...few].sort(([a], [b]) => byCodeUnit(a, b)).map(([, der]) => der),
      );
}

type Told = Pick<Gap, 'path' | 'code' | 'detail'>;
interface Conclusion {
  readonly facts: Observation<'endpoint'>['facts'];
  readonly gaps: readonly Told[];
}
function conclude(target: Endpoint, context: EndpointContext, at: Date, { result, sent, flight }: Sight): Conclusion {
  const why = result.is === 'none' ? whyNot(result) : undefined;
  if (why && sent.length === 0) return { facts: {}, gaps: fills.map((path) => ({ path, ...why })) };
  if (sent.length > maxChain) {
    const told = { code: 'too-large' as const, detail: `more than ${maxChain} certificates` };
    return { facts: {}, gaps: fills.map((path) => ({ path, ...told })) };
  }
  const read = sent.map(readCertificate);
  const judged = judgeChain(
    read.map(({ parsed }) => parsed),
    anchorsFrom(context.roots),
    at,
  );
  const name = askedName(target);
  const ours = read[0]?.parsed ? namedBy(read[0].parsed, name) : 'malformed';
  const { facts, gaps } = verdict(judged, ours, result.is === 'done' ? clientOf(result, name) : undefined, why ?? notAsked);
  const stapled = result.is === 'done' ? result.stapled : flight?.flight.stapled ? true : undefined;
  return {
    facts: { certificate: { chain: chainOf(read, judged), ...(stapled !== undefined && { stapled }) }, verify: facts },
    gaps: [
      ...read.flatMap(({ flaws }, position) => flaws.map((flaw) => flawGap(flaw, position))),
      ...(stapled === undefined && why ? [{ path: 'certificate.stapled', ...why }] : []),
      ...gaps.map((gap) => ({ ...gap, path: `verify.${gap.path}` })),
    ],
  };
}
const notAsked = { code: 'not-attempted', detail: 'no handshake' } as const;
const chainOf = (read: readonly Read[], { placed }: Judgement): NonNullable<NonNullable<Conclusion['facts']['certificate']>['chain']> =>
  read.map(({ facts }, position) => ({ position, ...facts, ...placed[position] }));
const flawGap = ({ field, code }: Flaw, position: number): Told => ({
  path: field === undefined ? 'certificate.chain' : `certificate.chain.${field}`,
  code,
  detail: `certificate ${position}${field === undefined ? '' : `: ${field}`} ${{ 'too-large': 'is larger than what is read', malformed: 'cannot be read', unsupported: 'is of a kind that is not known here' }[code]}`,
});
function whyNot({ failure }: NoHandshake): Pick<Gap, 'code' | 'detail'> {
  if (!(failure instanceof Error) && typeof failure === 'object') return { code: failure.code, detail: failure.detail };
  if (failure === 'elsewhere') return { code: 'not-attempted', detail: 'the chain of an older version; OpenSSL was shown another one in a newer' };
  if (failure === 'closed') return { code: 'closed', detail: 'closed before the handshake was done' };
  if (failure === 'no-certificate') return { code: 'unexpected', detail: 'the server sent no certificate' };
  const why = reason(failure);
  // What is left are OpenSSL's own complaints about what the server said, not bugs of ours.
  if (why.code !== 'bug') return why;
  return /ALERT/.test(why.detail) ? { code: 'tls-alert', detail: why.detail } : { code: 'malformed', detail: why.detail };
}

/** The name that a client would ask for: A-labels, lower case, no trailing dot. */
const askedName = ({ servername = '', name }: Endpoint): string => {
  const asked = servername || name;
  return isIP(asked) ? asked : (toALabels(asked) ?? asked);
};
const namedBy = (leaf: Parsed, name: string): Held =>
  held(() => {
    const names = subjectAltNamesOf(leaf);
    const bytes = (kind: number): readonly Buffer[] => names.filter((one) => one.kind === kind).map((one) => one.bytes);
    return nameMatches(name, { dns: bytes(nameType.dns).map((name) => name.toString('latin1')), ip: bytes(nameType.ip) });
  });
/** Node's own check of a name takes a common name; this one does not (RFC 9525 1.4.2). */
function clientOf({ authorized, refusal, leaf }: Handshake, name: string): Client {
  const matched = isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name, { subject: 'never', partialWildcards: false });
  return { authorized, nameMatches: matched !== undefined, ...(refusal !== undefined && { refusal }) };
}

/** The roots of a scan as x509 sees them, read once for each set. */
const pools = new WeakMap<Roots, Anchors>();
export function anchorsFrom(roots: Roots): Anchors {
  const known = pools.get(roots);
  if (known) return known;
  const made = anchorsOf({ mozilla: roots.mozilla.flatMap(pemCertificates), added: roots.added.flatMap(pemCertificates) });
  pools.set(roots, made);
  return made;
}

const sha256 = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');
function recordOf(target: Endpoint, protocol: Protocol, at: Date, { result, sent, flight }: Sight, all: readonly Sight[]): Observation['evidence'][number] {
  const said =
    result.is === 'done'
      ? `${result.version}, ${result.authorized ? 'authorized' : `not authorized: ${result.refusal ?? ''}`}`
      : `no handshake (${whyNot(result).code}); the chain is that of a plaintext flight`;
  const others = all.flatMap(({ sent: [leaf] }) => (leaf && sent[0] && !leaf.equals(sent[0]) ? [sha256(leaf)] : []));
  const differs = others.length > 0 ? `; another leaf in another version: ${[...new Set(others)].join(' ')}` : '';
  const inVersion = TlsVersion.options.find((version) =>
    result.is === 'done' ? version === result.version : versionNumber[version] === flight?.flight.version,
  );
  const reproduce = sClient(target, protocol, inVersion ?? 'TLSv1.2');
  const whole = Buffer.concat(sent);
  return evidence({
    paths: fills,
    by: id,
    at: at.toISOString(),
    received: `${said}; sent: ${sent.map(sha256).join(' ') || 'nothing'}${differs}`,
    ...(whole.length > 0 && { raw: { sha256: sha256(whole), bytes: whole.length } }),
    ...(reproduce && { reproduce: [...reproduce, '-showcerts'] }),
  });
}
