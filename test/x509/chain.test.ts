import { rootCertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { anchorsOf } from '../../src/x509/anchors.ts';
import { judgeChain } from '../../src/x509/chain.ts';
import { issue, makeKey, type Issued } from '../../src/x509/issue.ts';
import { pemCertificates } from '../../src/x509/pem.ts';
import { readCertificate } from '../../src/x509/read.ts';

const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-04-01T00:00:00Z') };
const now = new Date('2026-02-01T00:00:00Z');
const read = (chain: readonly Issued[]) => chain.map(({ certDer }) => readCertificate(certDer).parsed);
const judge = (chain: readonly Issued[], added: readonly Issued[], mozilla: readonly Issued[] = [], at = now) =>
  judgeChain(read(chain), anchorsOf({ mozilla: mozilla.map(({ certDer }) => certDer), added: added.map(({ certDer }) => certDer) }), at);
const authority = (subject: string, issuer?: Issued, more: Partial<Parameters<typeof issue>[0]> = {}): Issued =>
  issue({ ...dates, subject, ca: true, ...(issuer && { issuer }), ...more });

test('every root of Node is an anchor and can be read whole', () => {
  const ders = rootCertificates.flatMap(pemCertificates);
  const all = ders.map(readCertificate);
  const anchors = anchorsOf({ mozilla: ders, added: [] });
  expect(ders.length).toBeGreaterThan(100);
  expect(all.flatMap(({ flaws }) => flaws)).toEqual([]);
  for (const { facts, parsed } of all) {
    expect(facts.selfSigned).toBe(true);
    expect(anchors.byHash(facts.sha256)?.kind).toBe('public');
    expect(anchors.bySubject(parsed?.subjectKey ?? '').map(({ certificate }) => certificate.sha256)).toContain(facts.sha256);
  }
});
test('an old cross-signature that has expired does not spoil the path that holds', () => {
  const [old, root] = [authority('Old'), authority('Root')];
  const crossed = authority('Root', old, { key: root.key, notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-01-01T00:00:00Z') });
  const leaf = issue({ ...dates, issuer: root });
  expect(judge([leaf, crossed, old], [old, root])).toMatchObject({ trust: true, dates: true });
  expect(judge([leaf, crossed, old], [old])).toMatchObject({ trust: true, dates: false });
});
test('where two paths are as good, the public root counts; one in both sets is public', () => {
  const [one, two] = [authority('One'), authority('Two')];
  const key = makeKey('ec-p256');
  const [byOne, byTwo] = [authority('CA', one, { key }), authority('CA', two, { key })];
  const chain = [issue({ ...dates, issuer: byOne }), byOne, byTwo];
  expect(judge(chain, [one], [two]).anchor).toBe('public');
  expect(judge(chain, [one, two], [two]).anchor).toBe('public');
  expect(judge(chain, [one, two]).anchor).toBe('private');
});
test('sixteen authorities that all sign each other are given up, not followed for ever', () => {
  const keys = Array.from({ length: 4 }, () => makeKey('ec-p256'));
  const parents = keys.map((key) => issue({ ...dates, subject: 'X', ca: true, key }));
  const all = keys.flatMap((key) => parents.map((issuer) => issue({ ...dates, subject: 'X', ca: true, key, issuer })));
  const [first] = parents;
  if (!first) throw new Error('no parent');
  const { trust, trustProblem } = judge([issue({ ...dates, issuer: first }), ...all.slice(0, 15)], []);
  expect(trust === false || trust === 'budget').toBe(true);
  expect(trustProblem === undefined || trustProblem === 'unknown-root').toBe(true);
});
test('one certificate that cannot be read: nobody can say that no root is reached', () => {
  const root = authority('Root');
  const leaf = issue({ ...dates, issuer: authority('CA', root) });
  const sent = [...read([leaf]), undefined];
  const { trust, placed } = judgeChain(sent, anchorsOf({ mozilla: [], added: [root.certDer] }), now);
  expect(trust).toBe('malformed');
  expect(placed).toEqual([{ role: 'leaf' }, {}]);
});
test('a name that agrees is not enough', () => {
  const [real, fake] = [authority('Root'), authority('Root')];
  const leaf = issue({ ...dates, issuer: fake });
  expect(judge([leaf], [real])).toMatchObject({ trust: false, signature: false, trustProblem: 'incomplete-chain' });
  expect(judge([leaf, real], [real]).placed[0]).toEqual({ role: 'leaf', issuedBy: -1 });
});
test('the ends of a validity count', () => {
  const root = authority('Root');
  const chain = [issue({ ...dates, issuer: root })];
  const at = (time: Date, ms: number): unknown => judge(chain, [root], [], new Date(time.getTime() + ms)).dates;
  expect([at(dates.notBefore, -1), at(dates.notBefore, 0), at(dates.notAfter, 0), at(dates.notAfter, 1000)]).toEqual([false, true, true, false]);
});
