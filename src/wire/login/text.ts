/** ASCII and Latin-1 in and out: bytes of protocols that know no more. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
/** The text before the next zero byte, and where the bytes after it begin; undefined where no zero follows. */
export function untilZero(bytes: Uint8Array, from: number): { readonly text: string; readonly next: number } | undefined {
  const end = bytes.indexOf(0, from);
  return end < 0 ? undefined : { text: textOf(bytes.subarray(from, end)), next: end + 1 };
}
export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
