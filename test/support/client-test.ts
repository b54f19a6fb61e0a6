import type { Client, ClientCase } from '../../src/facts/client.ts';
import type { DeepPartial, Evidence, Gap } from '../../src/model/observation.ts';
import { chooseCases, observeClient, type ClientCommand } from '../../src/observe/client/client.ts';

export interface Told {
  readonly client: DeepPartial<Client>;
  readonly gaps: readonly Gap[];
  readonly evidence: readonly Evidence[];
  readonly hint?: string;
  readonly line: (name: ClientCase) => string;
}
type Choice = Parameters<typeof chooseCases>[0];
/** Runs a command against the servers of these cases, as the command line would. */
export async function tell(argv: readonly string[], choice: Partial<Choice> = {}, some: Partial<ClientCommand> = {}): Promise<Told> {
  const { protocol = 'https', trustEnv = true } = choice;
  const { due, run } = chooseCases({ protocol, trustEnv, deep: false, pinned: false, clientCertificate: false, patterns: [], ...choice });
  const command: ClientCommand = {
    argv,
    protocol,
    due,
    run,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    cwd: process.cwd(),
    passOn: [],
    trustEnv,
    production: true,
    showOutput: false,
    timeoutMs: 15_000,
    options: [],
    ...some,
  };
  const { observations, hint } = await observeClient(command, { signal: new AbortController().signal, now: () => new Date(), onProgress: () => {} });
  const seen = observations.find(({ origin }) => origin === 'wire');
  if (seen?.kind !== 'client') throw new Error('no observation of a client');
  const client = seen.facts.client ?? {};
  return {
    client,
    gaps: seen.gaps,
    evidence: seen.evidence,
    ...(hint !== undefined && { hint }),
    line: (name) => {
      const found = client.cases?.find((one) => one.name === name);
      return found ? `${found.accepted === undefined ? 'open' : found.accepted ? 'accepted' : 'refused'}: ${found.how}; ${found.ended}` : 'not run';
    },
  };
}
/** A program of Node's: `url` is its first argument. */
export const node = (code: string): readonly string[] => [process.execPath, '-e', `const url = process.argv[1];\n${code}`, '{url}'];
export const get = (options: string): string => `require('node:https').get(url, ${options}, (r) => r.resume()).on('error', () => process.exit(1));`;
