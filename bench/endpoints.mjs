// Scans TLS servers on loopback: node bench/endpoints.mjs [endpoints] [runs]
// Prints wall time with start-up, connections a endpoint, and the memory of the scanner.
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue } from '../dist/x509/issue.js';

const endpoints = Number(process.argv[2] ?? 1);
const runs = Number(process.argv[3] ?? 5);
const ca = await issue({ subject: 'bench CA', ca: true });
const leaf = await issue({ subject: 'bench.test', san: ['DNS:bench.test'], issuer: ca });
let connections = 0;
const ports = [];
for (let i = 0; i < endpoints; i++) {
  const server = createServer({ key: leaf.keyPem, cert: leaf.certPem + ca.certPem, minVersion: 'TLSv1.2' }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=31536000\r\nContent-Length: 0\r\n\r\n'));
  });
  server.on('tlsClientError', () => {});
  server.on('connection', () => connections++);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports.push(server.address().port);
}
const folder = mkdtempSync(join(tmpdir(), 'encaudit-bench-'));
writeFileSync(join(folder, 'ca.pem'), ca.certPem);
writeFileSync(
  join(folder, 'encaudit.yaml'),
  `trust: { ca: [ca.pem] }\ntargets:\n${ports.map((port) => `  - { target: "https://bench.test:${port}", ip: 127.0.0.1 }\n`).join('')}`,
);
for (let run = 0; run < runs; run++) {
  connections = 0;
  const start = performance.now();
  const child = spawn('/usr/bin/env', ['bash', '-c', `/usr/bin/env time -f "%M" "$0" "$@"`, process.execPath, join(import.meta.dirname, '../bin/encaudit.js'), 'scan', '-f', 'json=result.json'], { cwd: folder });
  let err = '';
  child.stderr.on('data', (chunk) => (err += chunk));
  child.stdout.resume();
  await new Promise((resolve) => child.on('close', resolve));
  const lines = err.trim().split('\n');
  console.log(`${endpoints} endpoints: ${((performance.now() - start) / 1000).toFixed(2)} s, ${(connections / endpoints).toFixed(1)} connections each, ${(Number(lines.at(-1)) / 1024).toFixed(0)} MB; ${lines.at(-2)}`);
}
process.exit(0);
