import { expect, test } from 'vitest';
import { run } from './run.ts';

/** The process edge; all that is refused stands in test/cli/usage.test.ts. */
test.concurrent('a mistake is one line on stderr, and 2', async () => {
  expect(await run(['rulse'])).toEqual({
    status: 2,
    stdout: '',
    stderr: "exit 2: unknown command 'rulse'; did you mean rules?\n",
    last: "exit 2: unknown command 'rulse'; did you mean rules?",
  });
});
test.concurrent('no command: the help on stderr, and 2', async () => {
  expect(await run([])).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^Usage: encaudit /),
    last: 'exit 2: no command was named; they are listed above',
  });
});
test.concurrent('help and lists are for stdout, and 0', async () => {
  const [help, list] = await Promise.all([run(['scan', '--help']), run(['rules'])]);
  expect(help).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^Usage: encaudit scan /) });
  expect(list).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^tls\/offered +high /m) });
});
test.concurrent('variables are flags, and are named when they are wrong', async () => {
  const [wrong, nowhere] = await Promise.all([
    run(['scan', 'a.test'], { env: { ENCAUDIT_FAIL_ON: 'hihg' } }),
    run(['scan', 'a.test'], { env: { ENCAUDIT_CONFIG: 'nowhere.yaml' } }),
  ]);
  expect(wrong).toMatchObject({ status: 2, last: expect.stringMatching(/^exit 2: ENCAUDIT_FAIL_ON: .*"high"\?$/) });
  expect(nowhere).toMatchObject({ status: 2, last: 'exit 2: nowhere.yaml: no such file' });
});
test.concurrent('text of an argument never starts a line as a command of a CI runner', async () => {
  const word = 'x\n::error::boo\n##vso[task.complete]';
  const all = await Promise.all([[word], ['scan', word], ['scan', 'a.test', '--only', word], ['explain', word], [`--${word}`]].map((argv) => run(argv)));
  for (const { stderr, status } of all) {
    expect(status).toBe(2);
    expect(stderr).not.toMatch(/^::|##vso/m);
  }
});
