import type { GapCode } from '../../model/observation.ts';
import type { Ended } from './process.ts';
import type { Met } from './server.ts';

/** One run of the command against one server. */
export interface Run {
  readonly connections: readonly Met[];
  readonly elsewhere: readonly Met[];
  readonly ended: Pick<Ended, 'exit' | 'signal' | 'notStarted' | 'killedAt' | 'stopped'>;
}
/** How the same command met the good server, in the same environment. */
export interface Good {
  /** It was accepted, before the bad ones and after them. */
  readonly accepted: boolean;
  /** By a handshake alone: it sends nothing even to a good server, and its exit code has to speak. */
  readonly connectOnly: boolean;
  /** The exit code was seen to differ where no handshake was possible: a command that ends alike whatever happens says nothing by it. */
  readonly exitSpeaks: boolean;
  readonly exit?: number;
}
/** What a case is about. `certificate`: anything that shows in the handshake; `plain`: a server that has no TLS, or breaks it off. */
export type Question = 'certificate' | 'redirect' | 'plain';

export type Verdict =
  | { readonly is: 'accepted'; readonly by: 'request' | 'plaintext' | 'connect-only' | 'downgrade'; readonly why: string }
  | { readonly is: 'refused'; readonly why: string }
  | { readonly is: 'inconclusive'; readonly code: GapCode; readonly why: string };

const refused = (why: string): Verdict => ({ is: 'refused', why });
const inconclusive = (code: GapCode, why: string): Verdict => ({ is: 'inconclusive', code, why });

/** What one connection says by itself. */
type Row = 'request' | 'plaintext' | 'hung' | 'alert' | 'version' | 'closed' | 'told' | 'handshake' | 'ours' | 'tcp';
function rowOf(met: Met, { killedAt }: Run['ended']): Row {
  if (met.stage === 'request') return met.inside ? 'request' : 'plaintext';
  if (met.ended === 'ours') return 'ours';
  if (met.alert !== undefined && met.alert !== 'close_notify') return 'alert';
  if (met.ended === 'version') return 'version';
  const hung = killedAt !== undefined && (met.endedAt === undefined || met.endedAt >= killedAt);
  if (hung && (met.stage !== 'tcp' || met.told)) return 'hung';
  if (met.stage === 'handshake') return 'handshake';
  if (met.stage === 'hello') return 'closed';
  return met.told ? 'told' : 'tcp';
}

/**
 * The verdict table of clients.md §5. An acceptance needs nothing else; a refusal counts only where the good server was accepted. Of several connections the one
 * that says most counts: a script may verify in its first and not in its second.
 */
export function verdictOf(question: Question, run: Run, good: Good): Verdict {
  const rows = new Map(run.connections.map((met) => [rowOf(met, run.ended), met] as const));
  if (question === 'redirect') return redirected(run, rows, good);
  const request = rows.get('request');
  if (request) return { is: 'accepted', by: 'request', why: `sent ${request.what ?? 'data'}${request.version ? ` over ${request.version}` : ''}` };
  const plaintext = rows.get('plaintext');
  if (plaintext) return { is: 'accepted', by: 'plaintext', why: `sent ${plaintext.what ?? 'data'} in clear` };
  const answer = withoutRequest(question, run, rows, good);
  return answer.is === 'refused' && !good.accepted ? unprovable : answer;
}
const unprovable = inconclusive('unprovable', 'refused as the good server was, which proves nothing');

function withoutRequest(question: Question, { ended, connections }: Run, rows: ReadonlyMap<Row, Met>, good: Good): Verdict {
  if (ended.notStarted !== undefined) return inconclusive('unexpected', `could not be started this time (${ended.notStarted})`);
  if (ended.stopped) return inconclusive('cancelled', 'stopped before it had ended');
  if (rows.has('hung')) return inconclusive('timeout', 'sent nothing before the time limit');
  const handshake = rows.get('handshake');
  const silent = handshake && good.connectOnly ? afterHandshake(ended, good) : refused('closed after the handshake, sent nothing');
  if (silent.is !== 'refused') return silent;
  const alert = rows.get('alert');
  if (alert) return refused(`alert ${alert.alert}`);
  if (rows.has('closed')) return refused('closed after its hello');
  if (rows.has('version')) return refused('does not offer this version');
  if (handshake) return silent;
  if (rows.has('told') && question === 'plain') return refused('closed when there was no TLS');
  if (rows.has('ours')) return inconclusive('unexpected', 'broken off by our side');
  return connections.length === 0 ? inconclusive('not-attempted', 'did not connect') : inconclusive('not-attempted', 'connected, and said nothing');
}
/** Only a command that sends nothing to a good server either is judged by its exit code. */
function afterHandshake(ended: Run['ended'], good: Good): Verdict {
  if (ended.exit === undefined || good.exit === undefined) return inconclusive('unprovable', 'sends nothing, and did not end by itself');
  if (ended.exit !== good.exit) return refused(`handshake, then exit ${ended.exit}`);
  if (!good.exitSpeaks)
    return inconclusive(
      'unprovable',
      `sends nothing to a good server either, and ends with ${good.exit} whatever happens: nothing tells acceptance from refusal`,
    );
  return { is: 'accepted', by: 'connect-only', why: `handshake, then exit ${ended.exit} as with the good server` };
}

/** The redirecting server is a good one: what counts is whether the client then asks in clear. */
function redirected({ ended, elsewhere, connections }: Run, rows: ReadonlyMap<Row, Met>, good: Good): Verdict {
  const followed = elsewhere.find(({ stage, inside }) => stage === 'request' && !inside);
  if (followed) return { is: 'accepted', by: 'downgrade', why: `followed it, and sent ${followed.what ?? 'data'} in clear` };
  if (ended.notStarted !== undefined) return inconclusive('unexpected', `could not be started this time (${ended.notStarted})`);
  if (ended.stopped) return inconclusive('cancelled', 'stopped before it had ended');
  if (ended.killedAt !== undefined) return inconclusive('timeout', 'did not end before the time limit');
  if (!rows.has('request'))
    return connections.length === 0
      ? inconclusive('not-attempted', 'did not connect')
      : inconclusive('unprovable', 'did not ask for anything, so it was not redirected');
  return good.accepted ? refused('did not follow it') : unprovable;
}

/** Of several runs: accepted beats refused beats inconclusive; of two alike the first. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  const order = ['accepted', 'refused', 'inconclusive'] as const;
  for (const is of order) {
    const found = verdicts.find((verdict) => verdict.is === is);
    if (found) return found;
  }
  return inconclusive('not-attempted', 'was not run');
}

/**
 * Was the good server accepted in this run? `plaintext`: in clear, by a client that never asked for TLS. `connect-only`: a handshake, an end of its own with 0,
 * and nothing refused on the way.
 */
export function greeted(run: Run): 'request' | 'plaintext' | 'connect-only' | undefined {
  const rows = new Set(run.connections.map((met) => rowOf(met, run.ended)));
  const none = (...but: readonly Row[]): boolean => [...rows].every((row) => but.includes(row));
  if (rows.has('request')) return 'request';
  if (rows.has('plaintext') && none('plaintext', 'tcp', 'told')) return 'plaintext';
  return rows.has('handshake') && none('handshake', 'tcp') && run.ended.exit === 0 ? 'connect-only' : undefined;
}
/** A session in clear after TLS had failed, in one run: what a middleman waits for. */
export function fellBack(run: Run): boolean {
  return run.connections.some(
    (met, at) =>
      rowOf(met, run.ended) === 'plaintext' &&
      run.connections.slice(0, at).some((before) => ['alert', 'version', 'closed', 'handshake', 'ours'].includes(rowOf(before, run.ended))),
  );
}
/** TLS was tried at all. */
export const triedTls = (run: Run): boolean => run.connections.some(({ hello, told }) => hello !== undefined || told);
/** What came inside TLS, or would have: without the connections in clear. */
export const insideAlone = (run: Run): Run => ({ ...run, connections: run.connections.filter((met) => rowOf(met, run.ended) !== 'plaintext') });
