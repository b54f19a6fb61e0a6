import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { createServer as createTcp } from 'node:net';
import type { Identity } from './certificates.ts';
import { listenOn, type Listening } from './listen.ts';

type Host = '127.0.0.1' | '::1';

/** As good as a configuration of 2026 gets: TLS 1.2 and 1.3, forward secrecy, authenticated encryption. */
export const modern = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
  ].join(':'),
} as const satisfies ServerOptions;
/** TLS 1.0 to 1.2 with CBC suites, some of them without forward secrecy. 3DES is in the list; OpenSSL 3 as Node builds it passes it over. */
export const legacy = {
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.2',
  ciphers: 'AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-SHA:DES-CBC3-SHA:@SECLEVEL=0',
} as const satisfies ServerOptions;

const page =
  (headers: Readonly<Record<string, string>>): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close', ...headers }).end('the lab of encaudit\n');
  };
const hsts = { 'strict-transport-security': 'max-age=63072000; includeSubDomains' };

interface HttpsPlace {
  readonly withHsts?: boolean;
  readonly host?: Host;
}
/** HTTPS, with HSTS unless told otherwise. */
export const https = (identity: Identity, options: ServerOptions = modern, { withHsts = true, host = '127.0.0.1' }: HttpsPlace = {}): Promise<Listening> =>
  listenOn(createHttps({ ...identity, ALPNProtocols: ['http/1.1'], ...options }, page(withHsts ? hsts : {})), host);

/** HTTP that sends everybody to HTTPS. */
export const redirecting = (to: string, host: Host = '127.0.0.1'): Promise<Listening> =>
  listenOn(
    createHttp((_request, response) => {
      response.writeHead(301, { location: to, connection: 'close' }).end();
    }),
    host,
  );
/** HTTP that answers in clear. */
export const cleartext = (host: Host = '127.0.0.1'): Promise<Listening> => listenOn(createHttp(page({})), host);

/** Takes the connection and never says a word. */
export const silent = (host: Host = '127.0.0.1'): Promise<Listening> =>
  listenOn(
    createTcp((socket) => {
      socket.resume();
    }),
    host,
  );
