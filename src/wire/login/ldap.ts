import { more, unclear, type LoginDialogue, type LoginOutcome, type LoginStep } from './dialogue.ts';
import { bytesOf, joined, textOf } from './text.ts';

/** One BER element of ours: none is longer than two bytes of length can say. */
const tlv = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const body = joined(...parts);
  return joined(body.length < 128 ? Uint8Array.of(tag, body.length) : Uint8Array.of(tag, 0x82, body.length >> 8, body.length & 0xff), body);
};
const integer = (value: number): Uint8Array => tlv(0x02, Uint8Array.of(value));
const contexts = ['defaultNamingContext', 'namingContexts'] as const;
/** SearchRequest 1 (RFC 4511 4.5) for the root DSE: which trees there are (RFC 4512 5.1). Everybody may ask for it. */
const searchRoot: Uint8Array = tlv(
  0x30,
  integer(1),
  tlv(
    0x63,
    tlv(0x04),
    tlv(0x0a, Uint8Array.of(0)), // this entry alone
    tlv(0x0a, Uint8Array.of(0)),
    integer(1),
    integer(5),
    tlv(0x01, Uint8Array.of(0)),
    tlv(0x87, bytesOf('objectClass')),
    tlv(0x30, ...contexts.map((name) => tlv(0x04, bytesOf(name)))),
  ),
);
/** BindRequest 2 (RFC 4511 4.2), version 3, simple. The password is not empty: that would be a bind as nobody (RFC 4513 5.1.2), which proves nothing. */
const bindRequest = (name: string, password: string): Uint8Array =>
  tlv(0x30, integer(2), tlv(0x60, integer(3), tlv(0x04, bytesOf(name)), tlv(0x80, bytesOf(password))));
/** UnbindRequest 3 (RFC 4511 4.3). */
const unbind: Uint8Array = tlv(0x30, integer(3), tlv(0x42));

/** Result codes (RFC 4511 appendix A): the password was judged. */
const judged: ReadonlySet<number> = new Set([0, 32, 49]); // success, noSuchObject (old servers), invalidCredentials
const strongerAuthRequired = 8;
const confidentialityRequired = 13;

/**
 * One simple bind in clear, as an entry that does not exist, with a password that is none. The entry lies in a tree of the server: OpenLDAP
 * answers for a name outside all of them before it looks at its rules (seen on 2.5.13 with `security simple_bind=128`).
 */
export function ldapLogin(user: string): LoginDialogue {
  let stage: 'root' | 'bind' = 'root';
  let tree: string | undefined;
  const bind = (): LoginStep => {
    stage = 'bind';
    return { is: 'say', bytes: bindRequest(tree === undefined ? `cn=${user}` : `cn=${user},${tree}`, user) };
  };
  return {
    first: searchRoot,
    heard: (bytes) => {
      if (stage === 'bind') {
        const result = readBind(bytes);
        if (result === 'incomplete') return more;
        return end(result === 'malformed' ? unclear('not an answer of LDAP') : outcomeOf(result, tree !== undefined));
      }
      const root = readRoot(bytes);
      if (root === 'incomplete') return more;
      if (root === 'malformed') return end(unclear('not an answer of LDAP'));
      if (root.result === confidentialityRequired) return end({ is: 'refused' });
      tree = root.tree;
      return bind();
    },
  };
}
const end = (outcome: LoginOutcome): LoginStep => ({ is: 'end', bye: unbind, outcome });
function outcomeOf(result: number, inTree: boolean): LoginOutcome {
  if (result === confidentialityRequired || result === strongerAuthRequired) return { is: 'refused' };
  if (judged.has(result))
    return inTree
      ? { is: 'accepted', mechanisms: ['SIMPLE'] }
      : unclear(`answers a simple bind with result ${result}, but names no tree that its rules are about`);
  return unclear(`answers a simple bind with result ${result}`, result === 51 || result === 52); // busy, unavailable
}

/** The result code of a BindResponse. */
export function readBind(bytes: Uint8Array): number | 'incomplete' | 'malformed' {
  const message = messageAt(bytes, 0, 2);
  if (typeof message === 'string') return message;
  return message.tag === 0x61 ? resultOf(bytes, message) : 'malformed';
}
/** What the root DSE says before the search is done: the first tree (the default one where there is one), and the result code of the search. */
export function readRoot(bytes: Uint8Array): { readonly result: number; readonly tree?: string } | 'incomplete' | 'malformed' {
  const found = new Map<string, string>();
  for (let at = 0; ; ) {
    const message = messageAt(bytes, at, 1);
    if (typeof message === 'string') return message;
    at = message.next;
    if (message.tag === 0x65) {
      const result = resultOf(bytes, message);
      const tree = contexts.map((name) => found.get(name.toLowerCase())).find((name) => name !== undefined);
      return typeof result === 'string' ? result : { result, ...(tree !== undefined && { tree }) };
    }
    if (message.tag === 0x73) continue; // a reference elsewhere
    if (message.tag !== 0x64) return 'malformed';
    const [, attributes] = elementsIn(bytes, message) ?? [];
    for (const attribute of (attributes && elementsIn(bytes, attributes)) ?? []) {
      const [name, values] = elementsIn(bytes, attribute) ?? [];
      const [value] = (values && elementsIn(bytes, values)) ?? [];
      const text = value && textOf(bytes.subarray(value.from, value.to));
      if (name && text && text.length <= maxName) found.set(textOf(bytes.subarray(name.from, name.to)).toLowerCase(), text);
    }
  }
}
const maxName = 512;
const maxMessage = 32_768;

interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}
/** The operation in the LDAPMessage that begins here, and where the next one does. Controls may stand behind the operation. */
function messageAt(bytes: Uint8Array, at: number, id: number): (Element & { readonly next: number }) | 'incomplete' | 'malformed' {
  if (bytes[at] !== undefined && bytes[at] !== 0x30) return 'malformed';
  const message = elementAt(bytes, at, bytes.length);
  if (typeof message === 'string') return message;
  const [number, operation] = elementsIn(bytes, message) ?? [];
  if (number?.tag !== 0x02 || number.to - number.from !== 1 || bytes[number.from] !== id || !operation) return 'malformed';
  return { ...operation, next: message.to };
}
function resultOf(bytes: Uint8Array, operation: Element): number | 'malformed' {
  const [code] = elementsIn(bytes, operation) ?? [];
  return code?.tag === 0x0a && code.to - code.from === 1 ? (bytes[code.from] ?? 0) : 'malformed';
}
/** Elements that fill another one exactly; undefined where they do not. */
function elementsIn(bytes: Uint8Array, { from, to }: Element): readonly Element[] | undefined {
  const all: Element[] = [];
  for (let at = from; at < to; ) {
    const one = elementAt(bytes, at, to);
    if (typeof one === 'string') return undefined;
    all.push(one);
    at = one.to;
  }
  return all;
}
/** One BER element with a definite length (RFC 4511 5.1); AD writes short lengths in their long form. */
function elementAt(bytes: Uint8Array, at: number, end: number): Element | 'incomplete' | 'malformed' {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined || at + 2 > end) return 'incomplete';
  const width = first < 0x80 ? 0 : first & 0x7f;
  if ((tag & 0x1f) === 0x1f || first === 0x80 || width > 4) return 'malformed';
  const from = at + 2 + width;
  if (from > end) return 'incomplete';
  const length = width === 0 ? first : bytes.subarray(at + 2, from).reduce((sum, byte) => sum * 256 + byte, 0);
  if (length > maxMessage) return 'malformed';
  return from + length > end ? 'incomplete' : { tag, from, to: from + length };
}
