import { expect, test } from 'vitest';
import { progress } from '../../src/cli/progress.ts';

function drawn(isTTY: boolean, env: Readonly<Record<string, string>> = {}, quiet = false): readonly string[] {
  const lines: string[] = [];
  const sink = {
    isTTY,
    columns: 30,
    write: (chunk: string) => {
      lines.push(chunk);
      return Promise.resolve();
    },
  };
  const bar = progress({ stderr: sink, env }, quiet);
  bar.update(0, 3, 'first.test');
  bar.update(1, 3, 'too soon after the first');
  bar.update(3, 3, `evil\u001b[2J\u202e${'long '.repeat(20)}`);
  bar.stop();
  return lines;
}
test('a terminal sees one line, drawn over and over, and nothing at the end', () => {
  const clear = '\r\u001b[2K';
  expect(drawn(true)).toEqual([`${clear}0/3 first.test`, `${clear}3/3 evillong long long long l`, clear]);
});
test.each([
  ['a pipe', false, {}, false],
  ['a runner', true, { CI: 'true' }, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['one who wants quiet', true, {}, true],
] as const)('%s sees nothing', (_, isTTY, env, quiet) => {
  expect(drawn(isTTY, env, quiet)).toEqual([]);
});
