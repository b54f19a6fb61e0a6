import { createHash } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import type { Http } from '../../facts/http.ts';
import type { Evidence, Gap, Observation } from '../../model/observation.ts';
import type { Endpoint } from '../../model/source.ts';
import { evidence } from '../../util/evidence.ts';
import { reason, stoppedEarly } from '../../util/gap.ts';
import { pause } from '../../util/limit.ts';
import { clean } from '../../util/text.ts';
import { parseHead, strictTransport, valuesOf, type Head, type HttpReply } from '../../wire/http.ts';
import { alertText } from '../../wire/tls/alerts.ts';
import { clientHandshake, type ClientHandshake } from './client-handshake.ts';
import type { EndpointContext, EndpointProbe } from './context.ts';
import { exchange, inClear, type Exchange } from './exchange.ts';
import { authority, requestFor, speaksHttp } from './http-request.ts';
import { observed } from './observed.ts';
import { isMissingCertificate, wantsCertificate } from './without-certificate.ts';

const id = 'http-security';
const inside = ['http.spoken', 'http.status', 'http.hsts'] as const; // and http.byName, which needs no asking
const beside = ['http.cleartextPort', 'http.cleartext', 'http.cleartextStatus', 'http.cleartextLocation'] as const;
const waits = [0, 200, 600]; // milliseconds: what may pass is tried twice more
type Facts = Http;
type Told = Pick<Gap, 'path' | 'code' | 'detail'>;
interface Seen {
  readonly facts: Facts;
  readonly gaps: readonly Gap[];
  readonly evidence: readonly Evidence[];
}

/** What GET / gives over TLS, and on the HTTP port beside it. Redirects are read, never followed. */
export const httpSecurity: EndpointProbe = {
  id,
  fills: ['http.byName', ...inside, ...beside],
  async run(target, context) {
    const [tls, clear] = await Promise.all([overTls(target, context), cleartext(target, context)]);
    const facts: Observation<'endpoint'>['facts'] = { http: { byName: isIP(target.name) === 0, ...tls.facts, ...clear.facts } };
    return observed(target, id, { facts, gaps: [...tls.gaps, ...clear.gaps], evidence: [...tls.evidence, ...clear.evidence] });
  },
};

type Answered = { readonly facts: Facts; readonly gaps: readonly Told[] };
async function overTls(target: Endpoint, context: EndpointContext): Promise<Seen> {
  if (!speaksHttp(target, context)) return { facts: { spoken: false }, gaps: [], evidence: [] };
  const host = authority(target.name, target.port, 443);
  const tries: ClientHandshake[] = [];
  const at = context.now().toISOString();
  for (const wait of waits) {
    if (wait > 0) await pause(wait, context.signal);
    const enough = (answer: Buffer): boolean => settled(parseHead(answer), answer);
    tries.push(await clientHandshake(target, { minVersion: 'TLSv1', maxVersion: 'TLSv1.3', request: requestFor(host), enough }, context));
    const { end = 'failed' } = tries.at(-1) ?? {};
    if (end !== 'closed' && end !== 'timeout') break;
  }
  const last = tries.at(-1);
  const answer = last?.answer ?? Buffer.alloc(0);
  const reply = parseHead(answer);
  const record = recordOf({ at, paths: inside, host, answer, reply, said: last ? saidOf(last) : '', reproduce: curl(target, 'https', target.port) });
  const { facts, gaps } = meaning(tries, reply, context);
  return { facts, gaps: gaps.map((gap) => ({ ...gap, by: id, tries: tries.length, evidence: [record.id] })), evidence: [record] };
}
/** More bytes would tell no more. Of status 400 the body's start is wanted too: it may name a missing certificate. */
const settled = (reply: HttpReply, answer: Uint8Array): boolean =>
  reply.is !== 'incomplete' && (reply.is !== 'head' || reply.status !== 400 || answer.length > reply.length || valuesOf(reply, 'content-length')[0] === '0');

function meaning(tries: readonly ClientHandshake[], reply: HttpReply, { learnt }: EndpointContext): Answered {
  const last = tries.at(-1);
  const asked = [...learnt.flights.values()].some(({ flight }) => flight.request !== undefined);
  if (last?.end === 'answered') return wantsCertificate(last) ? notSpoken : meaningOf(last.answer ?? Buffer.alloc(0), reply);
  // Without the certificate that it wants nobody gets an answer: what it would say to its own clients is not ours to see.
  if (last?.end === 'alert' && (last.alert === 116 || (isMissingCertificate(last.alert) && (last.finished || (last.flight && asked))))) return notSpoken;
  if (asked && tries.length === waits.length && tries.every(({ end, flight, finished }) => end === 'closed' && (flight || finished))) return notSpoken;
  if (last?.end === 'alert' && last.alert === noApplicationProtocol) return unread(learnt.alpn === 'h2', 'unsupported', 'speaks no HTTP/1.1 (ALPN)');
  return { facts: {}, gaps: inside.map((path) => ({ path, ...whyNot(last) })) };
}
const notSpoken: Answered = { facts: { spoken: false }, gaps: [] };
const noApplicationProtocol = 120; // RFC 7301 3.2

function meaningOf(answer: Buffer, reply: HttpReply): Answered {
  switch (reply.is) {
    case 'head':
      return { facts: { spoken: true, status: reply.status, hsts: hstsOf(reply) }, gaps: [] };
    case 'other-protocol':
      if (isHttp2(answer)) return unread(true, 'unsupported', 'answers in HTTP/2 alone');
      return /^\s*</.test(answer.toString('latin1', 0, 64)) ? unread(false, 'malformed', 'answers with a page that has no head') : notSpoken;
    case 'incomplete':
      return unread(isHttp1(answer), 'closed', 'in the middle of the response head');
    case 'too-large':
      return unread(true, 'too-large', 'a response head of more than 64 KB');
    default:
      return unread(true, 'malformed', 'a response head that breaks the grammar of HTTP/1.1');
  }
}
/** HTTP or not, status and header could not be read. */
const unread = (spoken: boolean, code: Gap['code'], detail: string): Answered => ({
  facts: spoken ? { spoken } : {},
  gaps: inside.slice(spoken ? 1 : 0).map((path) => ({ path, code, detail })),
});
const isHttp1 = (answer: Buffer): boolean => answer.toString('latin1', 0, 7) === 'HTTP/1.';
/** A SETTINGS frame of stream 0, which opens every HTTP/2 connection (RFC 9113 3.4, 6.5). */
const isHttp2 = (answer: Buffer): boolean => answer.length >= 9 && answer[0] === 0 && answer[3] === 4 && answer.readUInt32BE(5) === 0;
const hstsOf = (head: Head): NonNullable<Facts['hsts']> => {
  const policy = strictTransport(valuesOf(head, 'strict-transport-security'));
  return policy ? { present: true, ...policy } : { present: false, maxAge: 0, includeSubDomains: false, preload: false };
};
function whyNot(seen: ClientHandshake | undefined): Pick<Gap, 'code' | 'detail'> {
  switch (seen?.end) {
    case 'alert':
      return { code: 'tls-alert', detail: `alert ${alertText(seen.alert ?? -1)}` };
    case 'closed':
      return { code: 'closed', detail: seen.finished ? 'without an answer to GET /' : 'in the handshake' };
    case 'timeout':
      return { code: 'timeout', detail: seen.finished ? 'no whole answer to GET /' : 'in the handshake' };
    case 'cancelled':
      return { code: 'cancelled', detail: stoppedEarly };
    default:
      return { code: 'unsupported', detail: 'the TLS client of Node cannot finish this connection' };
  }
}
const saidOf = ({ end, alert, finished }: ClientHandshake): string =>
  end === 'alert' ? `alert ${alertText(alert ?? -1)}` : `${end}, ${finished ? 'after' : 'in'} the handshake`;

/** The port for HTTP beside this one: 80 belongs to 443 alone, any other must be declared. */
async function cleartext(target: Endpoint, context: EndpointContext): Promise<Seen> {
  const port = context.httpPort ?? (target.port === 443 && speaksHttp(target, context) ? 80 : 0);
  if (port === 0) return { facts: { cleartextPort: 0 }, gaps: [], evidence: [] };
  const host = authority(target.name, port, 80);
  const request = Buffer.from(requestFor(host));
  const tries: Exchange[] = [];
  const at = context.now().toISOString();
  for (const wait of waits) {
    if (wait > 0) await pause(wait, context.signal);
    const chunks: Uint8Array[] = [];
    const enough = (chunk: Uint8Array): boolean => {
      chunks.push(chunk);
      return parseHead(Buffer.concat(chunks)).is !== 'incomplete';
    };
    tries.push(await exchange({ ...target, port }, request, enough, inClear(context)));
    const why = codeOf(tries.at(-1));
    if (why === undefined || !mayPass.has(why) || (why === 'refused' && codeOf(tries.at(-2)) === 'refused')) break;
  }
  const answer = tries.at(-1)?.received ?? Buffer.alloc(0);
  const reply = parseHead(answer);
  const { facts, gaps } = clearMeaning(tries, reply, `http://${host}/`);
  const record = recordOf({ at, paths: beside, host, answer, reply, said: codeOf(tries.at(-1)) ?? '', reproduce: curl(target, 'http', port) });
  return {
    facts: { cleartextPort: port, ...facts },
    gaps: gaps.map((gap) => ({ ...gap, by: id, tries: tries.length, evidence: [record.id] })),
    evidence: [record],
  };
}
/** A closed port is asked twice: a firewall that has had enough of us says the same, but seldom at once and never for long. */
const mayPass: ReadonlySet<Gap['code']> = new Set(['timeout', 'reset', 'closed', 'refused']);
function codeOf(seen: Exchange | undefined): Gap['code'] | undefined {
  if (seen?.failure === undefined) return undefined;
  return seen.failure instanceof Error ? reason(seen.failure).code : seen.failure;
}
function clearMeaning(tries: readonly Exchange[], reply: HttpReply, url: string): Answered {
  const [before, last] = [codeOf(tries.at(-2)), codeOf(tries.at(-1))];
  const unclear = (code: Gap['code'], detail: string): Answered => ({ facts: {}, gaps: beside.slice(1).map((path) => ({ path, code, detail })) });
  if (last === 'refused' && before === 'refused') return { facts: { cleartext: 'refused' }, gaps: [] };
  if (last !== undefined && reply.is === 'incomplete') return unclear(last, 'no whole answer to GET / in clear');
  switch (reply.is) {
    case 'head':
      return { facts: clearFacts(reply, url), gaps: [] };
    case 'too-large':
      return unclear('too-large', 'a response head of more than 64 KB');
    case 'malformed':
      return unclear('malformed', 'a response head that breaks the grammar of HTTP/1.1');
    default:
      return unclear('unexpected', 'answers, but not in HTTP/1.1');
  }
}
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** RFC 9110 10.2.2: a Location is relative to what was asked. One that no browser could follow is a page like any other. */
function clearFacts(head: Head, url: string): Facts {
  const cleartextStatus = head.status;
  const places = new Set(redirects.has(head.status) ? valuesOf(head, 'location') : []);
  const [place = ''] = places;
  const to = places.size === 1 && URL.canParse(place, url) ? new URL(place, url) : undefined;
  if (to === undefined) return { cleartext: 'serves', cleartextStatus };
  to.username = to.password = '';
  const same = to.protocol === 'https:' && bare(to) === bare(new URL(url));
  return { cleartext: same ? 'redirects' : 'redirects-elsewhere', cleartextStatus, cleartextLocation: to.href };
}
const bare = ({ hostname }: URL): string => hostname.replace(/\.$/, '');

interface Talk {
  readonly at: string;
  readonly paths: readonly string[];
  readonly host: string;
  readonly answer: Buffer;
  readonly reply: HttpReply;
  readonly said: string;
  readonly reproduce: readonly string[];
}
const shown = 1024;
function recordOf({ at, paths, host, answer, reply, said, reproduce }: Talk): Evidence {
  const lines = reply.is === 'head' ? headLines(reply) : [[said, answer.toString('latin1', 0, 64)].filter(Boolean).map(clean).join(': ')];
  const raw = reply.is === 'head' ? answer.subarray(0, reply.length) : answer;
  return evidence({
    paths,
    by: id,
    at,
    sent: `GET / HTTP/1.1, Host: ${clean(host)}`,
    received: lines.join('\n').slice(0, shown),
    ...(raw.length > 0 && { raw: { sha256: createHash('sha256').update(raw).digest('hex'), bytes: raw.length } }),
    reproduce,
  });
}
/** What the facts were read from comes first, so that no long header can push it out; a cookie's value is nobody's business. */
function headLines(head: Head): readonly string[] {
  const first = ['strict-transport-security', 'location'];
  const line = ([name, value]: Head['fields'][number]): string =>
    clean(`${name}: ${/^set-cookie2?$/.test(name) ? value.replace(/(=|^(?!.*=)).*/, '$1…') : value}`);
  const [told, rest] = [true, false].map((which) => head.fields.filter(([name]) => first.includes(name) === which).map(line));
  return [`HTTP/1.1 ${head.status}`, ...(told ?? []), ...(rest ?? [])];
}
/** GET and not HEAD, because servers answer them differently. Where the handshake shows another name, curl asks for that one and says the true Host. */
function curl({ name, address, port, servername }: Endpoint, scheme: 'http' | 'https', at: number): readonly string[] {
  const asked = scheme === 'https' && servername ? servername : name;
  const place = authority(asked, at, scheme === 'https' ? 443 : 80);
  return [
    'curl',
    '-sS',
    '-o',
    '/dev/null',
    '-D',
    '-',
    ...(scheme === 'https' ? ['-k', '--http1.1'] : []),
    ...(isIP(asked) ? [] : ['--resolve', `${asked}:${at}:${isIPv6(address) ? `[${address}]` : address}`]),
    ...(asked === name ? [] : ['-H', `Host: ${authority(name, port, 443)}`]),
    `${scheme}://${place}/`,
  ];
}
