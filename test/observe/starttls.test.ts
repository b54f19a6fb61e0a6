import { createServer, type Socket } from 'node:net';
import { createServer as createTls, TLSSocket, createSecureContext } from 'node:tls';
import { expect, test } from 'vitest';
import type { Protocol } from '../../src/facts/service.ts';
import type { Gap, Observation } from '../../src/model/observation.ts';
import { certificateChain } from '../../src/observe/endpoint/certificate-chain.ts';
import { clientAuth } from '../../src/observe/endpoint/client-auth.ts';
import { httpSecurity } from '../../src/observe/endpoint/http-security.ts';
import { observeAddress } from '../../src/observe/endpoint/schedule.ts';
import { tlsWeakSuites } from '../../src/observe/endpoint/tls-weak-suites.ts';
import { selfSigned } from '../support/certificate.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { listen } from '../support/listen.ts';

const identity = selfSigned();
const reads = new Set(['tls.versions', 'tls.weakSuites', 'certificate.chain', 'verify.accepted', 'clientAuth.mode', 'http.hsts']);
interface Seen {
  readonly facts: Readonly<Record<string, Record<string, unknown>>>;
  readonly gaps: readonly Gap[];
  readonly first: Observation;
  readonly started: number;
}
async function look(protocol: Protocol, port: number, { timeoutMs = 3000, signal = AbortSignal.timeout(15_000) } = {}): Promise<Seen> {
  const context = endpointContext({ protocol, timeoutMs, signal, now: () => new Date() });
  const target = { name: 'localhost', address: '127.0.0.1', port, servername: 'localhost' };
  const all = await observeAddress(target, context, [tlsWeakSuites, clientAuth, certificateChain, httpSecurity], reads);
  const [first] = all;
  if (!first) throw new Error('nothing');
  const facts: Record<string, Record<string, unknown>> = {};
  for (const one of all) for (const [name, value] of Object.entries(one.facts)) facts[name] = { ...facts[name], ...(value as Record<string, unknown>) };
  return { facts, gaps: all.flatMap(({ gaps }) => gaps), first, started: context.started() };
}
const fake = (talk: (socket: Socket) => void): Promise<number> => listen(createServer((socket) => talk(socket.on('error', () => {}))));
/** Answers each line with what the script says of its first word; `heard` collects the lines. */
const inLines =
  (greeting: string, script: Readonly<Record<string, string | ((socket: Socket) => void)>>, heard: string[] = []) =>
  (socket: Socket): void => {
    socket.write(greeting);
    const listener = (chunk: Buffer): void => {
      for (const line of chunk
        .toString('latin1')
        .split('\r\n')
        .filter((one) => one !== '')) {
        heard.push(line);
        const answer = script[line.replace(/^[ab] /, '').split(' ', 1)[0] ?? ''];
        if (typeof answer === 'string') socket.write(answer);
        else if (answer) {
          socket.off('data', listener);
          answer(socket);
        }
      }
    };
    socket.on('data', listener);
  };
const secureContext = createSecureContext({ ...identity, minVersion: 'TLSv1.2' });
const server = createTls({ ...identity, minVersion: 'TLSv1.2' }).on('tlsClientError', () => {});
/** From here on TLS, by Node's own server. */
const secure = (answer: string) => (socket: Socket) => {
  socket.write(answer);
  new TLSSocket(socket, { isServer: true, secureContext, server }).on('error', () => {});
};
const smtp = { EHLO: '250-mx\r\n250 STARTTLS\r\n', QUIT: '221 bye\r\n' };
const about = (seen: Seen, path: string): Gap | undefined => seen.gaps.find((gap) => gap.path === path);

test.each<[Protocol, (socket: Socket) => void]>([
  ['smtp', inLines('220 mx ESMTP\r\n', { ...smtp, STARTTLS: secure('220 go\r\n') })],
  ['imap', inLines('* OK\r\n', { CAPABILITY: '* CAPABILITY STARTTLS\r\na OK\r\n', STARTTLS: secure('b OK\r\n') })],
  ['pop3', inLines('+OK\r\n', { CAPA: '+OK\r\nSTLS\r\n.\r\n', STLS: secure('+OK\r\n') })],
  ['postgres', (socket) => socket.once('data', () => secure('S')(socket))],
  ['ldap', (socket) => socket.once('data', () => secure(Buffer.from('300c02010178070a010004000400', 'hex').toString('latin1'))(socket))],
])('%s: every probe works through the dialogue', async (protocol, talk) => {
  const seen = await look(protocol, await fake(talk));
  expect(seen.gaps.filter(({ path }) => path.startsWith('tls') || path.startsWith('certificate.chain') || path.startsWith('clientAuth'))).toEqual([]);
  const versions = seen.facts['tls']?.['versions'] as readonly { readonly name: string; readonly accepted?: boolean }[];
  expect(versions.flatMap(({ name, accepted }) => (accepted ? [name] : []))).toEqual(['TLSv1.2', 'TLSv1.3']);
  expect(seen.facts).toMatchObject({
    verify: { accepted: false, trustProblem: 'self-signed-leaf' },
    clientAuth: { mode: 'not-requested' },
    http: { spoken: false },
  });
  expect(seen.first.evidence.at(-1)?.reproduce).toEqual(expect.arrayContaining(['-starttls', protocol]));
  expect(seen.first.evidence.at(-1)?.sent).toMatch(/^1603/); // the hello, not the dialogue before it
});
test('no STARTTLS: a fact, one connection, a farewell, and no TLS byte', async () => {
  const heard: string[] = [];
  const seen = await look('imap', await fake(inLines('* OK\r\n', { CAPABILITY: '* CAPABILITY IMAP4rev1\r\na OK\r\n' }, heard)));
  expect([seen.facts['tls'], seen.started, heard]).toEqual([{ offered: false }, 1, ['a CAPABILITY', 'z LOGOUT']]);
  expect(seen.first).toMatchObject({ gaps: [], evidence: [{ sent: 'a CAPABILITY ⏎ z LOGOUT', received: '* OK ⏎ * CAPABILITY IMAP4rev1 ⏎ a OK' }] });
});
test.each<[string, Protocol, (socket: Socket) => void, string, RegExp]>([
  ['a server that refuses us', 'smtp', inLines('554 no\r\n', {}), 'access-denied', /^greets with 554$/],
  ['TLS that is not available now', 'smtp', inLines('220 mx\r\n', { ...smtp, STARTTLS: '454 not now\r\n' }), 'unexpected', /454/],
  ['another protocol', 'smtp', (socket) => socket.end('SSH-2.0-x\r\n'), 'malformed', /not an answer of SMTP/],
  ['garbage', 'mysql', (socket) => socket.end(Buffer.alloc(100, 0x99)), 'malformed', /not a greeting of MySQL/],
  ['a blocked host', 'mysql', (socket) => socket.end(Buffer.from('07000000ff6904626c636b', 'hex')), 'access-denied', /1129/],
  [
    'an error in place of S or N',
    'postgres',
    (socket) => socket.once('data', () => socket.end(Buffer.from('450000000c433537503033000000', 'hex').subarray(0, 13))),
    'unexpected',
    /57P03/,
  ],
  ['LDAP result 52', 'ldap', (socket) => socket.once('data', () => socket.end(Buffer.from('300c02010178070a013404000400', 'hex'))), 'unexpected', /result 52/],
  ['a greeting without end', 'pop3', (socket) => void socket.write(`+OK ${'x'.repeat(70_000)}`), 'too-large', /before TLS/],
  ['an end in the middle', 'imap', (socket) => socket.end('* OK'), 'closed', /before TLS/],
])('%s is a gap for everything, and one cause', async (_name, protocol, talk, code, detail) => {
  const seen = await look(protocol, await fake(talk));
  expect(seen.facts['tls']).toBeUndefined();
  expect(about(seen, 'tls.offered')).toMatchObject({ code, detail: expect.stringMatching(detail), by: 'tls-versions' });
  expect(new Set(seen.gaps.map((gap) => `${gap.by} ${gap.code}`))).toEqual(new Set([`tls-versions ${code}`]));
  expect(seen.first.evidence[0]?.received).toBeTruthy();
});
test('a greeting that comes byte by byte wins no time', async () => {
  const seen = await look(
    'smtp',
    await fake((socket) => {
      const drip = setInterval(() => socket.write('2'), 50);
      socket.once('close', () => clearInterval(drip));
    }),
    { timeoutMs: 400 },
  );
  expect(about(seen, 'tls.offered')).toMatchObject({ code: 'timeout', detail: 'no answer in time, before TLS', tries: 3 });
  expect(seen.started).toBe(3);
});
test.each<[Protocol, (socket: Socket) => void]>([
  ['postgres', (socket) => socket.once('data', () => socket.write('SR\0\0\0\x08'))],
  ['smtp', inLines('220 mx\r\n', { ...smtp, STARTTLS: '220 go\r\n250 injected\r\n' })],
])('%s: bytes behind the go-ahead are a gap, and no hello is sent', async (protocol, talk) => {
  let bytes = 0;
  const seen = await look(
    protocol,
    await fake((socket) => {
      talk(socket);
      socket.on('data', (chunk: Buffer) => {
        if (chunk[0] === 22) bytes += chunk.length;
      });
    }),
  );
  expect(about(seen, 'tls.offered')).toMatchObject({ code: 'malformed', detail: expect.stringContaining('CVE-2021-23222') });
  expect([bytes, seen.started, seen.facts['tls']]).toEqual([0, 1, undefined]);
});
test('421: asked again later, one at a time; then a gap', async () => {
  let count = 0;
  const port = await fake((socket) => {
    if (count++ < 1) socket.end('421 too many\r\n');
    else inLines('220 mx\r\n', { EHLO: '250 mx\r\n', QUIT: '221 bye\r\n' })(socket);
  });
  const seen = await look('smtp', port);
  expect(seen.facts['tls']).toEqual({ offered: false });
  expect(seen.started).toBe(2);
  const never = await look('smtp', await fake((socket) => socket.end('421 too many\r\n')));
  expect(about(never, 'tls.offered')).toMatchObject({ code: 'throttled', detail: 'greets with 421' });
  expect(never.started).toBe(3);
});
test.each<[string, string, boolean]>([
  ['Redis in clear', '+PONG\r\n', true],
  ['Redis in clear that wants a password', '-NOAUTH Authentication required.\r\n', true],
  ['something else', 'hello\r\n', false],
])('%s', async (_name, answer, known) => {
  const seen = await look('redis', await fake((socket) => socket.once('data', () => socket.end(answer))));
  expect(seen.facts['tls']?.['offered']).toBe(known ? false : undefined);
  if (known) expect(seen.first.evidence[0]?.reproduce).toEqual(['redis-cli', '-h', '127.0.0.1', '-p', expect.any(String), 'ping']);
  else expect(about(seen, 'tls.offered')).toBeDefined();
});
test('Redis with TLS is asked like any port that speaks it first', async () => {
  const port = await listen(createTls({ ...identity, minVersion: 'TLSv1.2' }).on('tlsClientError', () => {}));
  expect((await look('redis', port)).facts['tls']).toMatchObject({ offered: true });
});
test('an aborted signal ends it all', async () => {
  const seen = await look('smtp', await fake(() => {}), { signal: AbortSignal.abort() });
  expect(about(seen, 'tls.offered')).toMatchObject({ code: 'cancelled' });
});
