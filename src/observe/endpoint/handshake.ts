import { constants, createHash, type X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import type { Endpoint, Roots } from '../../model/source.ts';
import { pem } from '../../x509/issue.ts';
import type { EndpointContext } from './context.ts';
import { begin, brokenOff, closed, hasOpening, type Unopened } from './opening.ts';

/** What a client by OpenSSL sees and thinks. */
export interface Handshake {
  readonly is: 'done';
  readonly version: string;
  /** In the order of the Certificate message, as DER. */
  readonly sent: readonly Buffer[];
  readonly leaf: X509Certificate;
  readonly authorized: boolean;
  /** OpenSSL's name for why not, such as CERT_HAS_EXPIRED. */
  readonly refusal?: string;
  readonly stapled: boolean;
}
export interface NoHandshake {
  readonly is: 'none';
  /** `elsewhere`: of this chain, no handshake; it was shown in another conversation. */
  readonly failure: Error | 'closed' | 'no-certificate' | 'elsewhere' | Unopened;
}
const maxSent = 64;

/**
 * One connection that verifies and goes on whatever comes out: old versions and weak keys are let in, so that they can be seen.
 * The name is not checked here, for Node's own check takes a common name.
 */
export function handshake(
  { address, port, servername }: Endpoint,
  { secureContext }: Trust,
  alpn: readonly string[],
  { signal, timeoutMs, protocol }: Pick<EndpointContext, 'signal' | 'timeoutMs' | 'protocol'>,
): Promise<Handshake | NoHandshake> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve({ is: 'none', failure: stopped('AbortError') });
      return;
    }
    let stapled = false;
    const options = {
      secureContext,
      rejectUnauthorized: false,
      requestOCSP: true,
      checkServerIdentity: () => undefined,
      ...(servername && !isIP(servername) && { servername }),
      ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    };
    let socket: Socket;
    let over = false;
    const settle = (result: Handshake | NoHandshake): void => {
      if (over) return;
      over = true;
      clearTimeout(deadline);
      signal.removeEventListener('abort', abort);
      resolve(result);
      socket.destroy();
    };
    const fail = (failure: NoHandshake['failure']): void => settle({ is: 'none', failure });
    const abort = (): void => fail(stopped('AbortError'));
    const deadline = setTimeout(() => fail(stopped('TimeoutError')), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    const secure = (on: { readonly host: string; readonly port: number } | { readonly socket: Socket }): void => {
      const tls = connect({ ...options, ...on }); // @types/node does not know requestOCSP here
      socket = tls;
      tls.on('OCSPResponse', (response: Buffer | null) => {
        stapled = response !== null && response.length > 0;
      });
      tls.once('secureConnect', () => {
        const leaf = tls.getPeerX509Certificate(); // once: a second call finds nothing on Node 20
        if (!leaf) return fail('no-certificate');
        const refusal = tls.authorized ? undefined : String(tls.authorizationError);
        settle({
          is: 'done',
          version: tls.getProtocol() ?? '',
          sent: listOf(leaf),
          leaf,
          authorized: tls.authorized,
          ...(refusal !== undefined && { refusal }),
          stapled,
        });
      });
      tls.on('error', fail);
      tls.once('close', () => fail('closed'));
    };
    if (!hasOpening(protocol)) return secure({ host: address, port });
    const tcp = connectTcp({ host: address, port });
    socket = tcp;
    const broken = (failure: Error | 'closed'): void => fail(brokenOff(failure, opening));
    const ended = (): void => broken('closed');
    const opening = begin(tcp, protocol, (unopened) => {
      tcp.off('error', broken).off('close', ended);
      if (unopened)
        closed(
          tcp.on('error', () => {}),
          () => fail(unopened),
        );
      else secure({ socket: tcp }); // from here on the socket is OpenSSL's
    });
    tcp.on('error', broken).once('close', ended);
  });
}
/** The list that OpenSSL keeps is as the server sent it; Node strings it on `issuerCertificate`. */
function listOf(leaf: X509Certificate): readonly Buffer[] {
  const sent: Buffer[] = [];
  for (let next: X509Certificate | undefined = leaf; next && sent.length < maxSent; next = next.issuerCertificate) sent.push(next.raw);
  return sent;
}
/**
 * Whom a strict client trusts. OpenSSL takes 0.2 ms to read a root, 30 ms for all: more than the handshake. It looks roots up by the names of issuers,
 * so those who can matter to a chain that has been shown are enough to accept it; whatever they do not accept is shown to all roots.
 */
export interface Trust {
  readonly secureContext: SecureContext;
  readonly whole: boolean;
}
interface Made {
  whole?: Trust;
  readonly few: Map<string, Trust>;
}
const mostFew = 32;
const made = new WeakMap<Roots, Made>();
const madeFor = (roots: Roots): Made => {
  const known = made.get(roots) ?? { few: new Map() };
  made.set(roots, known);
  return known;
};
export function trustAll(roots: Roots): Trust {
  const known = madeFor(roots);
  return (known.whole ??= { secureContext: trusting([...roots.mozilla, ...roots.added]), whole: true });
}
/** Trust in these few of the roots; in all, where that costs nothing any more. */
export function trustFew(roots: Roots, few: readonly Buffer[]): Trust {
  const known = madeFor(roots);
  const key = few.map((der) => createHash('sha256').update(der).digest('hex')).join();
  const found = known.whole ?? known.few.get(key);
  if (found) return found;
  if (known.few.size >= mostFew) return trustAll(roots);
  const trust = { secureContext: trusting(few.map(pem)), whole: false };
  known.few.set(key, trust);
  return trust;
}
const trusting = (ca: readonly string[]): SecureContext =>
  createSecureContext({
    ca: [...ca],
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
    secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
    allowPartialTrustChain: true, // whoever names an intermediate as an anchor means it
  });
const stopped = (name: 'AbortError' | 'TimeoutError'): Error => Object.assign(new Error(name), { name });
