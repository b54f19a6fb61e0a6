import { createHash } from 'node:crypto';
import { LoginMethod, type Plaintext } from '../../facts/plaintext.ts';
import type { Evidence, Gap } from '../../model/observation.ts';
import type { Endpoint } from '../../model/source.ts';
import { evidence } from '../../util/evidence.ts';
import { reason } from '../../util/gap.ts';
import { pause } from '../../util/limit.ts';
import { clean } from '../../util/text.ts';
import type { EndpointContext } from './context.ts';
import { dialogueText } from './opening.ts';
import { converse, type Talk, type Talked } from './converse.ts';

export const id = 'plaintext';
/** Nobody of this name should exist anywhere; no secret is ever sent with it. */
export const nobody = 'encaudit_probe';

export interface Outcome {
  readonly facts: Plaintext;
  readonly gaps: readonly Gap[];
  readonly evidence: readonly Evidence[];
}
export type Ask = (target: Endpoint, context: EndpointContext) => Promise<Outcome>;
export type Why = Pick<Gap, 'code' | 'detail'>;
export type Field = keyof Plaintext;

/** One dialogue, when it was held, and how often it was tried. */
export interface Held extends Talked {
  readonly at: string;
  readonly tries: number;
}
const waits = [0, 200, 600]; // milliseconds: what may pass is tried twice more

/** Holds a dialogue. Only one that met with no word at all is held again: whoever has answered is not asked twice. */
export async function hold(target: Endpoint, talk: () => Talk, context: EndpointContext): Promise<Held> {
  let held: Held | undefined;
  for (const [before, wait] of waits.entries()) {
    if (wait > 0) await pause(wait, context.signal);
    const at = context.now().toISOString();
    held = { ...(await converse(target, talk(), context)), at, tries: before + 1 };
    if (held.received.length > 0 || !mayPass.has(whyNot(held).code)) break;
  }
  if (held === undefined) throw new TypeError('held at least once');
  return held;
}
const mayPass: ReadonlySet<Gap['code']> = new Set(['timeout', 'reset', 'closed']);

/** Why a dialogue came to no end. */
export function whyNot({ failure, received }: Talked): Why {
  if (!(failure instanceof Error)) return { code: failure ?? 'malformed', detail: `after ${received.length} bytes` };
  const why = reason(failure);
  return why.code === 'bug' ? { code: 'unsupported', detail: 'the TLS client of Node cannot finish this handshake' } : why;
}
/** The server ended it without a word, or with a TLS alert (RFC 8446 5.1): it may want TLS first. */
export const isTurnedAway = (held: Talked): boolean =>
  isAlert(held.received) || (held.received.length === 0 && (held.failure === 'closed' || whyNot(held).code === 'reset'));
const isAlert = (received: Uint8Array): boolean => received.length >= 2 && received[0] === 0x15 && received[1] === 0x03;

/** Facts of a service that goes on with a login in clear. */
export const asking = (methods: readonly LoginMethod[], clearPassword: boolean | undefined): Pick<Plaintext, 'methods' | 'clearPassword'> => ({
  methods: LoginMethod.options.filter((one) => methods.includes(one)),
  ...(clearPassword !== undefined && { clearPassword }),
});
export const nothingAsked: Pick<Plaintext, 'methods' | 'clearPassword'> = { methods: [], clearPassword: false };

/** What is known, what is not and why, and the records of all that was said. */
export const outcome = (facts: Plaintext, records: readonly Recorded[], missing: readonly Field[] = [], why?: Why): Outcome => {
  const kept = records.map(({ record }) => record);
  const tries = Math.max(1, ...records.map(({ held }) => held.tries));
  const gap = (field: Field): Gap => ({
    path: `plaintext.${field}`,
    code: why?.code ?? 'unexpected',
    by: id,
    detail: why?.detail ?? '',
    tries,
    evidence: kept.map((record) => record.id),
  });
  return { facts, gaps: missing.map(gap), evidence: kept };
};
export interface Recorded {
  readonly held: Held;
  readonly record: Evidence;
}
const shown = { bytes: 192, text: 1024 }; // whatever decides stands there; the hash stands for the rest
/** What was said, as bytes where the protocol is made of them, else as text. */
export function recorded(held: Held, { as, reproduce }: { readonly as: 'bytes' | 'text'; readonly reproduce: readonly string[] }): Recorded {
  const show = (bytes: Buffer): string => (as === 'bytes' ? bytes.toString('hex') : clean(dialogueText(bytes)));
  const { sent, received, at, encrypted } = held;
  const how = encrypted ? 'inside TLS' : 'without TLS';
  return {
    held,
    record: evidence({
      paths: ['plaintext'],
      by: id,
      at,
      sent: `${how}: ${show(sent)}`,
      received: show(received.subarray(0, shown[as])) || clean(whyNot(held).code),
      ...(received.length > shown[as] && { raw: { sha256: createHash('sha256').update(received).digest('hex'), bytes: received.length } }),
      reproduce,
    }),
  };
}
