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

const demo = run('demo');
const test = run('test');
const summary = test.stdout.split('\n').filter((line) => /^\s*(Test Files|Tests)\s/.test(line)).map((line) => line.trim()).join('\n');
let readme = readFileSync('README.md', 'utf8');
readme = put(readme, 'demo', `${demo.stdout.trimEnd()}\n${demo.stderr.trimEnd()}`);
readme = put(readme, 'test', summary);
writeFileSync('README.md', readme);
