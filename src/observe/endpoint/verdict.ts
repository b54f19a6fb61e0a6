import type { Reason, Verify } from '../../facts/verify.ts';
import type { Gap, GapCode } from '../../model/observation.ts';
import { all, type Held } from '../../x509/held.ts';
import type { Judgement } from '../../x509/chain.ts';

/** What OpenSSL said: of the chain (a name for why not), and by its own check of the name. */
export interface Client {
  readonly authorized: boolean;
  readonly refusal?: string;
  readonly nameMatches: boolean;
}
type Reasons = Readonly<Record<Reason, Held>>;
type VerifyPath = keyof Verify;
export interface Verdict {
  readonly facts: Verify;
  readonly gaps: readonly { readonly path: VerifyPath; readonly code: GapCode; readonly detail: string }[];
}

const paths: Readonly<Record<Reason, VerifyPath>> = {
  trust: 'trusted',
  name: 'nameMatches',
  dates: 'datesValid',
  purpose: 'purposeValid',
  constraints: 'constraintsValid',
  signature: 'signaturesValid',
};
const ofChain = ['trust', 'dates', 'purpose', 'constraints', 'signature'] as const;
const reasons = ['trust', 'name', 'dates', 'purpose', 'constraints', 'signature'] as const;
/** What OpenSSL names → the reasons that it may be about. Other codes may be about any. */
const refusals: ReadonlyMap<string, readonly Reason[]> = new Map<string, readonly Reason[]>([
  ['UNABLE_TO_GET_ISSUER_CERT', ['trust']],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', ['trust']],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', ['trust']],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', ['trust']],
  ['SELF_SIGNED_CERT_IN_CHAIN', ['trust']],
  ['CERT_UNTRUSTED', ['trust']],
  ['CERT_NOT_YET_VALID', ['dates']],
  ['CERT_HAS_EXPIRED', ['dates']],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', ['dates']],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', ['dates']],
  ['INVALID_PURPOSE', ['purpose', 'constraints']], // of an issuer without cA too
  ['INVALID_CA', ['purpose', 'constraints']],
  ['PATH_LENGTH_EXCEEDED', ['constraints']],
  ['CERT_SIGNATURE_FAILURE', ['signature']],
]);

/**
 * Joins two opinions. Where OpenSSL and our own reading contradict each other, neither counts: the verdict and the reasons concerned are gaps.
 * Without a client there is no verdict, and what we computed ourselves still stands.
 */
export function verdict(judged: Judgement, name: Held, client: Client | undefined, problem: Pick<Gap, 'code' | 'detail'>): Verdict {
  const ours: Reasons = {
    trust: judged.trust,
    name,
    dates: judged.dates,
    purpose: judged.purpose,
    constraints: judged.constraints,
    signature: judged.signature,
  };
  const { disputed, accepted } = client ? compare(ours, client) : { disputed: new Set<Reason>(), accepted: undefined };
  const certain = (reason: Reason): boolean | undefined => (disputed.has(reason) || typeof ours[reason] === 'string' ? undefined : ours[reason]);
  const failed = reasons.filter((reason) => certain(reason) === false);
  const missed = accepted === true ? [] : accepted === false && failed.length > 0 ? failed : undefined;
  const trusted = certain('trust');
  const undecided = accepted !== undefined ? [] : [client ? gap('accepted', 'conflict', contradiction) : { path: 'accepted' as const, ...problem }];
  return {
    facts: {
      ...(accepted !== undefined && { accepted }),
      ...Object.fromEntries(reasons.flatMap((reason) => (certain(reason) === undefined ? [] : [[paths[reason], certain(reason)]]))),
      ...(missed && { missed }),
      ...(trusted !== undefined && judged.anchor && { anchor: judged.anchor }),
      ...(trusted !== undefined && judged.trustProblem && { trustProblem: judged.trustProblem }),
    },
    gaps: [
      ...undecided,
      ...(missed ? [] : [{ path: 'missed' as const, ...(client ? undecidedReasons : problem) }]),
      ...(trusted === false ? [gap('anchor', 'unprovable', 'the chain leads to no root of this scan')] : []),
      ...reasons.flatMap((reason) => gapsOf(reason, ours[reason], disputed.has(reason))),
    ],
  };
}
const contradiction = 'OpenSSL and our own reading of the chain contradict each other';
const undecidedReasons = { code: 'unprovable', detail: 'not every reason is decided' } as const;
const gap = (path: VerifyPath, code: GapCode, detail: string): Verdict['gaps'][number] => ({ path, code, detail });

function gapsOf(reason: Reason, ours: Held, disputed: boolean): Verdict['gaps'] {
  if (typeof ours === 'boolean' && !disputed) return [];
  const why = disputed
    ? gap(paths[reason], 'conflict', contradiction)
    : gap(paths[reason], typeof ours === 'string' ? ours : 'unexpected', details[String(ours)] ?? '');
  return reason === 'trust' ? [why, { ...why, path: 'trustProblem' }, { ...why, path: 'anchor' }] : [why];
}
const details: Readonly<Record<string, string>> = {
  unprovable: 'the chain as sent does not reach a root, and what lies above it was not seen',
  malformed: 'a certificate or an extension of it cannot be read',
  'too-large': 'a certificate is larger than what is read',
  unsupported: 'a kind of key, signature or name that is not known here',
  budget: 'too many ways lead through this chain',
};

function compare(ours: Reasons, { authorized, refusal = '', nameMatches }: Client): { readonly disputed: ReadonlySet<Reason>; readonly accepted?: boolean } {
  const chain = all(ofChain.map((reason) => ours[reason]));
  const about = refusals.get(refusal);
  const doubted: readonly Reason[] = authorized
    ? ofChain.filter((reason) => ours[reason] === false)
    : about
      ? about.filter(() => about.every((reason) => ours[reason] === true))
      : chain === true
        ? ofChain
        : [];
  const named = typeof ours.name === 'boolean' && ours.name !== nameMatches;
  const disputed = new Set<Reason>([...doubted, ...(named ? ['name' as const] : [])]);
  const sure = !named && (authorized ? chain !== false : chain !== true);
  // A name that both refuse, or a chain that both refuse, settles it whatever the rest is worth.
  const refused = (!authorized && chain === false) || (ours.name === false && !nameMatches);
  return { disputed, ...(refused ? { accepted: false } : sure && { accepted: authorized && nameMatches }) };
}
