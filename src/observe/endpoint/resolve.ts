import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Gap } from '../../model/observation.ts';
import type { ObserveContext } from '../../model/source.ts';
import type { EndpointTarget } from '../../model/target.ts';
import { deadline } from '../../util/deadline.ts';
import { reason, stoppedEarly } from '../../util/gap.ts';
import { pause } from '../../util/limit.ts';
import { byCodeUnit } from '../../util/text.ts';

/** The addresses of a target, sorted; or why there are none. `left` are those beyond the bound. */
export type Resolved =
  | { readonly is: 'addresses'; readonly addresses: readonly string[]; readonly left: readonly string[] }
  | { readonly is: 'none'; readonly code: Gap['code']; readonly detail: string; readonly tries: number };
const maxAddresses = 32;

/** All A and AAAA records by the system's resolver. A literal address, or `ip` of the target, needs none. A busy name server is asked twice more. */
export async function resolve({ name, ip }: Pick<EndpointTarget, 'name' | 'ip'>, context: ObserveContext): Promise<Resolved> {
  const literal = ip ?? (isIP(name) ? name : undefined);
  if (literal !== undefined) return { is: 'addresses', addresses: [literal], left: [] };
  let tries = 0;
  let why: Pick<Gap, 'code' | 'detail'> = { code: 'cancelled', detail: stoppedEarly };
  for (const wait of [0, 200, 600]) {
    if (wait > 0) await pause(wait, context.signal);
    if (context.signal.aborted) return { is: 'none', code: 'cancelled', detail: stoppedEarly, tries };
    tries++;
    const found = await ask(name, context);
    if (Array.isArray(found)) {
      const all = [...new Set(found)].sort(byCodeUnit);
      return { is: 'addresses', addresses: all.slice(0, maxAddresses), left: all.slice(maxAddresses) };
    }
    why = reason(found);
    if (why.detail !== 'EAI_AGAIN' && why.code !== 'timeout') break;
  }
  return { is: 'none', ...why, tries };
}
/** The look-up itself cannot be aborted: it is left behind. */
async function ask(name: string, { signal, timeoutMs }: ObserveContext): Promise<string[] | Error> {
  const limit = deadline(signal, timeoutMs);
  const stopped = new Promise<Error>((done) => {
    limit.signal.addEventListener('abort', () => done(Object.assign(new Error('stopped'), { name: signal.aborted ? 'AbortError' : 'TimeoutError' })), {
      once: true,
    });
  });
  const found = lookup(name, { all: true, verbatim: true }).then(
    (records) => records.map(({ address }) => address),
    (error: unknown) => (error instanceof Error ? error : new Error('look-up')),
  );
  try {
    return await Promise.race([found, stopped]);
  } finally {
    limit.clear();
  }
}
