/** Why a server does not go on to TLS although it did not say that it has none. */
export type Refusal = 'busy' | 'denied' | 'unavailable' | 'malformed' | 'too-large';
/**
 * What a dialogue wants next. `tls`: after these bytes (if any) the ClientHello may be sent; `behind` came in clear behind the server's go-ahead,
 * where nothing may be (CVE-2021-23222, CVE-2011-0411): it must not be taken for something that TLS protects. `bye` ends the dialogue politely.
 */
export type Step =
  | { readonly is: 'more' }
  | { readonly is: 'say'; readonly bytes: Uint8Array }
  | { readonly is: 'tls'; readonly bytes?: Uint8Array; readonly behind: Uint8Array }
  | { readonly is: 'not-offered'; readonly why: string; readonly bye: Uint8Array }
  | { readonly is: 'refused'; readonly refusal: Refusal; readonly why: string; readonly bye: Uint8Array };

/**
 * What is said in clear before TLS. `first` is said as soon as there is a connection (empty where the server speaks first); `push` gets each chunk
 * once, and is not called again after `tls`, `not-offered` or `refused`. `why` is our own words and the server's numbers, never its text.
 */
export interface Dialogue {
  readonly first: Uint8Array;
  readonly push: (chunk: Uint8Array) => Step;
}

export const more: Step = { is: 'more' };
export const nothing: Uint8Array = new Uint8Array();
/** Nobody needs more before TLS begins. */
export const maxDialogue = 65_536;
export const tooLarge = (bye: Uint8Array): Step => ({ is: 'refused', refusal: 'too-large', why: `more than ${maxDialogue} bytes before TLS`, bye });

/** A dialogue of one question and one answer: `read` gets all that has come so far. */
export function oneAnswer(first: Uint8Array, read: (bytes: Uint8Array) => Step): Dialogue {
  const chunks: Uint8Array[] = [];
  let length = 0;
  return {
    first,
    push(chunk) {
      length += chunk.length;
      if (length > maxDialogue) return tooLarge(nothing);
      chunks.push(chunk);
      const all = new Uint8Array(length);
      let at = 0;
      for (const one of chunks) {
        all.set(one, at);
        at += one.length;
      }
      chunks.splice(0, chunks.length, all);
      return read(all);
    },
  };
}
