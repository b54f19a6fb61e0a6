import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

/** The real bash, zsh and fish, with the script sourced and the keys pressed in a terminal of Python's; Debian: bash zsh fish python3. */
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'encaudit-shells-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bin = join(folder, 'bin');
mkdirSync(bin);
writeFileSync(join(bin, 'encaudit'), `#!/bin/sh\nexec '${process.execPath}' '${resolve('bin/encaudit.js')}' "$@"\n`);
chmodSync(join(bin, 'encaudit'), 0o755);
mkdirSync(join(folder, 'work/reports'), { recursive: true });
for (const name of ['result-old.json', 'with space.json', 'reports/x.sarif']) writeFileSync(join(folder, 'work', name), '');
writeFileSync(join(folder, 'work/encaudit'), '#!/bin/sh\ntouch ran-the-checkout\n');
chmodSync(join(folder, 'work/encaudit'), 0o755);
const env = {
  PATH: `${bin}:${process.env['PATH']}`,
  HOME: folder,
  ZDOTDIR: folder,
  TERM: 'xterm',
  NO_COLOR: '1',
  LC_ALL: 'C.UTF-8',
  XDG_CONFIG_HOME: join(folder, 'config'),
};

/** Types lines at a shell, waits for the word that ends each, and prints all that the terminal showed of the last one. */
const terminal = String.raw`
import os, pty, select, sys, time
shell, lines = sys.argv[1].split(), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(shell[0], shell)
for line in lines:
    os.write(fd, line.encode() + b'\n')
    seen, end = b'', time.time() + 40
    while b'<E.N.D>' not in seen:
        if time.time() > end: sys.exit('no answer to ' + line + ': ' + repr(seen))
        if select.select([fd], [], [], 1)[0]: seen += os.read(fd, 65536)
sys.stdout.buffer.write(seen)
os.kill(pid, 9)
`;
/** What encaudit would have been called with, were the line run after the keys: the function prints its words. */
function pressed(shell: 'bash' | 'zsh', keys: string): { readonly words: readonly string[]; readonly screen: string } {
  const says = `encaudit() { local w; for w in "$@"; do printf '[%s]\\n' "$w"; done; printf '<%s.%s.%s>\\n' E N D; }`;
  const setup = {
    bash: `PS1='$ '; bind 'set show-all-if-ambiguous on'; bind 'set completion-query-items 0'; bind 'set page-completions off'; source <(encaudit completion bash); ${says}; encaudit`,
    zsh: `PS1='$ '; autoload -Uz compinit; compinit -u -d ${folder}/dump; setopt NO_LIST_BEEP; LISTMAX=0; source <(encaudit completion zsh); ${says}; encaudit`,
  }[shell];
  const start = { bash: 'bash --norc --noprofile -i', zsh: 'zsh -f -i' }[shell];
  const { stdout, stderr, status } = spawnSync('python3', ['-c', terminal, start, setup, keys], { cwd: join(folder, 'work'), env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return { words: [...stdout.matchAll(/^\[(.*?)\/?\]\r?$/gm)].map(([, word = '']) => word), screen: stdout };
}

describe.each(['bash', 'zsh'] as const)('%s', (shell) => {
  test.each([
    ['encaudit sca\t', ['scan']],
    ['encaudit baseline cre\t', ['baseline', 'create']],
    ['encaudit scan --fail-on cri\t', ['scan', '--fail-on', 'critical']],
    ['encaudit scan --fail-on=hi\t', ['scan', '--fail-on=high']],
    ['encaudit scan --strict-p\t', ['scan', '--strict-policy']],
    ['encaudit scan --framework hip\t', ['scan', '--framework', 'hipaa-security-rule']],
    ['encaudit scan --framework pci-dss-4.0.1,hip\t', ['scan', '--framework', 'pci-dss-4.0.1,hipaa-security-rule']],
    ['encaudit scan --fail-on-control pci-dss-4.0.1:4.2.1.2\t', ['scan', '--fail-on-control', 'pci-dss-4.0.1:4.2.1.2']],
    ['encaudit scan --fail-on-control pci-dss-4.0.1:12.3.3\t', ['scan', '--fail-on-control', 'pci-dss-4.0.1:12.3.3']],
    ['encaudit explain tls/no-leg\t', ['explain', 'tls/no-legacy-versions']],
    ['encaudit explain 164.312\\(e\\)\\(2\\)\\(ii\t', ['explain', '164.312(e)(2)(ii)']],
    ["encaudit explain '164.312(e)(2)(ii\t", ['explain', '164.312(e)(2)(ii)']],
    ['encaudit scan -f sar\t', ['scan', '-f', 'sarif']],
    ['encaudit scan -f sarif=reports/x\t', ['scan', '-f', 'sarif=reports/x.sarif']],
    ['encaudit scan @result-o\t', ['scan', '@result-old.json']],
    ['encaudit report result-o\t', ['report', 'result-old.json']],
    ['encaudit report with\t', ['report', 'with space.json']],
    ['encaudit scan --rules rep\t', ['scan', '--rules', 'reports']],
    ['encaudit completion fi\t', ['completion', 'fish']],
    ['encaudit diff -f mark\t', ['diff', '-f', 'markdown']],
    ['encaudit help baseline pru\t', ['help', 'baseline', 'prune']],
  ])('%j', (keys, words) => {
    expect(pressed(shell, keys).words).toEqual(words);
  });
  test('several candidates are shown', () => {
    const { screen } = pressed(shell, 'encaudit scan --fail-on \t');
    for (const severity of ['critical', 'high', 'medium', 'low', 'info', 'none']) expect(screen).toContain(severity);
  });
});

describe('fish', () => {
  const offered = (line: string): readonly string[] =>
    spawnSync('fish', ['--no-config', '-c', 'encaudit completion fish | source; complete -C $argv[1]', line], {
      cwd: join(folder, 'work'),
      env,
      encoding: 'utf8',
    })
      .stdout.split('\n')
      .filter((one) => one !== '')
      .map((one) => one.split('\t')[0] ?? '');
  test.each([
    ['encaudit sca', ['scan']],
    ['encaudit baseline cre', ['create']],
    ['encaudit scan --fail-on ', ['critical', 'high', 'medium', 'low', 'info', 'none']],
    ['encaudit scan --fail-on=hi', ['--fail-on=high']],
    ['encaudit scan --framework pci-dss-4.0.1,hip', ['pci-dss-4.0.1,hipaa-security-rule']],
    ['encaudit explain tls/no-leg', ['tls/no-legacy-versions']],
    ['encaudit explain 164.312\\(e\\)\\(2\\)\\(ii', ['164.312(e)(2)(ii)']],
    ["encaudit explain '164.312(e)(2)(ii", ['164.312(e)(2)(ii)']],
    ['encaudit scan -f sarif=reports/x', ['sarif=reports/x.sarif']],
    ['encaudit scan --rules rep', ['reports/']],
    ['encaudit report result-o', ['result-old.json']],
    ['encaudit ', expect.arrayContaining(['scan', 'diff', 'completion'])],
  ])('%j', (line, expected) => {
    expect(offered(line)).toEqual(expected);
  });
  test('candidates carry what they mean', () => {
    const { stdout } = spawnSync('fish', ['--no-config', '-c', 'encaudit completion fish | source; complete -C "encaudit dif"'], { env, encoding: 'utf8' });
    expect(stdout).toMatch(/^diff\ttwo saved results/);
  });
});

test('pressing Tab in a checkout runs nothing that lies there', () => {
  for (const shell of ['bash', 'zsh'] as const) pressed(shell, 'encaudit scan --fail-on cri\t');
  expect(spawnSync('ls', [join(folder, 'work')], { encoding: 'utf8' }).stdout).not.toContain('ran-the-checkout');
});
