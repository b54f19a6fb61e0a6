import type { ClientCase, ClientProtocol } from '../../src/facts/client.ts';
import type { FactsByKind } from '../../src/facts/index.ts';
import type { DeepPartial, Gap } from '../../src/model/observation.ts';
import { observeClient, type ClientSeen } from '../../src/observe/client/client.ts';

export interface Tried {
  readonly seen: ClientSeen;
  readonly client: NonNullable<DeepPartial<FactsByKind['client']>['client']>;
  readonly gaps: readonly Gap[];
}
/** Runs a command as `encaudit client` does, with nothing in its environment but what is given. */
export async function tryClient(
  protocol: ClientProtocol,
  argv: readonly string[],
  { cases, env = {} }: { readonly cases: readonly ClientCase[]; readonly env?: Readonly<Record<string, string>> },
): Promise<Tried> {
  const seen = await observeClient(
    {
      argv,
      protocol,
      due: cases,
      run: cases,
      env: { PATH: process.env['PATH'], ...env },
      cwd: process.cwd(),
      passOn: Object.keys(env),
      trustEnv: true,
      production: true,
      showOutput: false,
      timeoutMs: 15_000,
      options: [],
    },
    { signal: new AbortController().signal, now: () => new Date(), onProgress: () => {} },
  );
  const found = seen.observations.find(({ kind, origin }) => kind === 'client' && origin === 'wire');
  if (found?.kind !== 'client') throw new TypeError('a client test gives an observation');
  return { seen, client: found.facts.client ?? {}, gaps: found.gaps };
}
