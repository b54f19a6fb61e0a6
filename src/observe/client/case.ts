import type { ClientCase, ClientProtocol, Client } from '../../facts/client.ts';

export type Flaw = keyof NonNullable<Client['accepts']>;
/** Which certificate a case shows: see certificates.ts. */
export type CertificateName =
  | 'good'
  | 'untrusted-root'
  | 'self-signed'
  | 'wrong-name'
  | 'expired'
  | 'rsa'
  | 'same-name-root'
  | 'not-yet-valid'
  | 'wrong-usage'
  | 'leaf-as-ca'
  | 'weak-key'
  | 'other-key';

/** One server: what it shows, what it does, and in which environment the command meets it. */
export interface CaseSpec {
  readonly name: ClientCase;
  /** The fact that it decides; none for the good servers, and for those that ask for a client certificate. */
  readonly flaw?: Flaw;
  readonly certificate: CertificateName;
  readonly environment: 'trusted' | 'bare';
  /** `tls10`: nothing else is spoken. */
  readonly tls: 'modern' | 'tls10';
  readonly asked: 'default' | 'deep' | 'request';
  readonly protocols: readonly ClientProtocol[];
  /** In words, behind "sent GET / to". */
  readonly words: string;
}

const every: readonly ClientProtocol[] = ['https', 'postgres', 'mysql', 'redis'];
type Rest = Partial<Omit<CaseSpec, 'name' | 'words'>>;
const one = (name: ClientCase, words: string, rest: Rest = {}): CaseSpec => ({
  name,
  words,
  certificate: 'good',
  environment: 'trusted',
  tls: 'modern',
  asked: 'default',
  protocols: every,
  ...rest,
});

/** In the order in which they are tried; the good server comes first and last. */
export const caseNamed = (name: ClientCase): CaseSpec => {
  const found = cases.find((spec) => spec.name === name);
  if (!found) throw new TypeError(`no case ${name}`);
  return found;
};

export const cases: readonly CaseSpec[] = [
  one('good', 'the good server'),
  one('untrusted-root', 'a chain to an unknown root', { certificate: 'untrusted-root', flaw: 'untrustedRoot' }),
  one('self-signed', 'a self-signed certificate', { certificate: 'self-signed', flaw: 'selfSigned' }),
  one('wrong-name', 'a certificate of another host', { certificate: 'wrong-name', flaw: 'wrongName' }),
  one('expired', 'a certificate that ended yesterday', { certificate: 'expired', flaw: 'expired' }),
  one('tls10', 'a server of TLS 1.0 alone', { certificate: 'rsa', tls: 'tls10', flaw: 'legacyTls', protocols: ['https'] }),
  one('redirect-to-http', 'a redirect to plain HTTP', { flaw: 'downgradeRedirect', protocols: ['https'] }),
  one('no-tls', 'a server without TLS', { flaw: 'plaintext', protocols: ['postgres', 'mysql', 'redis'] }),
  one('bare', 'a chain to an unknown root, in the environment as it is', { certificate: 'untrusted-root', environment: 'bare', flaw: 'untrustedRoot' }),
  one('same-name-root', 'a root with the right name and another key', { certificate: 'same-name-root', flaw: 'sameNameRoot', asked: 'deep' }),
  one('not-yet-valid', 'a certificate that begins next month', { certificate: 'not-yet-valid', flaw: 'notYetValid', asked: 'deep' }),
  one('wrong-usage', 'a certificate for clients alone', { certificate: 'wrong-usage', flaw: 'wrongUsage', asked: 'deep' }),
  one('leaf-as-ca', 'a certificate issued by a leaf', { certificate: 'leaf-as-ca', flaw: 'leafAsCa', asked: 'deep' }),
  one('weak-key', 'an RSA key of 1024 bits', { certificate: 'weak-key', flaw: 'weakKey', asked: 'deep' }),
  one('tls-broken', 'a server whose TLS breaks off', { flaw: 'plaintextAfterTlsFailure', asked: 'deep' }),
  one('tls-error', 'a server that answers the question for TLS with an error', { flaw: 'plaintextAfterTlsFailure', asked: 'deep', protocols: ['postgres'] }),
  one('plain-on-tls-port', 'plain HTTP on the port of TLS', { flaw: 'plaintextAfterTlsFailure', asked: 'deep', protocols: ['https'] }),
  one('other-key', 'the right name and root with another key', { certificate: 'other-key', flaw: 'otherKey', asked: 'request' }),
  one('mtls-wrong-name', 'a certificate of another host, asking for a client certificate', { certificate: 'wrong-name', asked: 'request' }),
  one('mtls-untrusted', 'an unknown root, asking for a client certificate', { certificate: 'untrusted-root', asked: 'request' }),
  one('revoked-staple', 'a stapled answer that the certificate is revoked', { flaw: 'revokedStaple', asked: 'request' }),
  one('good-again', 'the good server', {}),
];

export interface Choice {
  readonly protocol: ClientProtocol;
  readonly deep: boolean;
  readonly pinned: boolean;
  readonly clientCertificate: boolean;
  /** Without trust in the environment every run is as bare as it gets. */
  readonly trustEnv: boolean;
  readonly patterns: readonly string[];
}
/** `due`: asked by default or asked for; `run`: those of them that the patterns leave. `unknown`: a pattern that names no case of this protocol. */
export function chooseCases(choice: Choice): { readonly due: readonly ClientCase[]; readonly run: readonly ClientCase[]; readonly unknown?: string } {
  const { protocol, deep, pinned, clientCertificate, trustEnv, patterns } = choice;
  const own = cases.filter(({ name, protocols }) => protocols.includes(protocol) && (trustEnv || name !== 'bare'));
  const named = ({ name, asked }: CaseSpec): boolean => patterns.some((pattern) => pattern === name || (asked !== 'request' && fits(pattern, name)));
  const wanted = (spec: CaseSpec): boolean =>
    spec.asked === 'default' ||
    (deep && spec.asked === 'deep') ||
    (pinned && spec.name === 'other-key') ||
    (clientCertificate && spec.name.startsWith('mtls-')) ||
    named(spec);
  const due = own.filter(wanted);
  const left = ({ name, ...spec }: CaseSpec): boolean =>
    patterns.length === 0 || name === 'good' || name === 'good-again' || named({ name, ...spec }) || (name === 'bare' && named(caseNamed('untrusted-root')));
  const unknown = patterns.find((pattern) => !own.some((spec) => pattern === spec.name || fits(pattern, spec.name)));
  return { due: due.map(({ name }) => name), run: due.filter(left).map(({ name }) => name), ...(unknown !== undefined && { unknown }) };
}
/** `*` stands for any characters. */
const fits = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(name);
