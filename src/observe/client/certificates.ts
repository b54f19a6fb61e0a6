import { createHash, createPublicKey } from 'node:crypto';
import { issue, makeKey, type Issued, type IssueOptions } from '../../x509/issue.ts';
import type { CertificateName } from './case.ts';

/** What a server shows: PEM of its certificates, leaf first, and of its key; neither touches the disk. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly leaf: Issued;
  /** The one that signed it; itself for a self-signed one. */
  readonly issuer: Issued;
}
export interface Certificates {
  readonly root: Issued;
  /** Makes it when it is first asked for: RSA keys take tenths of a second. */
  readonly identity: (name: CertificateName) => Identity;
  /** For clients that pin: base64 SHA-256 of the good server's SubjectPublicKeyInfo (RFC 7469), and hex SHA-256 of its certificate. */
  readonly pin: string;
  readonly fingerprint: string;
}

const day = 86_400_000;
const san = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] };

/** A root of its own for each run, and leaves of which each has one thing wrong with it. Skewed back a day: clocks differ. */
export function makeCertificates(now: Date): Certificates {
  const span = (from: number, to: number): Pick<IssueOptions, 'notBefore' | 'notAfter'> => ({
    notBefore: new Date(now.getTime() + from * day),
    notAfter: new Date(now.getTime() + to * day),
  });
  const authority = (subject: string): Issued => issue({ ...span(-30, 60), subject, ca: true });
  const name = 'encaudit client test root';
  const root = authority(name);
  const leaf = (issuer: Issued, more: Partial<IssueOptions> = {}): Issued => issue({ ...span(-1, 30), subject: 'localhost', san, ca: false, issuer, ...more });
  const sent = (issuer: Issued, first: Issued, ...others: readonly Issued[]): Identity => ({
    cert: [first, ...others].map(({ certPem }) => certPem).join(''),
    key: first.keyPem,
    leaf: first,
    issuer,
  });
  const rsa = (bits: number): Partial<IssueOptions> => ({ key: makeKey(`rsa-${bits}`), keyUsage: ['digitalSignature', 'keyEncipherment'] });
  const make: Readonly<Record<CertificateName, () => Identity>> = {
    good: () => sent(root, leaf(root)),
    'other-key': () => sent(root, leaf(root)),
    rsa: () => sent(root, leaf(root, rsa(2048))),
    'weak-key': () => sent(root, leaf(root, rsa(1024))),
    'untrusted-root': () => {
      const other = authority('encaudit unknown root');
      return sent(other, leaf(other), other);
    },
    'same-name-root': () => {
      const other = authority(name);
      return sent(other, leaf(other));
    },
    'self-signed': () => {
      const own = issue({ ...span(-1, 30), subject: 'localhost', san });
      return sent(own, own);
    },
    'wrong-name': () => sent(root, leaf(root, { subject: 'other.encaudit.invalid', san: { dns: ['other.encaudit.invalid'] } })),
    expired: () => sent(root, leaf(root, span(-20, -1))),
    'not-yet-valid': () => sent(root, leaf(root, span(30, 60))),
    'wrong-usage': () => sent(root, leaf(root, { extendedKeyUsage: ['clientAuth'] })),
    'leaf-as-ca': () => {
      const between = leaf(root, {
        keyUsage: ['digitalSignature', 'keyCertSign'],
        subject: 'another.encaudit.invalid',
        san: { dns: ['another.encaudit.invalid'] },
      });
      return sent(between, leaf(between), between);
    },
  };
  const made = new Map<CertificateName, Identity>();
  const identity = (which: CertificateName): Identity => {
    const found = made.get(which) ?? make[which]();
    made.set(which, found);
    return found;
  };
  const { leaf: good } = identity('good');
  const spki = createPublicKey(good.key).export({ type: 'spki', format: 'der' });
  return {
    root,
    identity,
    pin: createHash('sha256').update(spki).digest('base64'),
    fingerprint: createHash('sha256').update(good.certDer).digest('hex'),
  };
}
