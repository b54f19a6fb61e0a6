import { expect, test } from 'vitest';
import type { CertificateName } from '../../../src/observe/client/case.ts';
import { makeCertificates } from '../../../src/observe/client/certificates.ts';
import { anchorsOf } from '../../../src/x509/anchors.ts';
import { judgeChain } from '../../../src/x509/chain.ts';
import { nameMatches } from '../../../src/x509/name.ts';
import { pemCertificates } from '../../../src/x509/pem.ts';
import { readCertificate } from '../../../src/x509/read.ts';

const wrong: readonly (readonly [CertificateName, readonly string[]])[] = [
  ['good', []],
  ['other-key', []],
  ['rsa', []],
  ['weak-key', []],
  ['untrusted-root', ['trust']],
  ['same-name-root', ['trust']],
  ['self-signed', ['trust']],
  ['wrong-name', ['name']],
  ['expired', ['dates']],
  ['not-yet-valid', ['dates']],
  ['wrong-usage', ['purpose']],
  ['leaf-as-ca', ['constraints']],
];
/** The clock may stand anywhere: nothing is made ahead of time that could end. */
test.each(wrong.flatMap((one) => [2026, 2031, 2049].map((year) => [...one, year] as const)))('%s has %j wrong with it, in %s', (name, expected, year) => {
  const now = new Date(Date.UTC(year, 10, 25, 12));
  const { identity, root } = makeCertificates(now);
  const read = pemCertificates(identity(name).cert).map(readCertificate);
  const judged = judgeChain(
    read.map(({ parsed }) => parsed),
    anchorsOf({ mozilla: [], added: [root.certDer] }),
    now,
  );
  const facts = read[0]?.facts;
  const reasons = (['trust', 'dates', 'purpose', 'constraints'] as const).filter((reason) => judged[reason] === false);
  const named = nameMatches('localhost', { dns: facts?.sanDns ?? [], ip: [] });
  expect([...reasons, ...(named ? [] : ['name'])]).toEqual(expected);
  expect(facts?.keyBits).toBe(name === 'rsa' ? 2048 : name === 'weak-key' ? 1024 : 256);
});
test('each has a key of its own, the good one twice the same, and no two roots are alike', () => {
  const { identity, pin } = makeCertificates(new Date());
  const keys = wrong.map(([name]) => identity(name).key);
  expect(new Set(keys).size).toBe(wrong.length);
  expect(identity('good').key).toBe(keys[0]);
  expect(pin).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  expect(makeCertificates(new Date()).root.certPem).not.toBe(makeCertificates(new Date()).root.certPem);
});
