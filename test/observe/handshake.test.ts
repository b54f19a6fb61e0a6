import { createHash } from 'node:crypto';
import { createServer, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { expect, test } from 'vitest';
import { handshake } from '../../src/observe/endpoint/handshake.ts';
import { issue } from '../../src/x509/issue.ts';
import { listen } from '../support/listen.ts';

const dates = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 90 * 86_400_000) };
const root = issue({ ...dates, subject: 'Root', ca: true });
const ca = issue({ ...dates, subject: 'CA', ca: true, issuer: root });
const ca2 = issue({ ...dates, subject: 'CA2', ca: true, issuer: root });
const leaf = issue({ ...dates, subject: 'leaf', issuer: ca, san: { dns: ['a.example'] } });
const names = new Map([root, ca, ca2, leaf].map((c, i) => [c.certDer.toString('hex'), ['root', 'ca', 'ca2', 'leaf'][i]]));
test.each([[['leaf', 'ca', 'root']], [['leaf']], [['leaf', 'root', 'ca']], [['leaf', 'ca2', 'ca']], [['leaf', 'leaf', 'ca']], [['leaf', 'ca', 'ca']], [['leaf', 'ca', 'ca2', 'root', 'ca2']]])('%s', async (order) => {
  for (const v of ['TLSv1.2', 'TLSv1.3'] as const) {
    const cert = order.map((n) => ({ root, ca, ca2, leaf })[n]?.certPem).join('');
    const port = await listen(createServer({ cert, key: leaf.keyPem, minVersion: v, maxVersion: v }));
    const r = await handshake({ name: 'a.example', address: '127.0.0.1', port, servername: 'a.example' }, { mozilla: [], added: [root.certPem], sources: [] }, [], { signal: AbortSignal.timeout(5000), timeoutMs: 3000, now: () => new Date() });
    console.log(order.join(), v, r.is === 'done' ? [r.version, r.authorized, r.refusal, r.stapled, r.sent.map((d) => names.get(d.toString('hex'))).join()].join(' | ') : r);
  }
});
