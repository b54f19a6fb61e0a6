import { constants } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, createSecureContext, type SecureContext, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Endpoint } from '../../model/source.ts';
import { replyReader, type Reply } from '../../wire/tls/reply.ts';
import { patiently, stopped, type Wire } from './exchange.ts';
import { begin, brokenOff, closed, hasOpening, type Unopened } from './opening.ts';

/** A handshake of Node's own client, without a certificate of ours, and what the server did with it. */
export interface ClientHandshake {
  /** The server's plaintext flight was read to its end in this very connection: what failed later was not about version or suite. */
  readonly flight: boolean;
  /** The client saw the server's Finished. */
  readonly finished: boolean;
  /** A fatal alert: its number, read from the wire or from OpenSSL's error. */
  readonly alert?: number;
  /** First bytes that the server sent inside the connection. */
  readonly answer?: Buffer;
  /** The server ended the connection; `failed`: our own side did, or nobody came to an end. */
  readonly end: 'answered' | 'alert' | 'closed' | 'timeout' | 'cancelled' | 'failed';
  /** TLS was not begun: the protocol's own dialogue did not come so far, and is what was sent and received. */
  readonly unopened?: Unopened;
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
}
export interface ClientHandshakeOptions {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** Sent once the handshake is done, to make the server say something. */
  readonly request?: string;
  /** Has the server said all that is wanted? Left out: the head of an HTTP answer, and of a refusal the start of its body. */
  readonly enough?: (answer: Buffer) => boolean;
}
const maxBytes = 131_072; // a handshake, and the longest response head that anyone reads

/**
 * RFC 5246 7.4.6, RFC 8446 4.4.2: a client without a certificate sends an empty list, and the server may go on or end it. In TLS 1.3 the client
 * is done before the server has judged; there a ticket, or an answer to the request, shows that it went on.
 */
export const clientHandshake = (endpoint: Endpoint, options: ClientHandshakeOptions, wire: Wire): Promise<ClientHandshake> =>
  patiently(
    () => shake(endpoint, options, wire),
    ({ unopened }) => unopened?.busy === true,
    wire,
  );

function shake(
  { address, port, servername }: Endpoint,
  { minVersion, maxVersion, request, enough = isLongOrWhole }: ClientHandshakeOptions,
  { signal, timeoutMs, protocol }: Pick<Wire, 'signal' | 'timeoutMs' | 'protocol'>,
): Promise<ClientHandshake> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve({ flight: false, finished: false, end: 'cancelled', sent: new Uint8Array(), received: new Uint8Array() });
      return;
    }
    const tcp = connectTcp({ host: address, port });
    const reader = replyReader();
    const chunks: Buffer[] = [];
    const written: Buffer[] = [];
    let [length, reply, finished, byPeer]: [number, Reply, boolean, boolean] = [0, { is: 'incomplete' }, false, false];
    let grace: NodeJS.Timeout | undefined;
    let tls: TLSSocket | undefined;
    let [opened, over] = [!hasOpening(protocol), false];
    const settle = (end: ClientHandshake['end'], seen: Pick<ClientHandshake, 'alert' | 'answer'> = {}, unopened?: Unopened): void => {
      if (over) return;
      over = true;
      clearTimeout(deadline);
      clearTimeout(grace);
      signal.removeEventListener('abort', abort);
      const before = opened || end === 'cancelled' ? undefined : (unopened ?? brokenOff(end === 'timeout' ? stopped('TimeoutError') : 'closed', opening));
      const result = {
        flight: reply.is === 'hello' && reply.flight.complete,
        finished,
        end,
        ...seen,
        sent: before?.sent ?? Buffer.concat(written),
        received: before?.received ?? Buffer.concat(chunks),
        ...(before && { unopened: before }),
      };
      if (unopened) return closed(tcp, () => resolve(result));
      resolve(result);
      tls?.destroy();
      tcp.destroy();
    };
    const abort = (): void => settle('cancelled');
    const deadline = setTimeout(() => settle('timeout'), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    const ended = (): void => {
      byPeer = true;
      grace ??= setTimeout(() => settle('closed'), 100); // an alert that came first is still on its way through OpenSSL
    };
    tcp
      .once('end', ended)
      .once('error', ended)
      .on('error', () => {});
    const opening = begin(tcp, protocol, (unopened) => {
      if (unopened) return settle('failed', {}, unopened);
      opened = true;
      secure();
    });
    function secure(): void {
      tcp.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxBytes) return settle('failed');
        chunks.push(chunk);
        reply = reader.push(chunk);
      });
      const client = connect({
        socket: through(tcp, written),
        secureContext: secureContext(minVersion, maxVersion),
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ...(servername && !isIP(servername) && { servername }),
        ...(request !== undefined && { ALPNProtocols: ['http/1.1'] }),
      });
      tls = client;
      client.once('secureConnect', () => {
        finished = true;
        if (request !== undefined) client.write(request);
        else if (client.getProtocol() !== 'TLSv1.3') settle('answered'); // the server's Finished came after it had judged us
      });
      client.on('session', () => {
        // TLS 1.3: a ticket mostly comes once the server is content, but from some before it has judged; an alert would follow at once.
        if (request === undefined && client.getProtocol() === 'TLSv1.3') grace ??= setTimeout(() => settle('answered'), Math.min(300, timeoutMs));
      });
      const said: Buffer[] = [];
      client.on('data', (chunk: Buffer) => {
        said.push(chunk);
        const answer = Buffer.concat(said);
        if (request === undefined || enough(answer)) settle('answered', { answer });
      });
      client.once('end', () => {
        if (said.length > 0) settle('answered', { answer: Buffer.concat(said) });
      });
      client.on('error', (error) => {
        const alert = alertOf(error) ?? (reply.is === 'alert' ? reply.code : undefined);
        if (alert !== undefined) settle('alert', { alert });
        else settle(byPeer ? 'closed' : 'failed');
      });
    }
  });
}
/** Head and the start of a body: enough of an HTTP answer to know it by. */
const isLongOrWhole = (answer: Buffer): boolean => {
  const head = answer.indexOf('\r\n\r\n');
  return answer.length >= 4096 || (head >= 0 && (answer.length > head + 4 || !/^HTTP\/1\.[01] 4/.test(answer.toString('latin1', 0, 10))));
};

/** OpenSSL's reason for an alert from the peer is 1000 and its number (SSL_AD_REASON_OFFSET); Node gives it in the error's number, or by name, which changes between releases. */
const alertNames: ReadonlyMap<string, number> = new Map([
  ['UNEXPECTED_MESSAGE', 10],
  ['BAD_RECORD_MAC', 20],
  ['HANDSHAKE_FAILURE', 40],
  ['NO_CERTIFICATE', 41],
  ['BAD_CERTIFICATE', 42],
  ['UNSUPPORTED_CERTIFICATE', 43],
  ['CERTIFICATE_UNKNOWN', 46],
  ['ILLEGAL_PARAMETER', 47],
  ['UNKNOWN_CA', 48],
  ['ACCESS_DENIED', 49],
  ['DECODE_ERROR', 50],
  ['DECRYPT_ERROR', 51],
  ['PROTOCOL_VERSION', 70],
  ['INSUFFICIENT_SECURITY', 71],
  ['INTERNAL_ERROR', 80],
  ['UNRECOGNIZED_NAME', 112],
  ['CERTIFICATE_REQUIRED', 116],
  ['NO_APPLICATION_PROTOCOL', 120],
]);
function alertOf(error: Error): number | undefined {
  const reason = Number.parseInt(/\berror:0A([0-9A-F]{6}):/.exec(error.message)?.[1] ?? '', 16) - 1000;
  if (reason >= 0 && reason < 256) return reason;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const name = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_)?(.+)$/.exec(code)?.[1];
  return name === undefined ? undefined : alertNames.get(name);
}
/** One for each pair of versions: OpenSSL's memory for one is large, and the garbage collector does not see it. */
const contexts = new Map<string, SecureContext>();
function secureContext(minVersion: SecureVersion, maxVersion: SecureVersion): SecureContext {
  const key = `${minVersion} ${maxVersion}`;
  const known =
    contexts.get(key) ??
    createSecureContext({ minVersion, maxVersion, ciphers: 'ALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0', secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT });
  contexts.set(key, known);
  return known;
}

/** TLSSocket takes a plain socket by its handle and leaves nothing to see; through a stream of ours, the bytes pass by. */
function through(tcp: Socket, written: Buffer[]): Duplex {
  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      if (tcp.destroyed) done();
      else tcp.write(chunk, () => done());
    },
    final: (done) => {
      tcp.end(() => done());
    },
    destroy: (_error, done) => {
      tcp.destroy();
      done(null);
    },
  });
  tcp.on('data', (chunk: Buffer) => stream.push(chunk));
  tcp.once('end', () => stream.push(null));
  stream.on('error', () => {});
  return stream;
}
