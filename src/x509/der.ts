/** One value of DER (X.690): its first tag byte, its content, and the whole with tag and length. */
export interface Tlv {
  readonly tag: number;
  readonly body: Buffer;
  readonly whole: Buffer;
}
/** What is wrong with bytes from elsewhere: too big for us, or not what they should be. */
export class DerError extends Error {
  override name = 'DerError';
  readonly code: 'too-large' | 'malformed';
  constructor(code: DerError['code']) {
    super(code);
    this.code = code;
  }
}
export const malformed = (): DerError => new DerError('malformed');

export const tags = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  enumerated: 10,
  utf8: 12,
  sequence: 0x30,
  set: 0x31,
  printable: 19,
  teletex: 20,
  ia5: 22,
  utcTime: 23,
  generalizedTime: 24,
  visible: 26,
  universal: 28,
  bmp: 30,
} as const;
/** [n], as a value in a wrapper or in place of one. */
export const context = (n: number, constructed: boolean): number => 0x80 | (constructed ? 0x20 : 0) | n;

export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length.toString(16);
  const length = Buffer.from(size.length % 2 ? `0${size}` : size, 'hex');
  return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x80 | length.length]), body.length < 128 ? Buffer.alloc(0) : length, body]);
}
export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(tags.sequence, ...parts);

/** `1.2.840.…` → its DER value. */
export function oidToDer(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const digits = (n: number, last = true): readonly number[] => [...(n >= 128 ? digits(Math.floor(n / 128), false) : []), (n % 128) | (last ? 0 : 0x80)];
  return der(tags.oid, Buffer.from([first * 40 + second, ...rest].flatMap((n) => digits(n))));
}
export function oidFrom({ tag, body }: Tlv): string {
  if (tag !== tags.oid || body.length === 0 || body.length > 64 || (body.at(-1) ?? 0) >= 128) throw malformed();
  if (body.length <= 7) return oidOfNumbers(body);
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of body) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 128) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [head = 0n, ...rest] = arcs;
  const first = head < 80n ? head / 40n : 2n;
  return [first, head - first * 40n, ...rest].join('.');
}

/** The same where no arc can pass 2^53: nearly all there are, and each root is read at the start of a scan. */
function oidOfNumbers(body: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of body) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 128) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head = 0, ...rest] = arcs;
  const first = head < 80 ? Math.floor(head / 40) : 2;
  return [first, head - first * 40, ...rest].join('.');
}

/** The one value that fills these bytes; throws DerError. */
export function readOne(bytes: Buffer, tag?: number): Tlv {
  const [value, ...others] = readAll(bytes);
  if (!value || others.length > 0 || (tag !== undefined && value.tag !== tag)) throw malformed();
  return value;
}
/** The values that stand one after the other; throws DerError, on an indefinite length too. */
export function readAll(bytes: Buffer): readonly Tlv[] {
  const values: Tlv[] = [];
  for (let at = 0; at < bytes.length; ) {
    const value = readAt(bytes, at);
    values.push(value);
    at += value.whole.length;
  }
  return values;
}
/** The values inside of one. */
export function inside(value: Tlv | undefined, tag: number): readonly Tlv[] {
  if (value?.tag !== tag) throw malformed();
  return readAll(value.body);
}
function readAt(bytes: Buffer, start: number): Tlv {
  const byte = (at: number): number => {
    const found = bytes[at];
    if (found === undefined) throw malformed();
    return found;
  };
  const tag = byte(start);
  let at = start + 1;
  if ((tag & 0x1f) === 0x1f) while (byte(at++) >= 128);
  const first = byte(at++);
  const size = first < 128 ? 0 : first - 128;
  if (first === 128 || size > 4) throw malformed();
  let length = size === 0 ? first : 0;
  for (let n = 0; n < size; n++) length = length * 256 + byte(at++);
  if (at + length > bytes.length) throw malformed();
  return { tag, body: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length) };
}

const maxBytes = 65_536;
const maxDepth = 32;
/** Refuses what no certificate needs before anything parses it: more than 64 KB, nesting beyond 32, indefinite lengths, bytes after the end. */
export function checkBounds(bytes: Buffer): void {
  if (bytes.length > maxBytes) throw new DerError('too-large');
  const open = [{ value: readOne(bytes), depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    if (depth > maxDepth) throw new DerError('too-large');
    if (value.tag & 0x20) for (const child of readAll(value.body)) open.push({ value: child, depth: depth + 1 });
  }
}
