// Scans HTTPS servers on loopback: node bench/endpoints.mjs [endpoints] [runs]
// Wall time with start-up, connections an endpoint, peak and course of the scanner's memory, size of the JSON report.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, folder, mb, run, times } from './measure.mjs';
import { startServers } from './servers.mjs';

const endpoints = Number(process.argv[2] ?? 1);
const runs = Number(process.argv[3] ?? 5);
const { root, config, started, seen } = await startServers(endpoints);
const cwd = folder();
writeFileSync(join(cwd, 'root.pem'), root);
const [first] = started;
// One endpoint as a person types it; many as a configuration lists them.
const words =
  endpoints === 1
    ? [`https://${first.name}:${first.port}`, '--ip', first.ip, '--ca', 'root.pem', '-f', 'terminal']
    : ['-f', 'json=result.json', '--max-unknown', '100000'];
if (endpoints > 1) writeFileSync(join(cwd, 'encaudit.yaml'), config);
const all = [];
const bare = []; // a node that does nothing, between the runs: what the machine is worth at the moment
for (let i = 0; i < runs; i++) {
  seen.connections = 0;
  bare.push(await run(['-e', '0'], { cwd }));
  const one = await run([bin, 'scan', ...words], { cwd, every: endpoints === 1 ? 100 : 20 });
  all.push({ ...one, connections: seen.connections / endpoints });
}
const last = all.at(-1);
const at = (share) => last.samples[Math.floor((last.samples.length - 1) * share)].rss;
console.log(`${endpoints} endpoint(s): ${times(all)}, ${last.connections.toFixed(1)} connections each; a bare node: ${times(bare)}`);
console.log(`memory: peak ${mb(Math.max(...all.map(({ peak }) => peak)))}; of the last run at 25, 50, 75, 100 %: ${[0.25, 0.5, 0.75, 1].map((share) => mb(at(share))).join(', ')}`);
if (endpoints > 1) console.log(`report: ${(statSync(join(cwd, 'result.json')).size / 1e6).toFixed(2)} MB; ${last.err.trim().split('\n').at(-1)}`);
process.exit(0);
