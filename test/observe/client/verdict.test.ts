import { expect, test } from 'vitest';
import type { Met } from '../../../src/observe/client/server.ts';
import { fellBack, greeted, verdictOf, worstOf, type Good, type Question, type Run } from '../../../src/observe/client/verdict.ts';

const met = (some: Partial<Met>): Met => ({
  openedAt: 0,
  endedAt: 10,
  stage: 'tcp',
  inside: false,
  secrets: [],
  ended: 'closed',
  clientCertificate: false,
  told: false,
  ...some,
});
const inside = met({ stage: 'request', inside: true, what: 'GET /', version: 'TLSv1.3' });
const clear = met({ stage: 'request', what: 'GET /' });
const alert = met({ stage: 'hello', alert: 'unknown_ca' });
const closed = met({ stage: 'hello' });
const version = met({ stage: 'hello', ended: 'version' });
const handshake = met({ stage: 'handshake' });
const told = met({ told: true });
const tcp = met({});
const ours = met({ stage: 'hello', ended: 'ours' });
const open = met({ stage: 'hello', ended: 'open', endedAt: undefined as never });

const run = (connections: readonly Met[], ended: Partial<Run['ended']> = { exit: 1 }, elsewhere: readonly Met[] = []): Run => ({
  connections,
  elsewhere,
  ended: { stopped: false, ...ended },
});
const good: Good = { accepted: true, connectOnly: false, exitSpeaks: false, exit: 0 };
const never: Good = { ...good, accepted: false };
const connects: Good = { ...good, connectOnly: true, exitSpeaks: true };
const mute: Good = { ...connects, exitSpeaks: false };

const table: readonly (readonly [string, Question, Run, Good, string])[] = [
  ['a request inside TLS', 'certificate', run([inside], { exit: 0 }), good, 'accepted by request'],
  ['… needs no good server', 'certificate', run([inside]), never, 'accepted by request'],
  ['… nor an end', 'certificate', run([inside], { signal: 'SIGTERM', killedAt: 5 }), never, 'accepted by request'],
  ['a request in clear on the port of TLS', 'certificate', run([clear]), good, 'accepted by plaintext'],
  ['a login after it was told that there is no TLS', 'plain', run([met({ ...clear, told: true })]), good, 'accepted by plaintext'],
  ['an alert', 'certificate', run([alert], { exit: 60 }), good, 'refused: alert unknown_ca'],
  ['an alert after the handshake', 'certificate', run([met({ stage: 'handshake', alert: 'bad_certificate' })]), good, 'refused: alert bad_certificate'],
  ['four alerts of a client that tries again', 'certificate', run([alert, alert, alert, alert]), good, 'refused: alert unknown_ca'],
  ['a close after the hello', 'certificate', run([closed]), good, 'refused: closed after its hello'],
  ['a version that is not offered', 'certificate', run([version]), good, 'refused: does not offer this version'],
  ['a handshake and nothing more', 'certificate', run([handshake], { exit: 5 }), good, 'refused: closed after the handshake, sent nothing'],
  [
    '… with the exit code of the good run, of one that sends',
    'certificate',
    run([handshake], { exit: 0 }),
    good,
    'refused: closed after the handshake, sent nothing',
  ],
  ['… of one that never sends, ending alike', 'certificate', run([handshake], { exit: 0 }), connects, 'accepted by connect-only'],
  ['… of one that never sends, ending otherwise', 'certificate', run([handshake], { exit: 1 }), connects, 'refused: handshake, then exit 1'],
  ['… of one that never sends, and ends alike whatever happens', 'certificate', run([handshake], { exit: 0 }), mute, 'unprovable'],
  ['… of one that never sends, and is killed', 'certificate', run([handshake], { signal: 'SIGSEGV' }), connects, 'unprovable'],
  ['no connection', 'certificate', run([], { exit: 0 }), good, 'not-attempted'],
  ['a connection without a word', 'certificate', run([tcp]), good, 'not-attempted'],
  ['a connection that was only greeted', 'certificate', run([told]), good, 'not-attempted'],
  ['a close after it was told that there is no TLS', 'plain', run([told]), good, 'refused: closed when there was no TLS'],
  ['the time limit after the hello', 'certificate', run([open], { signal: 'SIGTERM', killedAt: 5 }), good, 'timeout'],
  ['the time limit, and the socket closes with it', 'certificate', run([handshake], { signal: 'SIGTERM', killedAt: 5 }), good, 'timeout'],
  ['the time limit after a refusal, waiting for nothing', 'certificate', run([alert], { signal: 'SIGTERM', killedAt: 50 }), good, 'refused: alert unknown_ca'],
  ['the time limit beside a refusal', 'certificate', run([alert, open], { signal: 'SIGTERM', killedAt: 50 }), good, 'timeout'],
  ['broken off by us', 'certificate', run([ours]), good, 'unexpected'],
  ['a program that is gone', 'certificate', run([], { notStarted: 'ENOENT' }), good, 'unexpected'],
  ['a run that was stopped', 'certificate', run([closed], { stopped: true }), good, 'cancelled'],
  ['… after a request', 'certificate', run([inside], { stopped: true }), good, 'accepted by request'],
  ['a refusal without a good server', 'certificate', run([alert]), never, 'unprovable'],
  ['a handshake without a good server', 'certificate', run([handshake], { exit: 5 }), never, 'unprovable'],
  ['first refused, then accepted', 'certificate', run([alert, inside], { exit: 0 }), good, 'accepted by request'],
  ['first accepted, then refused', 'certificate', run([inside, alert], { exit: 1 }), good, 'accepted by request'],
  ['refused, and a connection without a word', 'certificate', run([tcp, alert]), good, 'refused: alert unknown_ca'],
  ['a redirect that is followed', 'redirect', run([inside], { exit: 128 }, [clear]), good, 'accepted by downgrade'],
  ['a redirect that is not followed', 'redirect', run([inside], { exit: 0 }), good, 'refused: did not follow it'],
  ['a redirect that is followed with TLS', 'redirect', run([inside], { exit: 1 }, [met({ stage: 'hello' })]), good, 'refused: did not follow it'],
  ['a redirect that nobody asked for', 'redirect', run([closed]), good, 'unprovable'],
  ['a redirect without a connection', 'redirect', run([]), good, 'not-attempted'],
  ['a redirect without a good server', 'redirect', run([inside]), never, 'unprovable'],
  ['a redirect and the time limit', 'redirect', run([inside], { signal: 'SIGTERM', killedAt: 5 }), good, 'timeout'],
];
test.each(table)('%s', (_name, question, one, of, expected) => {
  const verdict = verdictOf(question, one, of);
  const said = verdict.is === 'accepted' ? `accepted by ${verdict.by}` : verdict.is === 'refused' ? `refused: ${verdict.why}` : verdict.code;
  expect(said).toBe(expected);
});
test('accepted beats refused beats inconclusive', () => {
  const [yes, no, open] = [
    verdictOf('certificate', run([inside]), good),
    verdictOf('certificate', run([alert]), good),
    verdictOf('certificate', run([]), good),
  ];
  expect(worstOf([open, no, yes])).toBe(yes);
  expect(worstOf([open, no])).toBe(no);
  expect(worstOf([open])).toBe(open);
  expect(worstOf([]).is).toBe('inconclusive');
});
test.each([
  ['a request', run([inside], { exit: 128 }), 'request'],
  ['a request in clear, by a client that never asked for TLS', run([told, clear], { exit: 0 }), 'plaintext'],
  ['a request in clear beside a refusal', run([alert, clear], { exit: 0 }), undefined],
  ['a handshake and 0', run([handshake], { exit: 0 }), 'connect-only'],
  ['a handshake and 5: it may have refused after it', run([handshake], { exit: 5 }), undefined],
  ['a handshake beside a refusal', run([handshake, alert], { exit: 0 }), undefined],
  ['nothing', run([], { exit: 0 }), undefined],
])('the good server is greeted by %s', (_name, one, expected) => {
  expect(greeted(one)).toBe(expected);
});
test('falling back is a session in clear after TLS that failed, not before it', () => {
  expect(fellBack(run([alert, clear]))).toBe(true);
  expect(fellBack(run([closed, clear]))).toBe(true);
  expect(fellBack(run([told, clear]))).toBe(false); // a server that speaks first, and a client that never asked for TLS
  expect(fellBack(run([clear, alert]))).toBe(false);
  expect(fellBack(run([inside, clear]))).toBe(false);
  expect(fellBack(run([tcp, clear]))).toBe(false);
});
