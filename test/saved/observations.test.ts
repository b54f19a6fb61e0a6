import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { gathering } from '../../src/judge/gathered.ts';
import { judgeStored } from '../../src/judge/judgement.ts';
import type { GapCode, Observation } from '../../src/model/observation.ts';
import type { Recorded } from '../../src/model/recorded.ts';
import type { ScanResult } from '../../src/model/result.ts';
import { lost } from '../../src/observe/lost.ts';
import { rejudge } from '../../src/rejudge.ts';
import { json } from '../../src/report/json.ts';
import { lineMaker, openObservations } from '../../src/saved/observations.ts';
import { FileError } from '../../src/util/file-error.ts';
import { accepts, declaration, gapOf, input, judgedAt, seen, sound, target } from '../support/judge-input.ts';

const dir = mkdtempSync(join(tmpdir(), 'encaudit-observations-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const { observations: _o, populations: _p, callers: _c, targets: _t, trust: _r, judgedAt: _j, observedFrom: _f, observedTo: _e, ...judge } = input();
const [a, b] = [target('a.example'), target('b.example', { data: ['pci'] })];
const start: Recorded = {
  is: 'start',
  tool: judge.tool,
  observedFrom: judgedAt,
  limits: { concurrency: 1, perHost: 1, delayMs: 0, timeoutMs: 1 },
  reads: ['tls.offered'],
};
const end: Recorded = { is: 'end', observedTo: judgedAt };
const told = (of: typeof a, observation: Observation): Recorded => ({ is: 'observation', target: of.id, observation });
const done = (of: typeof a): Recorded => ({ is: 'done', target: of.id });
const both: readonly Recorded[] = [start, { is: 'target', target: a }, { is: 'target', target: b }];
const whole: readonly Recorded[] = [
  ...both,
  told(a, declaration(a)),
  told(b, declaration(b)),
  told(a, seen(a.id, 'tls-versions', accepts('TLSv1', 'TLSv1.2'))),
  told(a, seen(a.id, 'rest', sound)),
  done(a),
  told(b, seen(b.id, 'tls-versions', accepts('TLSv1.2'), '8.8.4.4', [gapOf('http')])),
  done(b),
  end,
];
const linesFor = (records: readonly Recorded[]): string => records.map(lineMaker()).join('');
function file(text: string): string {
  const path = join(dir, 'o.ndjson');
  writeFileSync(path, text);
  return path;
}
const again = (text: string): ScanResult => rejudge(file(text), { judge, judgedAt });
const bytes = (result: ScanResult): string => [...json.render(result, { color: false, width: 80 })].join('');
function complaint(text: string): string {
  try {
    again(text);
  } catch (error) {
    if (error instanceof FileError) return error.message.replaceAll(`${dir}/`, '');
    throw error;
  }
  return '';
}
function judgedAtOnce(records: readonly Recorded[]): ScanResult {
  const gathered = gathering(lost);
  for (const record of records) gathered.take(record);
  return judgeStored({ ...judge, ...gathered.all(), judgedAt });
}

test('what was written is judged as what was gathered', () => {
  const result = again(linesFor(whole));
  expect(bytes(result)).toBe(bytes(judgedAtOnce(whole)));
  expect(result.subjects.map(({ id }) => id)).toEqual([a.id, b.id]);
  expect(result.findings.map(({ rule, verdict }) => `${rule} ${verdict}`)).toEqual(['tls/legacy fail', 'cert/valid unknown', 'http/hsts unknown']);
  expect(result.interrupted).toBeUndefined();
});
test('whatever observers told, in whatever order', () => {
  const version = fc.constantFrom('SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3');
  const observation = fc
    .record({
      of: fc.constantFrom(a, b),
      by: fc.constantFrom('tls-versions', 'rest'),
      address: fc.constantFrom('8.8.8.8', '2001:4860:4860::8888'),
      versions: fc.uniqueArray(version),
      detail: fc.string({ unit: 'binary', maxLength: 30 }),
      code: fc.constantFrom<GapCode>('timeout', 'bug', 'conflict'),
    })
    .map(({ of, by, address, versions, detail, code }) => told(of, seen(of.id, by, accepts(...versions), address, [{ ...gapOf('http', code), detail }])));
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 8 }), (some) => {
      const records = [...both, ...some, done(a), done(b), end];
      expect(bytes(again(linesFor(records)))).toBe(bytes(judgedAtOnce(records)));
    }),
    { numRuns: 60 },
  );
});
test('an interrupted scan is one again', () => {
  const records: readonly Recorded[] = [...whole.slice(0, -1), { is: 'end', observedTo: judgedAt, interrupted: 'SIGTERM' }];
  expect(again(linesFor(records))).toMatchObject({ interrupted: 'SIGTERM', gate: { exit: 143 } });
});
test('who observed is what the file says, who judges is us', () => {
  const ci = { provider: 'p', repository: 'r', run: '1', commit: 'c' };
  const elsewhere: Recorded = { ...start, tool: { name: 'encaudit', version: '0.0.1', node: '99', openssl: '9' }, ci };
  const result = rejudge(file(linesFor([elsewhere, ...whole.slice(1)])), { judge: { ...judge, ci: { ...ci, run: '2' } }, judgedAt });
  expect(result.tool).toEqual({ name: 'encaudit', version: judge.tool.version, node: '99', openssl: '9' });
  expect(result.identity.ci).toEqual(ci);
});

describe('a file without its end', () => {
  const text = linesFor(whole);
  test('is a scan that was cut off; what was not looked at whole is unknown', () => {
    const result = again(linesFor(whole.slice(0, -2)));
    expect(result).toMatchObject({
      interrupted: 'cut-off',
      observedTo: judgedAt,
      gate: { reasons: expect.arrayContaining(['the saved observations have no end']) },
    });
    const unknown = again(linesFor([...both, told(a, declaration(a)), told(a, seen(a.id, 'rest', sound)), done(a)]));
    expect(unknown.findings.filter(({ subject, verdict }) => subject === b.id && verdict === 'unknown')).toHaveLength(judge.rules.length);
    expect(unknown.findings.every(({ subject, because }) => subject !== b.id || because.every(({ code }) => code === 'cancelled'))).toBe(true);
  });
  test('can end anywhere: nothing passes that would not have passed', () => {
    const passed = ({ subjects }: ScanResult): readonly string[] => subjects.flatMap(({ id, passed: rules }) => rules.map((rule) => `${id} ${rule}`));
    const all = new Set(passed(again(text)));
    const first = text.indexOf('\n') + 1;
    fc.assert(
      fc.property(fc.integer({ min: first, max: text.length - 2 }), (length) => {
        const result = again(text.slice(0, length));
        expect(result.interrupted).toBe('cut-off');
        expect(result.gate.exit).not.toBe(0);
        for (const pass of passed(result)) expect(all).toContain(pass);
      }),
      { numRuns: 100 },
    );
  });
});

test.each<[string, string, RegExp]>([
  ['empty', '', /^o\.ndjson: empty; `encaudit scan --save-observations FILE` writes them$/],
  ['text', 'hello\n', /^o\.ndjson: no saved observations of encaudit; /],
  ['binary', '\u0000\u0001\n', /^o\.ndjson: no saved observations of encaudit; /],
  ['a result', '{"schemaVersion":1}\n', /^o\.ndjson: a result, not observations: encaudit report and encaudit gate read it$/],
  [
    'a newer one',
    linesFor([{ ...start, tool: { ...judge.tool, version: '9.0.0' } }]).replace('"version":1', '"version":2'),
    /^o\.ndjson:1: written by encaudit 9\.0\.0 in another version of the format; this encaudit reads version 1: /,
  ],
  ['no JSON in the middle', linesFor(whole).replace('{"is":"done"', '{is:"done"'), /^o\.ndjson:8: not JSON; the file was changed or damaged: scan again$/],
  ['a stranger', linesFor(whole).replace('{"is":"done"', '{"is":"done","x":1'), /^o\.ndjson:8: the line: has fields that the schema does not know; /],
  ['another record', linesFor(whole).replace('{"is":"done"', '{"is":"gone"'), /^o\.ndjson:8: is: /],
  [
    'a fact of another type',
    linesFor(whole).replace('"offered":true', '"offered":"yes"'),
    /^o\.ndjson:6: observation\.facts\.tls\.offered: missing, or of another type; /,
  ],
  ['a fact that nobody knows', linesFor(whole).replace('"offered":true', '"offred":true'), /^o\.ndjson:6: observation\.facts\.tls: has fields /],
  ['a prototype', linesFor(whole).replace('"offered":true', '"__proto__":{"offered":true}'), /^o\.ndjson:6: observation\.facts\.tls: has fields /],
  ['a line less', linesFor(whole).replace(/\{"is":"done".*\n/, ''), /^o\.ndjson:10: says that 10 lines stand before it, and 9 do; /],
  ['two files in one', linesFor(whole) + linesFor(whole), /^o\.ndjson:12: something behind the last line; /],
  ['two beginnings', linesFor(whole.slice(0, 4)) + linesFor(whole), /^o\.ndjson:5: a second beginning; /],
])('%s: file and line, and nothing of what stands there', (_name, text, said) => {
  expect(complaint(text)).toMatch(said);
});
test('missing, a folder, a line without an end of 40 MB', () => {
  expect(() => rejudge(join(dir, 'none'), { judge, judgedAt })).toThrow(/none: no such file/);
  expect(() => rejudge(dir, { judge, judgedAt })).toThrow(/: not a file/);
  const large = file(linesFor(both));
  truncateSync(large, 40 * 1024 * 1024);
  expect(() => rejudge(large, { judge, judgedAt })).toThrow(/o\.ndjson:4: a line of more than 32 MB/);
});
test('a file that changes while it is read is refused', () => {
  const path = file(linesFor(whole));
  const saved = openObservations(path);
  const reads = [...saved.records].flatMap(({ again: read }) => read ?? []);
  writeFileSync(path, linesFor(whole).replaceAll('"offered":true', '"offered":12345'));
  expect(() => reads.map((read) => read())).toThrow(/o\.ndjson:6: changed while it was read/);
  saved.close();
});
