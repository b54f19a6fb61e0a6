// Writes the output of the two commands into README.md: node scripts/readme.mjs
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const escape = new RegExp(String.fromCharCode(27) + '\\[[0-9;]*m', 'g');
const run = (...args) => {
  const { stdout, stderr } = spawnSync('npm', ['run', '--silent', ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', COLUMNS: '100' } });
  return { stdout: stdout.replace(escape, ''), stderr: stderr.replace(escape, '') };
};
const put = (readme, name, text) =>
  readme.replace(new RegExp(`(<!-- output: ${name} -->)[^]*?(<!-- /output -->)`), (_all, open, close) => `${open}\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n${close}`);

const outputs = {
  demo: () => {
    const { stdout, stderr } = run('demo');
    return `${stdout.trimEnd()}\n${stderr.trimEnd()}`;
  },
  test: () =>
    run('test')
      .stdout.split('\n')
      .filter((line) => /^\s*(Test Files|Tests)\s/.test(line))
      .map((line) => line.trim())
      .join('\n'),
};
// All of them, or those that are named: node scripts/readme.mjs demo
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(outputs);
for (const name of wanted) {
  const text = outputs[name]();
  writeFileSync('README.md', put(readFileSync('README.md', 'utf8'), name, text));
}
