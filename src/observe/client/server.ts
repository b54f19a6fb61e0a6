import { constants } from 'node:crypto';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls';
import { listenOn, type Listening } from '../../demo/listen.ts';
import { readClientHello, type ClientHello } from '../../wire/tls/client-hello.ts';
import type { CaseSpec } from './case.ts';
import type { Identity } from './certificates.ts';
import { channelOf, maxBytes, type OpenChannel } from './channel.ts';
import type { Channel, Conversation } from './conversation.ts';

/** How far a connection came: `request` is what only a client sends that took the server for good. */
export type Stage = 'tcp' | 'hello' | 'handshake' | 'request';
/** One connection, as the server met it. Nothing of what was sent is in it. */
export interface Met {
  readonly openedAt: number; // ms of the monotonic clock
  readonly stage: Stage;
  /** Where the request came: inside TLS, or in clear. */
  readonly inside: boolean;
  /** What the request was, in words. */
  readonly what?: string;
  /** Where secrets were: names of header fields, `password`. */
  readonly secrets: readonly string[];
  /** Name of the alert that the client sent. */
  readonly alert?: string;
  /** `version`: it offers none that this server speaks. `ours`: we broke it off, or our side failed. */
  readonly ended: 'open' | 'closed' | 'version' | 'ours';
  readonly endedAt?: number;
  /** The version that was agreed on. */
  readonly version?: string;
  readonly hello?: ClientHello;
  readonly clientCertificate: boolean;
  /** We said something in clear before it went: that there is no TLS here. */
  readonly told: boolean;
}
export interface CaseServer {
  readonly spec: CaseSpec;
  readonly port: number;
  /** All so far, in the order in which they came. */
  readonly connections: () => readonly Met[];
  /** Those at the listener to which a redirect leads. */
  readonly elsewhere: () => readonly Met[];
  readonly stop: () => Promise<void>;
}
export interface ServerOptions {
  readonly spec: CaseSpec;
  readonly conversation: Conversation;
  readonly identity: Identity;
  /** Ask for a client certificate; whichever comes is taken. */
  readonly askCertificate: boolean;
  /** DER of an OCSP response, for whoever asks. */
  readonly staple?: Uint8Array;
}

const maxConnections = 64;

/** A server of one case on loopback, on IPv4 and IPv6 at one port: another's listener on the other family would be met first. */
export async function startCase(options: ServerOptions): Promise<CaseServer> {
  const elsewhere = options.spec.name === 'redirect-to-http' ? await listener(options, undefined) : undefined;
  const main = await listener(options, elsewhere?.port);
  return {
    spec: options.spec,
    port: main.port,
    connections: main.connections,
    elsewhere: () => elsewhere?.connections() ?? [],
    stop: async () => {
      await Promise.all([main.stop(), elsewhere?.stop()]);
    },
  };
}

interface Listener extends Listening {
  readonly connections: () => readonly Met[];
}
async function listener(options: ServerOptions, elsewhere: number | undefined): Promise<Listener> {
  const all: Mutable<Met>[] = [];
  const server = (): Server =>
    createTcp((socket) => {
      const met = fresh();
      if (all.length >= maxConnections) {
        if (all.at(-1)?.ended !== 'ours') all.push({ ...met, ended: 'ours' });
        socket.destroy();
        return;
      }
      all.push(met);
      void conduct(socket, met, options, elsewhere);
    });
  const listening = await listenOnBoth(server);
  return { ...listening, connections: () => all };
}
const triesForPort = 8;
async function listenOnBoth(server: () => Server): Promise<Listening> {
  for (let tries = 1; ; tries++) {
    const four = await listenOn(server(), '127.0.0.1');
    try {
      const six = await listenOn(server(), '::1', four.port);
      return {
        port: four.port,
        stop: async () => {
          await Promise.all([four.stop(), six.stop()]);
        },
      };
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') return four; // no IPv6 here
      await four.stop();
      if (tries === triesForPort) throw error;
    }
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const fresh = (): Mutable<Met> => ({
  openedAt: performance.now(),
  stage: 'tcp',
  inside: false,
  secrets: [],
  ended: 'open',
  clientCertificate: false,
  told: false,
});

async function conduct(socket: Socket, met: Mutable<Met>, options: ServerOptions, elsewhere: number | undefined): Promise<void> {
  const { spec, conversation } = options;
  const plain = channelOf(socket);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let inside: OpenChannel | undefined;
  const end = (how: Met['ended']): void => {
    if (met.ended !== 'open') return;
    met.ended = how;
    met.endedAt = performance.now();
  };
  socket.once('close', () => end('closed'));
  const request = (what: string): void => {
    met.stage = 'request';
    met.inside ||= inside !== undefined;
    met.what = what;
  };
  try {
    await conversation.serve({
      case: spec,
      asksTls: () => {
        if (met.stage === 'tcp') met.stage = 'hello';
      },
      plain: { ...plain, write: (bytes) => told(plain, bytes) },
      secure: async () => (inside = await secure(socket, plain, met, options, end)),
      breakOff: async () => void (await greet(plain, met)),
      request,
      secret: (name) => {
        if (met.stage !== 'request') request('a secret');
        if (!met.secrets.includes(name)) met.secrets = [...met.secrets, name];
      },
      ...(elsewhere !== undefined && { elsewhere: { port: elsewhere } }),
    });
    if ((inside ?? plain).received() > maxBytes) end('ours');
    (inside ?? plain).end();
    await closed; // half-closed: what the client still has to say or to close is its own
  } catch {
    end('ours');
    socket.destroy();
  }
  function told(channel: Channel, bytes: Uint8Array | string): void {
    met.told = true;
    channel.write(bytes);
  }
}

const tlsOptions = ({ spec, identity, askCertificate, conversation: { alpn } }: ServerOptions): TlsOptions => ({
  cert: identity.cert,
  key: identity.key,
  ...(spec.tls === 'tls10'
    ? { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }
    : { minVersion: 'TLSv1.2', ciphers: 'DEFAULT:@SECLEVEL=0' }),
  secureOptions: constants.SSL_OP_NO_TICKET, // a session that is taken up again shows no certificate
  requestCert: askCertificate,
  rejectUnauthorized: false,
  // Of names that are none of ours any will do: one that got none would say that TLS failed
  ...(alpn !== undefined && { ALPNCallback: ({ protocols }) => protocols.find((name) => name === alpn) ?? protocols[0] }),
});

/** Looks at the ClientHello, then lets node:tls have it: a TLS server of its own for each connection, so that no session outlives it. */
async function secure(
  socket: Socket,
  plain: OpenChannel,
  met: Mutable<Met>,
  options: ServerOptions,
  end: (how: Met['ended']) => void,
): Promise<OpenChannel | undefined> {
  if (!(await greet(plain, met))) return undefined;
  plain.release();
  return new Promise((resolve) => {
    const server = createTls(tlsOptions(options));
    const failed = (error: Error): void => {
      const code = codeOf(error);
      const alert = /_ALERT_(\w+)$/.exec(code)?.[1];
      if (alert !== undefined) met.alert ??= alert.toLowerCase();
      if (/UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|VERSION_TOO_LOW|UNKNOWN_PROTOCOL/.test(code)) end('version');
      else if (alert === undefined && code.startsWith('ERR_SSL_')) end('ours');
      else end('closed');
    };
    if (options.staple) server.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, Buffer.from(options.staple ?? [])));
    server.on('tlsClientError', (error, broken) => {
      failed(error);
      broken.destroy();
      resolve(undefined);
    });
    server.on('secureConnection', (tls: TLSSocket) => {
      met.stage = 'handshake';
      const version = tls.getProtocol();
      if (version !== null) met.version = version;
      met.clientCertificate = Object.keys(tls.getPeerCertificate()).length > 0;
      tls.on('error', failed);
      resolve(channelOf(tls));
    });
    socket.once('close', () => resolve(undefined));
    server.emit('connection', socket);
  });
}
async function greet(plain: OpenChannel, met: Mutable<Met>): Promise<boolean> {
  const hello = await helloOf(plain);
  if (!hello) return false;
  met.stage = 'hello';
  met.hello = hello;
  return true;
}
/** The whole ClientHello, left in the channel. */
async function helloOf(plain: OpenChannel): Promise<ClientHello | undefined> {
  for (let wanted = 1; ; ) {
    const bytes = await plain.peek(wanted);
    if (!bytes) return undefined;
    const read = readClientHello(bytes);
    if (read.is === 'hello') return read.hello;
    if (read.is !== 'incomplete') return undefined;
    wanted = read.wanted;
  }
}
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
