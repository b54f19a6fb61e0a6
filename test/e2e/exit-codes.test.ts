import { beforeAll, expect, test } from 'vitest';
import { folder, run } from './run.ts';
import { closedPort, goodEndpoint, goodFiles, plainPort, rudePort } from './servers.ts';

let [good, plain, closed]: [readonly string[], string, string] = [[], '', ''];
beforeAll(async () => {
  [good, plain, closed] = [await goodEndpoint(), await plainPort(), await closedPort()];
});

test.concurrent('0: the gate passed', async () => {
  const ended = await run(['scan', ...good], { cwd: folder(goodFiles) });
  expect(ended).toMatchObject({ status: 0, last: 'exit 0: gate passed (--fail-on high)' });
  expect(ended.stdout).toContain('good.test');
});
test.concurrent('1: the gate failed, and --exit-zero says what it hides', async () => {
  const [failed, hidden, tolerant] = await Promise.all([
    run(['scan', plain]),
    run(['scan', plain, '--exit-zero']),
    run(['scan', plain, '--fail-on', 'critical']),
  ]);
  expect(failed).toMatchObject({ status: 1, last: 'exit 1: 1 high finding ≥ --fail-on high' });
  expect(hidden).toMatchObject({ status: 0, last: 'exit 0: --exit-zero instead of 1; 1 high finding ≥ --fail-on high' });
  const withoutGate = (text: string): readonly string[] => text.split('\n').filter((line, i) => i > 0 && !line.startsWith('Gate:'));
  expect(withoutGate(hidden.stdout)).toEqual(withoutGate(failed.stdout)); // the gate's flags change nothing else
  expect(tolerant).toMatchObject({ status: 0, last: 'exit 0: gate passed (--fail-on critical)' });
});
test.concurrent('2: nothing to look at; --exit-zero does not hide it', async () => {
  expect(await run(['scan', '--exit-zero'])).toMatchObject({ status: 2, stdout: '', last: expect.stringMatching(/^exit 2: no target: .*`encaudit demo`$/) });
});
test.concurrent('3: nothing answered, whatever number of unknowns is tolerated', async () => {
  const [incomplete, tolerated, hidden] = await Promise.all([
    run(['scan', closed]),
    run(['scan', closed, '--max-unknown', '100', '--fail-on', 'none']),
    run(['scan', closed, '--exit-zero']),
  ]);
  expect(incomplete).toMatchObject({ status: 3, last: expect.stringMatching(/^exit 3: nothing answered; \d+ unknowns from 1 cause > --max-unknown 0$/) });
  expect(tolerated).toMatchObject({ status: 3, last: 'exit 3: nothing answered' });
  expect(hidden).toMatchObject({ status: 0, last: expect.stringMatching(/^exit 0: --exit-zero instead of 3; nothing answered/) });
});
test.concurrent('1 comes before 3', async () => {
  expect(await run(['scan', plain, closed])).toMatchObject({
    status: 1,
    last: expect.stringMatching(/^exit 1: 1 high finding ≥ --fail-on high; \d+ unknowns/),
  });
});
test.concurrent('4: a report that the system would not write; the others are written', async () => {
  const ended = await run(['scan', plain, '-f', 'json=result.json', '-f', 'terminal'], { shell: 'ulimit -f 1; exec "$@"' });
  expect(ended).toMatchObject({ status: 4, last: 'exit 4: not written: result.json; 1 high finding ≥ --fail-on high' });
  expect(ended.stderr).toContain('encaudit: result.json: ');
  expect(ended.stdout).toContain('tls/offered');
  const both = await run(['scan', plain, '--exit-zero', '-f', 'json=result.json'], { shell: 'ulimit -f 1; exec "$@"' });
  expect(both.status).toBe(4);
});
test.concurrent.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s: %i, with a report of what was seen', async (signal, status) => {
  let stop = (): void => {};
  const silent = await rudePort(() => stop());
  const ended = await run(['scan', plain, silent, '--concurrency', '1', '--timeout', '60000', '-f', 'json=result.json', '-f', 'terminal'], {
    during: (child) => {
      stop = () => child.kill(signal);
    },
  });
  expect(ended.status).toBe(status);
  expect(ended.last).toMatch(new RegExp(`^exit ${status}: .*reported`));
  expect(ended.stdout).toContain('tls/offered'); // seen before
  expect(ended.stdout).toContain(silent); // not seen, and not forgotten
});
test.concurrent('a signal ends the waiting for standard input', async () => {
  const ended = await run(['scan', '-'], {
    stdin: null,
    during: (child) => void child.stdin?.write('# nothing yet\n'.repeat(20_000), () => child.kill('SIGINT')), // more than a pipe holds: somebody reads
  });
  expect(ended).toMatchObject({ status: 130, stdout: '', last: 'exit 130: stopped by SIGINT' });
});

test.concurrent('4: an error that nobody caught, without a stack', async () => {
  let boom = (): void => {};
  const silent = await rudePort(() => boom());
  const bug = "process.on('SIGUSR2', () => { throw new TypeError('boom') })";
  const ended = await run(['scan', silent], {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` },
    during: (child) => {
      boom = () => child.kill('SIGUSR2');
    },
  });
  expect(ended).toMatchObject({ status: 4, stderr: expect.stringMatching(/^exit 4: TypeError outside of every command: a bug of ours, [^\n]*\n$/) });
});
