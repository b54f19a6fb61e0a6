import { bytesOf, textOf } from '../login/text.ts';
import { more, oneAnswer, type Dialogue, type Refusal, type Step } from './dialogue.ts';

const startTlsOid = '1.3.6.1.4.1.1466.20037';
const noticeOfDisconnection = '1.3.6.1.4.1.1466.20036';
/** ExtendedRequest 1 (RFC 4511 4.12) with the name of StartTLS (4.14.1). */
const request = Uint8Array.of(0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, startTlsOid.length, ...bytesOf(startTlsOid));
/** UnbindRequest 2 (RFC 4511 4.3). */
const unbind = Uint8Array.of(0x30, 0x05, 0x02, 0x01, 0x02, 0x42, 0x00);

/**
 * StartTLS of LDAP. Result 2 (protocolError) is what a server without TLS answers, by design or by configuration (RFC 4511 4.14.2); 52
 * (unavailable) one that has it and cannot start it now. OpenLDAP and Active Directory without a certificate say 52 too: that is no proof.
 */
export const ldap = (): Dialogue => oneAnswer(request, read);

function read(bytes: Uint8Array): Step {
  const message = element(bytes, 0);
  if (message === 'incomplete') return more;
  const answer = message === 'malformed' || message.tag !== 0x30 ? undefined : extendedResponse(bytes.subarray(message.from, message.to));
  if (message === 'malformed' || answer === undefined) return refused('malformed', 'not an answer of LDAP');
  const { id, result, name } = answer;
  if (id === 0 && name === noticeOfDisconnection) return refused(result === 51 ? 'busy' : 'unavailable', `ends the session with result ${result}`);
  if (id !== 1) return refused('malformed', 'answers what was not asked');
  if (result === 0) return { is: 'tls', behind: bytes.slice(message.to) };
  if (result === 2) return { is: 'not-offered', why: 'answers StartTLS with result 2 (protocolError)', bye: unbind };
  const meant = meanings.get(result);
  return refused(result === 51 ? 'busy' : 'unavailable', `answers StartTLS with result ${result}${meant ? ` (${meant})` : ''}`);
}
const meanings: ReadonlyMap<number, string> = new Map([
  [1, 'operationsError'],
  [8, 'strongerAuthRequired'],
  [10, 'referral'],
  [50, 'insufficientAccessRights'],
  [51, 'busy'],
  [52, 'unavailable: TLS is not set up, or not at the moment'],
  [53, 'unwillingToPerform'],
]);
const refused = (refusal: Refusal, why: string): Step => ({ is: 'refused', refusal, why, bye: unbind });

/** One BER element with a definite length, as LDAP wants it (RFC 4511 5.1); AD writes long forms for short lengths. */
interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}
function element(bytes: Uint8Array, at: number): Element | 'incomplete' | 'malformed' {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined) return 'incomplete';
  if ((tag & 0x1f) === 0x1f) return 'malformed'; // no tag of LDAP is that high
  if (first === undefined) return 'incomplete';
  const width = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || width > 4) return 'malformed';
  if (bytes.length < at + 2 + width) return 'incomplete';
  const length = width === 0 ? first : bytes.subarray(at + 2, at + 2 + width).reduce((sum, byte) => sum * 256 + byte, 0);
  const from = at + 2 + width;
  if (length > maxMessage) return 'malformed';
  return bytes.length < from + length ? 'incomplete' : { tag, from, to: from + length };
}
const maxMessage = 32_768;

/** ExtendedResponse (RFC 4511 4.12): result code, matched name, message, then a referral, a name and a value that may be missing; controls behind it. */
function extendedResponse(body: Uint8Array): { readonly id: number; readonly result: number; readonly name?: string } | undefined {
  const [id, op] = elements(body) ?? [];
  if (id?.tag !== 0x02 || op?.tag !== 0x78) return undefined;
  const inner = body.subarray(op.from, op.to);
  const [result, matched, message, ...rest] = elements(inner) ?? [];
  if (result?.tag !== 0x0a || matched?.tag !== 0x04 || message?.tag !== 0x04) return undefined;
  const [number, code] = [integer(body, id), integer(inner, result)];
  if (number === undefined || code === undefined) return undefined;
  const name = rest.find(({ tag }) => tag === 0x8a);
  return { id: number, result: code, ...(name && { name: textOf(inner.subarray(name.from, name.to)) }) };
}
/** Elements that fill these bytes exactly. */
function elements(bytes: Uint8Array): readonly Element[] | undefined {
  const all: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const one = element(bytes, at);
    if (typeof one === 'string') return undefined;
    all.push(one);
    at = one.to;
  }
  return all;
}
/** Not negative, of four bytes at most. */
function integer(bytes: Uint8Array, { from, to }: Element): number | undefined {
  const width = to - from;
  if (width < 1 || width > 4 || (bytes[from] ?? 0) >= 0x80) return undefined;
  return bytes.subarray(from, to).reduce((sum, byte) => sum * 256 + byte, 0);
}
