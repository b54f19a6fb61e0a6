import { issue, makeKey, type Issued, type IssueOptions } from '../x509/issue.ts';

/** What a server shows: PEM of its certificates in the order in which it sends them, and of its key. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}
export interface Certificates {
  readonly root: string; // PEM: who trusts it finds nothing wrong with `good`
  readonly good: (name: string) => Identity;
  readonly rsa: (name: string) => Identity; // for suites of old, which want an RSA key
  readonly expired: (name: string) => Identity;
  readonly dueForRenewal: (name: string) => Identity;
  readonly wrongHost: (name: string) => Identity;
  readonly selfSigned: (name: string) => Identity;
  readonly incompleteChain: (name: string) => Identity;
  readonly wrongOrder: (name: string) => Identity;
}

const day = 86_400_000;
/** The lab's own authority, a root and an intermediate, and leaves of 90 days for every way to go wrong. One RSA key: making one takes a tenth of a second. */
export function labCertificates(now: Date): Certificates {
  const span = (from: number, to: number): Pick<IssueOptions, 'notBefore' | 'notAfter'> => ({
    notBefore: new Date(now.getTime() + from * day),
    notAfter: new Date(now.getTime() + to * day),
  });
  const root = issue({ ...span(-700, 3000), subject: 'encaudit lab root', ca: true });
  const intermediate = issue({ ...span(-300, 1500), subject: 'encaudit lab issuer', ca: true, pathLength: 0, issuer: root });
  const leaf = (name: string, { age = 30, ...more }: Partial<IssueOptions> & { readonly age?: number } = {}): Issued =>
    issue({ ...span(-age, 90 - age), subject: name, san: { dns: [name] }, issuer: intermediate, ...more });
  const sent = (first: Issued, ...more: readonly Issued[]): Identity => ({
    cert: [first, ...more].map(({ certPem }) => certPem).join(''),
    key: first.keyPem,
  });
  return {
    root: root.certPem,
    good: (name) => sent(leaf(name), intermediate),
    rsa: (name) => sent(leaf(name, { key: makeKey('rsa-2048'), keyUsage: ['digitalSignature', 'keyEncipherment'] }), intermediate),
    expired: (name) => sent(leaf(name, { age: 93 }), intermediate),
    dueForRenewal: (name) => sent(leaf(name, { age: 81 }), intermediate), // nine days left, of eighteen
    wrongHost: (name) => sent(leaf(`not-${name}`), intermediate),
    selfSigned: (name) => sent(issue({ ...span(-30, 60), subject: name, san: { dns: [name] } })),
    incompleteChain: (name) => sent(leaf(name)),
    wrongOrder: (name) => sent(leaf(name), root, intermediate),
  };
}
