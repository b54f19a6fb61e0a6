import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { ocspResponse } from '../../x509/ocsp.ts';
import { trustStore } from '../../x509/pkcs12.ts';
import type { CaseSpec } from './case.ts';
import { makeCertificates, type Certificates } from './certificates.ts';
import type { Conversation } from './conversation.ts';
import { trustVariables, type Env, type Files } from './environment.ts';
import { killAll } from './process.ts';
import { startCase, type CaseServer } from './server.ts';

/** The certificates of one test, the files that name its root, and its servers; all gone when it is closed, and when this process goes. */
export interface Lab {
  readonly certificates: Certificates;
  readonly files: Files;
  readonly start: (spec: CaseSpec, conversation: Conversation, extra: Extra) => Promise<CaseServer>;
  readonly close: () => Promise<void>;
}

/** What every server of a test does beside its case: a client that wants a stapled answer wants one of the good server too. */
export interface Extra {
  readonly askCertificate: boolean;
  readonly staple: boolean;
}

export function openLab(now: Date, env: Env): Lab {
  const certificates = makeCertificates(now);
  const folder = mkdtempSync(join(tmpdir(), `encaudit-client-${randomBytes(4).toString('hex')}-`)); // mode 0700
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const atExit = (): void => {
    killAll();
    remove();
  };
  process.once('exit', atExit);
  const servers: CaseServer[] = [];
  const files: Files = { ca: join(folder, 'ca.pem'), truststore: join(folder, 'truststore.p12') };
  // Most variables replace a store: with the roots that were there before, a command that first fetches a token elsewhere still works.
  const before = [...new Set([...rootCertificates, ...ownRoots(env)])];
  writeFileSync(files.ca, [...before, certificates.root.certPem].map((pem) => `${pem.trimEnd()}\n`).join(''), { mode: 0o600 });
  writeFileSync(files.truststore, trustStore([...before.flatMap(derOf), certificates.root.certDer]), { mode: 0o600 });
  return {
    certificates,
    files,
    start: async (spec, conversation, { askCertificate, staple }) => {
      const own = certificates.identity(spec.certificate);
      const { leaf, issuer } = own;
      const stapled = staple && issuer !== leaf;
      // OpenSSL's clients look for the signer of the answer among the certificates that were sent.
      const identity = stapled && !own.cert.includes(issuer.certPem) ? { ...own, cert: own.cert + issuer.certPem } : own;
      const answer = stapled ? { staple: ocspResponse({ leaf, issuer, now, revoked: spec.name === 'revoked-staple' }) } : {};
      const server = await startCase({ spec, conversation, identity, askCertificate, ...answer });
      servers.push(server);
      return server;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      remove();
      process.off('exit', atExit);
    },
  };
}

const maxFile = 4 * 1024 * 1024;
/** Certificates in files that the user's own variables name. */
function ownRoots(env: Env): readonly string[] {
  return trustVariables.flatMap((name) => {
    const path = env[name];
    if (path === undefined || !path.startsWith('/')) return [];
    try {
      if (!statSync(path).isFile() || statSync(path).size > maxFile) return [];
      return readFileSync(path, 'utf8').match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
    } catch {
      return [];
    }
  });
}
function derOf(pem: string): readonly Uint8Array[] {
  try {
    return [new X509Certificate(pem).raw];
  } catch {
    return [];
  }
}
