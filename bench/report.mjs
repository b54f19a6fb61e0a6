// Judges many endpoints and writes the JSON report: node bench/report.mjs [endpoints]
// One real endpoint is observed; its observations, evidence included, are multiplied with other names, addresses and bytes, and gathered as a scan gathers them.
// Prints the time to judge and to write, the size of the report, and the peak memory of this process.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { folder, mb } from './measure.mjs';
import { startServers } from './servers.mjs';
import { undeclared } from '../dist/facts/declared.js';
import { builtInCatalogue } from '../dist/judge/catalogue.js';
import { gathering } from '../dist/judge/gathered.js';
import { judgeStored } from '../dist/judge/judgement.js';
import { builtInRules, rulesetOf } from '../dist/judge/rules/built-in.js';
import { loadRoots } from '../dist/observe/endpoint/roots.js';
import { lost } from '../dist/observe/lost.js';
import { sources } from '../dist/observe/sources.js';
import { json } from '../dist/report/json.js';

const count = Number(process.argv[2] ?? 2000);
const rules = builtInRules();
const target = (i, port) => {
  const name = `host-${i}.bench.test`;
  return { is: 'endpoint', id: `endpoint://${name}:${port}`, label: name, declared: undeclared, tags: [], protocol: 'https', name, port, servername: name };
};
const { started } = await startServers(1);
const [{ port, ip }] = started;
const limits = { concurrency: 32, perHost: 4, delayMs: 0 };
const context = {
  signal: new AbortController().signal,
  timeoutMs: 10_000,
  now: () => new Date(),
  limits,
  roots: loadRoots({ ca: [], system: false }),
  reads: new Set(rules.flatMap(({ rule }) => rule.info.reads)),
};
const one = [];
for await (const seen of sources[0].observe({ ...target(0, port), ip }, context)) one.push(seen.observation);
const text = JSON.stringify(one);

/** The same endpoint under another name, with bytes and so with ids of its own. */
function copy(i) {
  let mine = text.replaceAll('host-0.', `host-${i}.`).replaceAll(ip, `127.1.${i >> 8}.${i & 255}`);
  for (const { id } of one.flatMap(({ evidence }) => evidence)) mine = mine.replaceAll(id, `ev-${createHash('sha256').update(`${i} ${id}`).digest('hex').slice(0, 16)}`);
  return JSON.parse(mine.replace(/(?<="(?:sent|received)":"[0-9a-f]{22})[0-9a-f]{64}/g, () => randomBytes(32).toString('hex')));
}
const at = new Date().toISOString();
const gathered = gathering(lost);
gathered.take({ is: 'start', observedFrom: at });
for (let i = 0; i < count; i++) {
  const own = target(i, port);
  gathered.take({ is: 'target', target: own });
  for (const observation of copy(i)) gathered.take({ is: 'observation', target: own.id, observation });
}
for (const trust of context.roots.sources) gathered.take({ is: 'trust', trust });
gathered.take({ is: 'end', observedTo: at });
console.log(`${count} endpoints, ${one.flatMap(({ evidence }) => evidence).length} records of evidence and ${(text.length / 1000).toFixed(1)} kB of observations each; observed: ${mb(process.memoryUsage().rss)}`);

const start = performance.now();
const result = judgeStored({
  ...gathered.all(),
  rules,
  overrides: [],
  switchedOff: [],
  lowered: [],
  catalogue: builtInCatalogue(),
  frameworks: ['pci-dss-4.0.1', 'hipaa-security-rule'],
  waivers: [],
  gate: { failOn: 'high', failOnControls: [], failOnNew: false, maxUnknown: 0, allowCritical: false, exitZero: false },
  policySource: 'defaults',
  tool: { name: 'encaudit', version: '0.0.0', node: process.versions.node, openssl: process.versions.openssl },
  ruleset: rulesetOf(rules),
  judgedAt: at,
});
const judged = performance.now();
console.log(`judged in ${((judged - start) / 1000).toFixed(1)} s: ${result.findings.length} findings; ${mb(process.memoryUsage().rss)}`);
const path = join(folder(), 'result.json');
const file = openSync(path, 'w');
for (const chunk of json.render(result, { color: false, width: 100 })) writeSync(file, chunk);
closeSync(file);
console.log(`written in ${((performance.now() - judged) / 1000).toFixed(1)} s: ${(statSync(path).size / 1e6).toFixed(1)} MB of JSON`);
console.log(`peak memory ${mb(process.resourceUsage().maxRSS * 1024)}, load ${loadavg()[0].toFixed(1)}`);
const sizes = { evidence: Object.keys(result.evidence).map((id) => result.evidence[id]), subjects: result.subjects, findings: result.findings };
const parts = Object.entries(sizes).map(([name, list]) => `${name} ${(list.reduce((sum, one) => sum + JSON.stringify(one).length, 0) / 1e6).toFixed(1)} MB`);
console.log(`of it ${parts.join(', ')}`);
process.exit(0);
