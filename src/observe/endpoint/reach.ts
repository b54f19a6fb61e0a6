import { connect } from 'node:net';
import type { Gap } from '../../model/observation.ts';
import type { ObserveContext } from '../../model/source.ts';
import type { EndpointTarget } from '../../model/target.ts';
import { deadline } from '../../util/deadline.ts';
import { reason } from '../../util/gap.ts';
import type { Limiter } from '../../util/limit.ts';
import { resolve } from './resolve.ts';

/** Whether a target can be reached at all: its addresses, and what one TCP connection to each came to. No byte is sent. */
export interface Reached {
  readonly addresses: readonly { readonly address: string; readonly failure?: Failure }[];
  readonly failure?: Failure; // of the look-up
}
type Failure = Pick<Gap, 'code' | 'detail'>;
const mostAddresses = 8;

/** Never throws for what the world does. Each connection is closed as soon as it is there. */
export async function reach(target: Pick<EndpointTarget, 'name' | 'port' | 'ip'>, limiter: Limiter, context: ObserveContext): Promise<Reached> {
  const found = await resolve(target, context);
  if (found.is === 'none') return { addresses: [], failure: { code: found.code, detail: found.detail } };
  const addresses = await Promise.all(
    found.addresses.slice(0, mostAddresses).map(async (address) => {
      const failure = await limiter.run(target.name, () => knock(address, target.port, context), context.signal);
      return { address, ...(failure && { failure }) };
    }),
  );
  return { addresses };
}
/** Nothing where the connection came about. */
function knock(address: string, port: number, { signal, timeoutMs }: ObserveContext): Promise<Failure | undefined> {
  const limit = deadline(signal, timeoutMs);
  return new Promise<Failure | undefined>((done) => {
    if (limit.signal.aborted) return done({ code: 'cancelled', detail: 'stopped' });
    const socket = connect({ host: address, port });
    const end = (failure?: Failure): void => {
      socket.destroy();
      done(failure);
    };
    limit.signal.addEventListener(
      'abort',
      () => end(signal.aborted ? { code: 'cancelled', detail: 'stopped' } : { code: 'timeout', detail: 'no answer in time' }),
      { once: true },
    );
    socket.once('connect', () => end()).once('error', (error) => end(reason(error)));
    return undefined;
  }).finally(limit.clear);
}
