/** A response head: field names in lower case, in the order and number in which they came. */
export interface Head {
  readonly is: 'head';
  readonly status: number;
  readonly fields: readonly Field[];
  readonly length: number; // bytes, interim responses before it included
}
export type Field = readonly [name: string, value: string];
export type HttpReply = Head | { readonly is: 'incomplete' | 'malformed' | 'too-large' | 'other-protocol' };

/** What may lie before a body: more is no head that anyone should read. */
export const maxHead = 65_536;
const maxFields = 512;

/** Letters and digits of a token (RFC 9110 5.6.2). */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9112 4. The space before an absent reason is missing in the wild. */
const statusLine = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [\t\u0020-\u007e\u0080-\u00ff]*)?$/;
/** RFC 9110 5.5: no controls; bytes above 127 are opaque. */
const fieldValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * Reads the head of a final HTTP/1.x response from what has arrived so far; call again with more bytes while it is `incomplete`.
 * RFC 9112: a line may end in a lone LF (2.2), a folded value is one with spaces (5.2), interim responses are passed over (RFC 9110 15.2).
 * `other-protocol` from the first byte that HTTP/1.x cannot begin with; `malformed` where HTTP/1.x begins and then breaks its own grammar.
 */
export function parseHead(bytes: Uint8Array): HttpReply {
  const text = latin1(bytes.subarray(0, maxHead));
  for (let from = 0; ; ) {
    const rest = text.slice(from, from + opening.length);
    if (!opening.startsWith(rest)) return { is: from === 0 ? 'other-protocol' : 'malformed' };
    const block = blockAt(text, from);
    if (block === undefined) return { is: bytes.length >= maxHead ? 'too-large' : 'incomplete' };
    const head = readBlock(block.lines, block.end);
    if (head.is !== 'head' || head.status >= 200 || head.status === 101) return head; // 101 is final: another protocol follows it
    from = block.end;
  }
}
const opening = 'HTTP/1.';

/** The lines up to the first empty one, without their ends. */
function blockAt(text: string, from: number): { readonly lines: readonly string[]; readonly end: number } | undefined {
  const stop = /\n\r?\n/.exec(text.slice(from));
  if (stop === null) return undefined;
  return {
    lines: text
      .slice(from, from + stop.index)
      .replace(/\r$/, '')
      .split(/\r?\n/),
    end: from + stop.index + stop[0].length,
  };
}
function readBlock([first = '', ...lines]: readonly string[], length: number): HttpReply {
  const status = statusLine.exec(first)?.[1];
  const unfolded = unfold(lines);
  const fields = unfolded?.map(fieldOf).filter((field) => field !== undefined);
  if (status === undefined || fields === undefined || fields.length !== unfolded?.length || fields.length > maxFields) return { is: 'malformed' };
  return { is: 'head', status: Number(status), fields, length };
}
/** A line that begins with white space goes on with the value before it; as the first line it belongs to nothing. */
function unfold(lines: readonly string[]): readonly string[] | undefined {
  const whole: string[] = [];
  for (const line of lines) {
    const last = whole.length - 1;
    if (!/^[ \t]/.test(line)) whole.push(line);
    else if (last < 0) return undefined;
    else whole[last] = `${whole[last]} ${line.trim()}`;
  }
  return whole;
}
function fieldOf(line: string): Field | undefined {
  const colon = line.indexOf(':');
  const [name, value] = [line.slice(0, colon), line.slice(colon + 1)];
  if (colon < 1 || !token.test(name) || !fieldValue.test(value)) return undefined; // a space before the colon too (RFC 9112 5.1)
  return [name.toLowerCase(), value.replace(/^[ \t]+|[ \t]+$/g, '')];
}
const latin1 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
};

/** The values of one field, in order; `name` in lower case. */
export const valuesOf = ({ fields }: Head, name: string): readonly string[] => fields.filter(([key]) => key === name).map(([, value]) => value);

/** `maxAge` in seconds; a number too great to count is the greatest that can. */
export interface StrictTransport {
  readonly maxAge: number;
  readonly includeSubDomains: boolean;
  readonly preload: boolean;
}

/**
 * Strict-Transport-Security as RFC 6797 6.1 and 8.1 have it: of several fields the first alone counts; one that breaks the grammar, names a
 * directive twice, lacks max-age or gives it no number is as good as none (undefined); unknown directives are passed over.
 * `preload` is none of the RFC's, but of the list that browsers ship (hstspreload.org), and takes no value.
 */
export function strictTransport(values: readonly string[]): StrictTransport | undefined {
  const directives = directivesOf(values[0] ?? '');
  const maxAge = directives?.get('max-age');
  if (directives === undefined || maxAge == null || !/^[0-9]+$/.test(maxAge)) return undefined;
  const subDomains = directives.get('includesubdomains');
  if (typeof subDomains === 'string') return undefined; // 6.1.2: valueless
  return {
    maxAge: Math.min(Number(maxAge), Number.MAX_SAFE_INTEGER),
    includeSubDomains: subDomains === null,
    preload: directives.get('preload') === null,
  };
}
const directive = /[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:=[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)")[ \t]*)?)?(?:;|$)/y;

/** Name in lower case → value, null where there is none; undefined where the grammar is broken or a name comes twice. */
function directivesOf(field: string): ReadonlyMap<string, string | null> | undefined {
  const found = new Map<string, string | null>();
  for (let at = 0; at < field.length; ) {
    directive.lastIndex = at;
    const match = directive.exec(field);
    if (match === null) return undefined;
    at = directive.lastIndex;
    const [, name, plain, quoted] = match;
    if (name === undefined) continue; // an empty directive is allowed
    if (found.has(name.toLowerCase())) return undefined;
    found.set(name.toLowerCase(), plain ?? quoted?.replace(/\\(.)/g, '$1') ?? null);
  }
  return found;
}
