import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { diff } from '../../src/judge/diff.ts';
import type { Diff } from '../../src/model/diff.ts';
import type { ScanResult } from '../../src/model/result.ts';
import { diffMarkdown, diffTerminal } from '../../src/report/diff.ts';
import { json } from '../../src/report/json.ts';
import type { Ran } from '../support/command.ts';
import { command } from '../support/command.ts';
import { estate } from '../support/estate.ts';
import { fullResult, hostileText } from '../support/full-result.ts';

const full = fullResult();
const old: ScanResult = { ...full, populations: full.populations.filter(({ state }) => state === 'complete') };
const text = (result: ScanResult): string => [...json.render(result, { color: false, width: 80 })].join('');
/** Two files, and what the command says of them. */
async function compared(now: ScanResult, ...flags: readonly string[]): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'encaudit-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'old.json'), text(old));
  writeFileSync(join(folder, 'new.json'), text(now));
  return command(['diff', join(folder, 'old.json'), join(folder, 'new.json'), ...flags]);
}
const [first] = old.findings.filter(({ verdict, waiver }) => verdict === 'fail' && !waiver);
let without: ScanResult;
beforeAll(() => {
  if (!first) throw new Error('the full result has changed');
  without = {
    ...old,
    findings: old.findings.filter((one) => one !== first),
    subjects: old.subjects.map((subject) => (subject.id === first.subject ? { ...subject, passed: [...subject.passed, first.rule] } : subject)),
  };
});

test('the same twice: nothing new, and 0', async () => {
  const { status, stdout, why } = await compared(old, '--fail-on-new');
  expect([status, why]).toEqual([0, 'nothing new, nothing worse']);
  expect(stdout).toMatch(/^encaudit diff: [^]*no verdict changed · unchanged: \d+ failures/);
  expect(stdout).not.toContain('Before you compare');
});
test('a fix is told as one', async () => {
  const { status, stdout } = await compared(without);
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`\\nFixed \\(1\\)\\n {2}✓ \\w+ +${first?.rule} `));
});
test('the other way round it is new: 1 with --fail-on-new, else 0', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'encaudit-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.json'), text(without));
  const stdin = async function* () {
    yield Buffer.from(text(old));
  };
  const argv = ['diff', join(folder, 'a.json'), '-'];
  expect(await command(argv, { stdin })).toMatchObject({ status: 0, stdout: expect.stringMatching(/\nNew \(1\)\n {2}✗ /) });
  expect(await command([...argv, '--fail-on-new'], { stdin })).toMatchObject({ status: 1, why: '1 new failure, 0 worse (--fail-on-new)' });
});
test('what makes them hard to compare is the first thing said, in every form', async () => {
  const gone = first?.subject;
  const smaller = {
    ...old,
    scope: { ...old.scope, sha256: 'smaller', targets: old.scope.targets.filter(({ id }) => id !== gone) },
    subjects: old.subjects.filter(({ id }) => id !== gone),
    findings: old.findings.filter(({ subject }) => subject !== gone),
  };
  const [plain, markdown, asJson, gated] = await Promise.all([
    compared(smaller),
    compared(smaller, '-f', 'markdown'),
    compared(smaller, '-f', 'json'),
    compared(smaller, '--fail-on-new'),
  ]);
  expect(plain.stdout.split('\n').slice(1, 4).join('\n')).toMatch(/^\nBefore you compare\n {2}! the scope shrank: 1 target of OLD/);
  expect(plain.stdout).toContain('Subject not in the new result: not fixed');
  expect(plain.stdout).not.toMatch(/^Fixed/m);
  expect(plain.stdout).toContain('not to be compared');
  expect(markdown.stdout).toMatch(/^# .*\n\n.*\n\n- \*\*Before you compare\*\*: the scope shrank/);
  const data: Diff = JSON.parse(asJson.stdout);
  expect(data.differences[0]?.code).toBe('scope-shrunk');
  expect(data.changes.length).toBeGreaterThan(0);
  expect(new Set(data.changes.map((one) => one.class))).toEqual(new Set(['vanished']));
  expect(gated).toMatchObject({ status: 3, why: expect.stringContaining('the scope shrank') });
});
test('a comment on a pull request has room for 65,536 characters; what is left out is counted', async () => {
  const many = estate(1200, 3);
  const passing: ScanResult = { ...many, findings: [], subjects: many.subjects.map((subject) => ({ ...subject, passed: Object.keys(many.rules) })) };
  const long: ScanResult = { ...many, findings: many.findings.map((finding) => ({ ...finding, message: 'long '.repeat(300) })) };
  const compare = diff(passing, long);
  const markdown = [...diffMarkdown(compare)].join('');
  expect(markdown.length).toBeLessThan(65_536);
  const [, total = '', shown = '', left = ''] = /## New \((\d+)\)\n\n([^]*?)\n\n?(\d+) more are in the JSON/.exec(markdown) ?? [];
  expect(shown.match(/^\| high/gm)?.length).toBe(Number(total) - Number(left));
  expect([...diffTerminal(compare, 80)].join('')).toContain(`and ${Number(total) - 50} more: -f json has them all`);
});
test('hostile text of a result stays text', async () => {
  const hostile: ScanResult = {
    ...old,
    scope: { ...old.scope, targets: [] },
    findings: old.findings.map((finding) => ({ ...finding, message: `new\n::error::x ${hostileText}` })),
    subjects: old.subjects.map((subject) => ({ ...subject, passed: [], summary: { ...subject.summary, label: `\n::error::x ${hostileText}` } })),
    trust: [],
  };
  const swapped = await Promise.all(['terminal', 'markdown', 'json'].map((format) => compared(hostile, '-f', format)));
  const folder = mkdtempSync(join(tmpdir(), 'encaudit-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.json'), text(without));
  writeFileSync(join(folder, 'b.json'), text({ ...hostile, scope: old.scope }));
  const forth = await Promise.all(
    ['terminal', 'markdown', 'json'].map((format) => command(['diff', join(folder, 'a.json'), join(folder, 'b.json'), '-f', format])),
  );
  for (const { status, stdout } of [...swapped, ...forth]) {
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/[\u001b\u009b\u202e\r]|^\s*::|##(vso)?\[/mu);
  }
  for (const { stdout } of [swapped[1], forth[1]].flatMap((one) => one ?? [])) expect(stdout).not.toMatch(/<script|@team/);
});
test('what is no result, and standard input twice', async () => {
  expect(await command(['diff', '-', '-'])).toMatchObject({ status: 2, stdout: '', why: expect.stringContaining('not both') });
  expect(await command(['diff', 'package.json', 'package.json'])).toMatchObject({
    status: 2,
    stdout: '',
    why: expect.stringContaining('package.json: not a result'),
  });
  const stdin = async function* () {
    yield Buffer.from('{"schemaVersion":1');
  };
  expect(await command(['diff', '-', 'x.json'], { stdin })).toMatchObject({
    status: 2,
    why: expect.stringMatching(/^standard input: not JSON; it seems to be cut off/),
  });
});
