/** How keys were agreed on: a registry number of a named group, or the size of a Diffie-Hellman prime in bits. */
export type KeyAgreement = { readonly is: 'named'; readonly id: number } | { readonly is: 'prime'; readonly bits: number };

/**
 * The plaintext first flight of a server: of TLS ≤ 1.2 all up to ServerHelloDone (RFC 5246 7.3), of TLS 1.3 the ServerHello or
 * HelloRetryRequest alone (RFC 8446 4.1.3, 4.1.4), of SSL 2 the SERVER-HELLO. What did not come is absent.
 */
export interface Flight {
  /** The version that the server chose. */
  readonly version: number;
  /** Registry number; in SSL 2, where the client chooses, the first that the server lists, or -1 where it lists none. */
  readonly suite: number;
  readonly compression: number;
  /** Of the ServerHello: number → body. */
  readonly extensions: ReadonlyMap<number, Uint8Array>;
  readonly retry: boolean;
  readonly agreement?: KeyAgreement;
  /** DER as sent, leaf first; absent where no Certificate message came (anonymous suites, TLS 1.3, an end before it). */
  readonly certificates?: readonly Uint8Array[];
  /** The OCSP response of a CertificateStatus message, DER. */
  readonly stapled?: Uint8Array;
  /** Names of certificate authorities in a CertificateRequest, DER; absent where none came. */
  readonly request?: { readonly caNames: readonly Uint8Array[] };
  /** SSL 2: every suite that the server lists. */
  readonly ssl2Suites?: readonly number[];
  /** Nothing more comes before the client speaks: ServerHelloDone, or TLS 1.3. Only then does a missing message mean that it was not sent. */
  readonly complete: boolean;
}
