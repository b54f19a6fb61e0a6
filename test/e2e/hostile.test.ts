import { createServer } from 'node:https';
import { beforeAll, expect, test } from 'vitest';
import { listenOn } from '../../src/demo/listen.ts';
import { modern } from '../../src/demo/servers.ts';
import { issue } from '../../src/x509/issue.ts';
import { folder, run, type Ended } from './run.ts';
import { closedPort, keep, plainPort, rudePort, silentPort } from './servers.ts';

interface Seen {
  readonly subjects: readonly {
    readonly id: string;
    readonly passed: readonly string[];
    readonly views: readonly { readonly gaps: readonly { readonly code: string }[] }[];
  }[];
  readonly findings: readonly { readonly subject: string; readonly rule: string; readonly verdict: string }[];
  readonly interrupted?: string;
}
const seen = ({ stdout }: Ended): Seen => JSON.parse(stdout);

let worst: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  worst = {
    closed: await closedPort(),
    silent: await silentPort(),
    garbage: await rudePort((socket) => socket.end(Buffer.alloc(3000, 0xa7))),
    hangsUp: await rudePort((socket) => socket.end()),
    resets: await rudePort((socket) => socket.resetAndDestroy()),
    endless: await rudePort((socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 11)));
      };
      socket.write(Buffer.from([22, 3, 3, 0x40, 0])); // one handshake record after another, of a message that never ends
      socket.on('drain', more);
      more();
    }),
    slow: await rudePort((socket) => {
      const bytes = [22, 3, 3, 0x40, 0, 2, 0, 0x40, 0];
      const timer = setInterval(() => socket.write(Buffer.from([bytes.shift() ?? 0])), 1000);
      socket.on('close', () => clearInterval(timer));
    }),
    nowhere: 'no-such-host.invalid',
  };
});

test.concurrent('servers that do not do as they should: each a gap, none of them a pass, and all of it in time', async () => {
  const plain = await plainPort();
  const ended = await run(['scan', ...Object.values(worst), plain, '--timeout', '1000', '--deadline', '40000', '-f', 'json']);
  expect(ended).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^exit 1: 1 high finding ≥ --fail-on high; \d+ unknowns from \d+ causes > --max-unknown 0\n$/),
  });
  const { subjects, findings, interrupted } = seen(ended);
  expect(interrupted).toBeUndefined();
  expect(subjects).toHaveLength(Object.keys(worst).length + 1);
  for (const [name, address] of Object.entries(worst)) {
    const subject = subjects.find(({ id }) => id.startsWith(`endpoint://${address}`));
    expect(subject?.passed, name).toEqual([]);
    expect(subject?.views.flatMap(({ gaps }) => gaps).length, name).toBeGreaterThan(0);
    expect(findings.find(({ subject: id, rule }) => id === subject?.id && rule === 'tls/offered')?.verdict, name).toBe('unknown');
  }
  expect(findings.filter(({ verdict }) => verdict === 'fail').map(({ subject, rule }) => [subject, rule])).toEqual([[`endpoint://${plain}`, 'tls/offered']]);
});
test.concurrent('the deadline cuts what drags on, and what was seen is reported', async () => {
  const plain = await plainPort();
  const ended = await run(['scan', plain, worst['slow'] ?? '', worst['silent'] ?? '', '--timeout', '60000', '--deadline', '3000', '-f', 'json']);
  expect(ended).toMatchObject({ status: 1, last: expect.stringMatching(/the deadline cut the scan short$/) });
  const { subjects, findings, interrupted } = seen(ended);
  expect(interrupted).toBe('deadline');
  expect(subjects).toHaveLength(3);
  expect(findings.filter(({ verdict }) => verdict === 'fail')).toHaveLength(1);
  expect(subjects.flatMap(({ views }) => views.flatMap(({ gaps }) => gaps.map(({ code }) => code)))).toContain('cancelled');
});
test.concurrent('the deadline alone is incomplete, never a pass', async () => {
  const ended = await run(['scan', worst['silent'] ?? '', '--deadline', '1000', '--max-unknown', '1000', '--fail-on', 'none']);
  expect(ended).toMatchObject({ status: 3, last: 'exit 3: nothing answered; the deadline cut the scan short' });
});

test.concurrent('text of a certificate reaches no stream as it is', async () => {
  const evil = 'evil\r\n::error::pwned\n##vso[task.complete]\u001b[2J\u001b]0;title\u0007\u202e\u0000<script>|`=cmd()';
  const day = 86_400_000;
  const ca = issue({ subject: `authority ${evil}`, ca: true, notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 99 * day) });
  const leaf = issue({ subject: evil, san: { dns: [evil] }, issuer: ca, notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() - day) });
  const server = createServer({ ...modern, cert: leaf.certPem + ca.certPem, key: leaf.keyPem }, (_, response) => response.end());
  const { port } = await keep(listenOn(server, '127.0.0.1'));
  const cwd = folder();
  const scanned = await run(['scan', `127.0.0.1:${port}`, '-v', '-f', 'json=result.json', '-f', 'terminal'], { cwd });
  expect(scanned.status).toBe(1);
  const others = await Promise.all(
    ['json', 'sarif', 'junit', 'markdown', 'terminal'].map((format) => run(['report', 'result.json', '-v', '-f', format], { cwd, env: { FORCE_COLOR: '0' } })),
  );
  for (const { stdout, stderr, status } of [scanned, ...others]) {
    expect(stdout).toContain('evil');
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(stdout + stderr).not.toMatch(/^\s*::|##(?:vso|\[)/m);
    expect(status).not.toBe(4);
  }
});
