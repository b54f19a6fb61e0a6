import type { Protocol } from '../../facts/service.ts';
import type { TlsVersion } from '../../facts/tls.ts';
import type { Gap } from '../../model/observation.ts';
import type { Endpoint, ObserveContext, Probe, Roots } from '../../model/source.ts';
import { pause } from '../../util/limit.ts';
import type { Flight } from '../../wire/tls/flight.ts';

/** A first flight with the bytes that it was read from, for evidence. */
export interface SeenFlight {
  readonly flight: Flight;
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
  readonly at: string;
}
/** What the version probe, which runs first, leaves to the others; flights are of accepted versions. */
export interface Learnt {
  readonly flights: ReadonlyMap<TlsVersion, SeenFlight>;
  /** Versions of which nobody knows whether they are accepted, with the reason: what else was not asked in them has the same cause. */
  readonly unknown?: ReadonlyMap<TlsVersion, Gap>;
  /** The protocol that a TLS ≤ 1.2 flight chose; ALPN is offered where the target speaks HTTP. */
  readonly alpn?: string;
}

/** What a probe may know and do at one address of one target. */
export interface EndpointContext extends ObserveContext {
  /** Every connection to the target goes through here, exactly one a call: it waits for a place (per host and in all) and keeps the delay. Never nest it. */
  readonly gate: <T>(work: () => Promise<T>) => Promise<T>;
  /** The same, while no other connection of ours to this address is open: what a server says to one client at a time is not about our number. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly roots: Roots;
  readonly protocol: Protocol;
  readonly httpPort?: number;
  readonly learnt: Learnt;
}
/** `withoutTls`: it has something to ask where no TLS was found too. */
export type EndpointProbe = Probe<Endpoint, 'endpoint', EndpointContext> & { readonly withoutTls?: true };

/** Each connection by itself, and only once a server that counts them has seen the end of the last. */
export const unhurried = (context: EndpointContext): EndpointContext => ({
  ...context,
  gate: (work) =>
    context.alone(async () => {
      await pause(15, context.signal); // our FIN is ahead of the next SYN; its process needs a moment
      return work();
    }),
});
