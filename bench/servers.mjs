// HTTPS servers on loopback for benchmarks: a leaf and its intermediate each, TLS 1.2 and 1.3, as a good site of today has them.
import { createServer } from 'node:https';
import { issue } from '../dist/x509/issue.js';

const day = 86_400_000;
const span = (from, to) => ({ notBefore: new Date(Date.now() + from * day), notAfter: new Date(Date.now() + to * day) });
/** Starts `count` of them, each on an address of 127.0.0.0/8 of its own (which Linux has), like so many hosts. */
export async function startServers(count) {
  const root = issue({ ...span(-700, 3000), subject: 'bench root', ca: true });
  const ca = issue({ ...span(-300, 1500), subject: 'bench issuer', ca: true, issuer: root });
  const seen = { connections: 0 };
  const started = [];
  for (let i = 0; i < count; i++) {
    const name = `host-${i}.bench.test`;
    const leaf = issue({ ...span(-30, 60), subject: name, san: { dns: [name] }, issuer: ca, ocspUrls: ['http://ocsp.bench.test/'], crlUrls: ['http://crl.bench.test/ca.crl'], scts: 2 });
    const server = createServer({ key: leaf.keyPem, cert: leaf.certPem + ca.certPem, minVersion: 'TLSv1.2' }, (_request, response) => {
      response.writeHead(200, { 'strict-transport-security': 'max-age=31536000', connection: 'close' }).end('bench\n');
    });
    server.on('tlsClientError', () => {});
    server.on('connection', (socket) => {
      seen.connections++;
      socket.on('error', () => {});
    });
    const ip = `127.1.${i >> 8}.${i & 255}`;
    await new Promise((resolve) => server.listen(0, ip, resolve));
    started.push({ name, ip, port: server.address().port });
  }
  const config = `trust: { ca: [root.pem] }\ntargets:\n${started.map(({ name, ip, port }) => `  - { target: "https://${name}:${port}", ip: ${ip} }\n`).join('')}`;
  return { root: root.certPem, config, started, seen };
}
