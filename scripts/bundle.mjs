// After tsc: the command line as a few files with the small libraries in them, because loading 260 modules takes longer than scanning an endpoint.
// The AWS SDK stays outside (it is loaded when a target asks for it), and so does the library of src/index.ts, which is dist/ as tsc wrote it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = join(root, 'dist/bundle');
const outside = /^(?:node:|@aws-sdk\/|@smithy\/|https-proxy-agent$|proxy-from-env$)/;

/** What every scan loads: one file, for each one costs a millisecond to find. Commands, the lab and the AWS collectors stay apart. */
const core = (id) =>
  /\/node_modules\/(?:zod|@marcbachmann\/cel-js|p-limit|yocto-queue)\//.test(id) ||
  /\/dist\/(?:scan\.js|config|facts|judge|observe|report\/(?:terminal|words)|saved|util|wire|x509)/.test(id);
const apart = /\/dist\/(?:observe\/(?:aws|client)|wire\/[a-z]+-server|report\/(?:sarif|markdown|junit|html)|x509\/issue|saved\/|judge\/(?:waivers|baseline|regate|coverage|comparable|diff)|judge\/rules\/(?:test-rules|examples))/;
/** What `--help` loads too. */
const base = (id) => /\/dist\/(?:util\/(?:text|suggest|file-error|shell|near-file|group|package-root)|cli\/runtime)\.js|rolldown.runtime/.test(id);

rmSync(folder, { recursive: true, force: true });
const build = await rolldown({ input: { main: join(root, 'dist/main.js') }, external: (id) => outside.test(id), platform: 'node' });
const { output } = await build.write({
  dir: folder, format: 'esm',
  chunkFileNames: '[name].js',
  minify: { compress: true, mangle: false, codegen: true }, // names stay, for whoever reads a stack
  codeSplitting: {
    groups: [
      { name: 'base', test: base, priority: 2 },
      { name: 'core', test: (id) => core(id) && !apart.test(id), priority: 1 },
    ],
  },
});
await build.close();

/** The package that a module belongs to. */
function packageOf(path) {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
    const file = join(at, 'package.json');
    const found = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    if (found.name && found.version) return { at, ...found };
  }
  throw new Error(`${path}: no package`);
}
const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])).filter((id) => id.includes('/node_modules/'));
const packages = new Map(modules.map((id) => packageOf(id.replace(/^\0+/, ''))).map((one) => [one.name, one]));
const notices = [...packages.values()]
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map(({ at, name, version, license, author }) => {
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE', 'License'].map((one) => join(at, one)).find((one) => existsSync(one));
    if (!file && !license) throw new Error(`${name}: no licence found`);
    return `${name} ${version} (${license})\n\n${file ? readFileSync(file, 'utf8').trim() : `Licence as its package.json says; by ${author?.name ?? author}`}\n`;
  });
writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), `dist/bundle contains code of these packages:\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`);
