// How long `encaudit --help` takes, against a bare node: node bench/startup.mjs [runs]
import { spawnSync } from 'node:child_process';

const runs = Number(process.argv[2] ?? 21);
const time = (...args) => {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return performance.now() - start;
};
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const bare = [];
const help = [];
for (let i = 0; i < runs; i++) {
  bare.push(time('-e', '0'));
  help.push(time('bin/encaudit.js', '--help'));
}
console.log(`bare node ${median(bare).toFixed(0)} ms, --help ${median(help).toFixed(0)} ms: ${(median(help) / median(bare)).toFixed(2)} × (medians of ${runs})`);
