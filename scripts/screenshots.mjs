// docs/images/*.png: what a terminal shows. Needs script (util-linux) and chromium on the PATH: `npm run build && node scripts/screenshots.mjs`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'encaudit-shots-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const shots = [
  { name: 'demo', args: 'demo', columns: 110, lines: 62 },
  { name: 'explain', args: 'explain tls/no-legacy-versions', columns: 110, lines: 60 },
  { name: 'client', args: 'client -- curl -sk {url}', columns: 110, lines: 40 },
  { name: 'controls', args: 'controls pci-dss-4.0.1', columns: 110, lines: 48 },
];
const only = process.argv.slice(2);
for (const { name, args, columns, lines } of shots.filter((shot) => only.length === 0 || only.includes(shot.name))) {
  const env = { ...process.env, TERM: 'xterm-256color', NO_COLOR: undefined, CI: undefined };
  const typed = `stty cols ${columns} rows 50; node ${join(root, 'bin/encaudit.js')} ${args} 2>/dev/null`;
  const { stdout } = spawnSync('script', ['-qec', typed, '/dev/null'], { cwd: folder, env, encoding: 'utf8', maxBuffer: 64e6 });
  const shown = stdout.replaceAll('\r\n', '\n').split('\n').slice(0, lines);
  const page = join(folder, `${name}.html`);
  writeFileSync(page, html(`encaudit ${args}`, shown.join('\n')));
  const size = `${Math.round(columns * 7.9 + 60)},${Math.min(shown.length, lines) * 17 + 60}`;
  const image = join(root, 'docs/images', `${name}.png`);
  const shot = spawnSync('chromium', ['--headless', '--no-sandbox', '--hide-scrollbars', `--window-size=${size}`, `--screenshot=${image}`, `file://${page}`], { encoding: 'utf8' });
  if (shot.status !== 0) throw new Error(shot.stderr);
  console.log(image.slice(root.length));
}

/** Select Graphic Rendition of ECMA-48, as far as our own reports use it. */
function html(title, text) {
  const colours = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 34: '#79c0ff', 35: '#d2a8ff', 36: '#76e3ea', 90: '#8b949e', 91: '#ff7b72', 93: '#e3b341' };
  const style = { bold: false, dim: false, colour: '' };
  const body = text
    .split(/(\u001b\[[0-9;]*m)/)
    .map((part) => {
      const codes = /^\u001b\[([0-9;]*)m$/.exec(part)?.[1];
      if (codes === undefined) {
        const css = [style.bold && 'font-weight:bold', style.dim && 'opacity:.65', style.colour && `color:${style.colour}`].filter(Boolean).join(';');
        const safe = part.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
        return css ? `<span style="${css}">${safe}</span>` : safe;
      }
      for (const code of codes.split(';').map(Number)) {
        if (code === 0) Object.assign(style, { bold: false, dim: false, colour: '' });
        else if (code === 1) style.bold = true;
        else if (code === 2) style.dim = true;
        else if (code === 22) Object.assign(style, { bold: false, dim: false });
        else if (code === 39) style.colour = '';
        else style.colour = colours[code] ?? style.colour;
      }
      return '';
    })
    .join('');
  return `<!doctype html><meta charset=utf-8><title>${title}</title><style>body{margin:0;background:#0d1117;color:#e6edf3;padding:12px 16px}
pre{margin:0;font:13px/17px 'DejaVu Sans Mono',monospace;white-space:pre}.prompt{color:#8b949e}</style><pre><span class=prompt>$ ${title}</span>
${body}</pre>`;
}
