import type { SecureVersion } from 'node:tls';
import type { ClientAuth } from '../../facts/client-auth.ts';
import type { TlsVersion } from '../../facts/tls.ts';
import type { Evidence, Gap, Observation } from '../../model/observation.ts';
import type { Endpoint } from '../../model/source.ts';
import { stoppedEarly } from '../../util/gap.ts';
import { pause } from '../../util/limit.ts';
import { alertText } from '../../wire/tls/alerts.ts';
import { suites } from '../../wire/tls/suites.ts';
import { checkBounds, DerError, readOne } from '../../x509/der.ts';
import { nameText } from '../../x509/text.ts';
import { witness } from './attempt.ts';
import { clientHandshake, type ClientHandshake } from './client-handshake.ts';
import type { EndpointContext, EndpointProbe, SeenFlight } from './context.ts';
import { authority, requestFor, speaksHttp } from './http-request.ts';
import { observed } from './observed.ts';
import { sClient } from './reproduce.ts';
import { isMissingCertificate, wantsCertificate } from './without-certificate.ts';

const id = 'client-auth';
const fills = ['clientAuth.mode', 'clientAuth.caNames'] as const;
type Seen = Pick<Observation<'endpoint'>, 'facts' | 'gaps' | 'evidence'>;
type Plain = 'TLSv1.2' | 'TLSv1.1' | 'TLSv1' | 'SSLv3';
type Mode = NonNullable<ClientAuth['mode']>;

/** Is a client certificate asked for (plaintext flight of TLS ≤ 1.2), and does the server go on without one? */
export const clientAuth: EndpointProbe = {
  id,
  fills,
  async run(target, context) {
    const [version, shown] = plainest(context.learnt.flights) ?? [];
    if (version !== undefined && shown !== undefined) return observed(target, id, await fromFlight(target, version, shown, context));
    if (context.learnt.flights.has('TLSv1.3')) return observed(target, id, await from13(target, context));
    const detail = context.learnt.flights.size === 0 ? 'no version was accepted' : 'no version showed its whole first flight';
    return observed(target, id, { facts: {}, gaps: fills.map((path) => gap(path, 'not-attempted', detail, 0, [])), evidence: [] });
  },
};

/** The newest version of which the whole flight was seen, by a suite with certificates: without one of its own a server may not ask (RFC 5246 7.4.4). */
function plainest(flights: ReadonlyMap<TlsVersion, SeenFlight>): readonly [Plain, SeenFlight] | undefined {
  const order: readonly Plain[] = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3'];
  return order
    .flatMap((version) => {
      const seen = flights.get(version);
      return seen ? [[version, seen] as const] : [];
    })
    .find(([, { flight }]) => flight.complete && (flight.request !== undefined || canAsk(flight.suite)));
}
const canAsk = (suite: number): boolean => {
  const auth = suites.get(suite)?.auth;
  return auth === 'rsa' || auth === 'dsa' || auth === 'ecdsa' || auth === 'dh' || auth === 'gost';
};

async function fromFlight(target: Endpoint, version: Plain, shown: SeenFlight, context: EndpointContext): Promise<Seen> {
  const record = witness(shown, { paths: fills, by: id, reproduce: sClient(target, context.protocol, version) });
  const { request } = shown.flight;
  if (!request) return { facts: { clientAuth: { mode: 'not-requested', caNames: [] } }, gaps: [], evidence: [record] };
  const names = namesOf(request.caNames, record);
  if (version === 'SSLv3') {
    const unknown = gap('clientAuth.mode', 'unsupported', 'asks for a certificate; whether it insists was not tried in SSLv3', 1, [record]);
    return { facts: { clientAuth: { ...names.facts } }, gaps: [...names.gaps, unknown], evidence: [record] };
  }
  const older = await insist(target, version, context);
  const asked = older.mode.mode === 'required' && context.learnt.flights.has('TLSv1.3') ? await inBoth(older, target, context) : older;
  return {
    facts: { clientAuth: { ...names.facts, ...asked.mode } },
    gaps: [...names.gaps, ...asked.gaps],
    evidence: [record, ...asked.evidence],
  };
}
function namesOf(names: readonly Uint8Array[], record: Evidence): { readonly facts: Pick<ClientAuth, 'caNames'>; readonly gaps: readonly Gap[] } {
  try {
    const texts = names.map((name) => {
      const bytes = Buffer.from(name);
      checkBounds(bytes);
      return nameText(readOne(bytes));
    });
    return { facts: { caNames: texts }, gaps: [] };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { facts: {}, gaps: [gap('clientAuth.caNames', error.code, 'a name that cannot be read', 1, [record])] };
  }
}

interface Asked {
  readonly mode: { readonly mode?: Mode };
  readonly gaps: readonly Gap[];
  readonly evidence: readonly Evidence[];
}
/** TLS ≤ 1.2, a certificate was asked for: does the handshake succeed without? */
async function insist(target: Endpoint, version: SecureVersion, context: EndpointContext): Promise<Asked> {
  const told = (seen: ClientHandshake): Mode | undefined => {
    if (seen.end === 'alert' && seen.flight && !seen.finished) return isMissingCertificate(seen.alert) ? 'required' : undefined;
    if (seen.end !== 'answered') return undefined;
    return wantsCertificate(seen) ? 'required' : 'requested';
  };
  return ask(target, { minVersion: version, maxVersion: version }, context, told, (first, second) => {
    const ended = (seen: ClientHandshake | undefined): boolean => seen?.end === 'closed' && seen.flight && !seen.finished;
    return ended(first) && ended(second) ? 'required' : undefined; // hung up on the empty list, twice
  });
}
/** Who insists in TLS 1.2 alone does not insist: a client chooses TLS 1.3. */
async function inBoth(older: Asked, target: Endpoint, context: EndpointContext): Promise<Asked> {
  const newer = await ask13(target, context, 'requested');
  return { ...newer, evidence: [...older.evidence, ...newer.evidence] };
}
/** TLS 1.3 encrypts the request. That the server insists shows; that it asks does not, without a TLS 1.3 client of our own. */
async function from13(target: Endpoint, context: EndpointContext): Promise<Seen> {
  const asked = await ask13(target, context);
  const caNames = gap('clientAuth.caNames', 'unsupported', 'TLS 1.3 alone: the request is encrypted', 1, asked.evidence);
  return { facts: { clientAuth: asked.mode }, gaps: [...asked.gaps, caNames], evidence: asked.evidence };
}
/** `served`: what it means that the server answers a request without a certificate. */
function ask13(target: Endpoint, context: EndpointContext, served?: Mode): Promise<Asked> {
  const told = (seen: ClientHandshake): Mode | undefined =>
    (seen.end === 'alert' && seen.finished && isMissingCertificate(seen.alert)) || wantsCertificate(seen)
      ? 'required'
      : seen.end === 'answered' && seen.answer
        ? served
        : undefined;
  return ask(target, { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }, context, told, () => undefined);
}

async function ask(
  target: Endpoint,
  versions: { readonly minVersion: SecureVersion; readonly maxVersion: SecureVersion },
  context: EndpointContext,
  told: (seen: ClientHandshake) => Mode | undefined,
  told2: (first: ClientHandshake | undefined, second: ClientHandshake | undefined) => Mode | undefined,
): Promise<Asked> {
  const seen: ClientHandshake[] = [];
  const evidence: Evidence[] = [];
  for (const wait of [0, 200, 600]) {
    if (wait > 0) await pause(wait, context.signal);
    const at = context.now().toISOString();
    const request = speaksHttp(target, context) ? { request: requestFor(authority(target.name, target.port, 443)) } : {};
    const one = await clientHandshake(target, { ...versions, ...request }, context);
    seen.push(one);
    evidence.push(witness({ ...one, at }, { paths: fills, by: id, reproduce: sClient(target, context.protocol, versions.maxVersion) }));
    const mode = told(one) ?? told2(seen.at(-2), one);
    if (mode) return { mode: { mode }, gaps: [], evidence };
    if (one.end === 'answered' || one.end === 'alert' || one.end === 'cancelled' || one.end === 'failed') break;
  }
  return { mode: {}, gaps: [gap('clientAuth.mode', ...why(seen.at(-1), versions.maxVersion), seen.length, evidence)], evidence };
}
function why(seen: ClientHandshake | undefined, version: SecureVersion): readonly [Gap['code'], string] {
  if (seen?.unopened) return [seen.unopened.code, seen.unopened.detail];
  if (version === 'TLSv1.3' && seen?.finished && (seen.end === 'answered' || seen.end === 'timeout'))
    return ['unsupported', 'does not insist on a certificate; whether it asks cannot be told from outside without a TLS 1.3 client of our own'];
  switch (seen?.end) {
    case 'alert':
      return ['tls-alert', `alert ${alertText(seen.alert ?? -1)} without a certificate`];
    case 'closed':
      return ['closed', 'in the handshake without a certificate'];
    case 'timeout':
      return ['timeout', 'in the handshake without a certificate'];
    case 'cancelled':
      return ['cancelled', stoppedEarly];
    default:
      return ['unsupported', 'the TLS client of Node cannot finish this handshake'];
  }
}
const gap = (path: string, code: Gap['code'], detail: string, tries: number, records: readonly Evidence[]): Gap => ({
  path,
  code,
  by: id,
  detail,
  tries,
  evidence: records.map((record) => record.id),
});
