import { createHash, randomBytes } from 'node:crypto';
import type { Evidence } from '../../model/observation.ts';
import type { Endpoint } from '../../model/source.ts';
import { evidence } from '../../util/evidence.ts';
import { clientHello, offeredSuites, randomLength, versionNumber, type HelloOptions } from '../../wire/tls/hello.ts';
import { replyReader, type Reply } from '../../wire/tls/reply.ts';
import { answerOf, type Answer } from './answer.ts';
import type { EndpointContext } from './context.ts';
import { exchange } from './exchange.ts';
import { dialogueText, type Unopened } from './opening.ts';

/** One hello and what came of it. */
export interface Attempt {
  readonly answer: Answer;
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
  readonly at: string;
  /** Nothing of the hello was ever sent: the protocol's own dialogue did not come so far, and is what was sent and received. */
  readonly unopened?: Unopened;
}
export type Question = Pick<HelloOptions, 'suites' | 'size'> & { readonly version: keyof typeof versionNumber };

export async function attempt(target: Endpoint, question: Question, context: EndpointContext): Promise<Attempt> {
  const options = helloOptions(target, question, context);
  const sent = clientHello({ ...options, random: randomBytes(randomLength) });
  const reader = replyReader();
  let reply: Reply = { is: 'incomplete' };
  const at = context.now().toISOString();
  const enough = (chunk: Uint8Array): boolean => {
    reply = reader.push(chunk);
    return reply.is !== 'incomplete' && (reply.is !== 'hello' || reply.done);
  };
  const seen = await exchange(target, sent, enough, context);
  const offer = { version: options.version, suites: offeredSuites(options) };
  const { unopened } = seen;
  return {
    answer: answerOf(offer, reply, seen),
    sent: unopened?.sent ?? sent,
    received: unopened?.received ?? seen.received,
    at,
    ...(unopened && { unopened }),
  };
}
export const helloOptions = ({ servername }: Endpoint, { version, suites, size }: Question, { protocol }: EndpointContext): Omit<HelloOptions, 'random'> => ({
  version: versionNumber[version],
  ...(size && { size }),
  ...(suites && { suites }),
  ...(servername && { servername }),
  ...(protocol === 'https' && { alpn: ['h2', 'http/1.1'] }),
});

const shown = 192; // bytes: the ServerHello and what follows it; the hash stands for the rest
/** What was said, as evidence for the paths. */
export const witness = (
  { sent, received, at, unopened }: Pick<Attempt, 'sent' | 'received' | 'at' | 'unopened'>,
  { paths, by, reproduce }: { readonly paths: readonly string[]; readonly by: string; readonly reproduce?: readonly string[] | undefined },
): Evidence =>
  evidence({
    paths,
    by,
    at,
    sent: unopened ? dialogueText(sent) : Buffer.from(sent).toString('hex'),
    received: unopened ? dialogueText(received) : Buffer.from(received.subarray(0, shown)).toString('hex'),
    ...(received.length > shown && { raw: { sha256: createHash('sha256').update(received).digest('hex'), bytes: received.length } }),
    ...(reproduce && { reproduce }),
  });
