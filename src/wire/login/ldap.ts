import { bytesOf, joined } from './text.ts';
import { more, unclear, type LoginDialogue, type LoginOutcome, type LoginStep } from './dialogue.ts';

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const body = joined(...parts);
  if (body.length > 127) throw new RangeError('a short form of BER'); // of us alone: nothing here is that long
  return joined(Uint8Array.of(tag, body.length), body);
};
/** BindRequest 1 (RFC 4511 4.2), version 3, simple. The password is not empty: that would be a bind as nobody (RFC 4513 5.1.2), which proves nothing. */
const bindRequest = (name: string, password: string): Uint8Array =>
  tlv(0x30, tlv(0x02, Uint8Array.of(1)), tlv(0x60, tlv(0x02, Uint8Array.of(3)), tlv(0x04, bytesOf(name)), tlv(0x80, bytesOf(password))));
/** UnbindRequest 2 (RFC 4511 4.3). */
const unbind: Uint8Array = tlv(0x30, tlv(0x02, Uint8Array.of(2)), tlv(0x42));

/** Result codes (RFC 4511 appendix A): the password was judged. */
const judged: ReadonlySet<number> = new Set([0, 32, 49]); // success, noSuchObject (old servers), invalidCredentials
/** The connection is not safe enough for it. */
const wantsTls: ReadonlySet<number> = new Set([8, 13]); // strongerAuthRequired, confidentialityRequired

/** One simple bind in clear, as a user that does not exist, with a password that is none. */
export const ldapLogin = (user: string): LoginDialogue => ({
  first: bindRequest(`cn=${user}`, user),
  heard: (bytes) => {
    const read = readBind(bytes);
    if (read === 'incomplete') return more;
    return end(read === 'malformed' ? unclear('not an answer of LDAP') : outcomeOf(read));
  },
});
const end = (outcome: LoginOutcome): LoginStep => ({ is: 'end', bye: unbind, outcome });
function outcomeOf(result: number): LoginOutcome {
  if (wantsTls.has(result)) return { is: 'refused' };
  if (judged.has(result)) return { is: 'accepted', mechanisms: ['SIMPLE'] };
  return unclear(`answers a simple bind with result ${result}`, result === 51 || result === 52); // busy, unavailable
}

/** The result code of a BindResponse; AD writes lengths in their long form. */
export function readBind(bytes: Uint8Array): number | 'incomplete' | 'malformed' {
  const message = elementAt(bytes, 0, bytes.length, 0x30);
  if (typeof message === 'string') return message;
  const id = elementAt(bytes, message.from, message.to, 0x02);
  const response = typeof id === 'string' ? id : elementAt(bytes, id.to, message.to, 0x61);
  const code = typeof response === 'string' ? response : elementAt(bytes, response.from, response.to, 0x0a);
  return typeof code === 'string' || code.to - code.from !== 1 ? 'malformed' : (bytes[code.from] ?? 0);
}
/** One BER element with this tag and a definite length (RFC 4511 5.1). */
function elementAt(bytes: Uint8Array, at: number, end: number, tag: number): { readonly from: number; readonly to: number } | 'incomplete' | 'malformed' {
  const [seen, first] = [bytes[at], bytes[at + 1]];
  if (at < end && seen !== tag) return 'malformed';
  if (at + 2 > end || first === undefined) return 'incomplete';
  const width = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || width > 4) return 'malformed';
  const from = at + 2 + width;
  if (from > end) return 'incomplete';
  const length = width === 0 ? first : bytes.subarray(at + 2, from).reduce((sum, byte) => sum * 256 + byte, 0);
  if (length > maxMessage) return 'malformed';
  return from + length > end ? 'incomplete' : { from, to: from + length };
}
const maxMessage = 32_768;
