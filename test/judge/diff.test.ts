import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diff } from '../../src/judge/diff.ts';
import { gateOfDiff } from '../../src/judge/diff-gate.ts';
import type { Change } from '../../src/model/diff.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { ScanResult, SubjectResult } from '../../src/model/result.ts';
import type { RuleInfo, Severity } from '../../src/model/rule.ts';
import { fullResult } from '../support/full-result.ts';

/** Verdict of one rule on one subject: `f` fail, `u` unknown, `p` pass, `n` not applicable, `-` not judged; `F` and `U` are waived; items behind a colon. */
type Word = string;
/** Subject → rule → word; a subject `bucket-…` is found in the account `aws`. */
type World = Readonly<Record<string, Readonly<Record<string, Word>>>>;
interface Extra {
  readonly severities?: Readonly<Record<string, Severity>>;
  readonly scope?: string;
  readonly targets?: readonly SubjectResult['id'][];
  readonly rules?: readonly string[];
  readonly change?: Partial<ScanResult>;
  readonly declared?: object;
  readonly addresses?: readonly string[];
  readonly reads?: readonly string[];
}
const base = fullResult();
const account = 'aws://default/*/s3' as const;
const idOf = (name: string): SubjectResult['id'] =>
  name.startsWith('bucket-') ? `arn:aws:s3:::${name}` : name === 'listing' ? account : `endpoint://${name}:443`;

function made(world: World, extra: Extra = {}): ScanResult {
  const { severities = {}, addresses = ['192.0.2.1'], declared, reads = [] } = extra;
  const names = extra.rules ?? [...new Set(Object.values(world).flatMap((rules) => Object.keys(rules)))];
  const [model] = Object.values(base.rules);
  const [finding] = base.findings;
  if (!model || !finding) throw new Error('the full result has changed');
  const infos = names.map((id): RuleInfo => ({ ...model, id, severity: severities[id] ?? 'high', reads }));
  const findings = Object.entries(world).flatMap(([name, rules]) =>
    Object.entries(rules).flatMap(([rule, word]): readonly Finding[] => {
      const [letter = '', ...keys] = word.split(/[:,]/);
      if (!/[fFuU]/.test(letter)) return [];
      const { waiver: _waiver, addresses: _addresses, baseline: _baseline, ...rest } = finding;
      const items = keys.map((key) => ({
        verdict: key.endsWith('?') ? ('unknown' as const) : ('fail' as const),
        key: key.replace('?', ''),
        message: key,
        evidence: [],
      }));
      return [
        {
          ...rest,
          rule,
          subject: idOf(name),
          verdict: letter.toLowerCase() === 'f' ? 'fail' : 'unknown',
          severity: severities[rule] ?? 'high',
          fingerprint: `${rule} ${name}`,
          items,
          ...(/[FU]/.test(letter) && { waiver: { id: 'W', covers: 'fail', type: 'risk-acceptance', owner: 'o', reason: 'r', expires: '2027-01-01' } }),
        },
      ];
    }),
  );
  const subjects = Object.entries(world).map(([name, rules]): SubjectResult => {
    const those = (letter: string): readonly string[] => Object.keys(rules).filter((rule) => rules[rule] === letter);
    const bucket = name.startsWith('bucket-');
    return {
      id: idOf(name),
      kind: bucket || name === 'listing' ? 's3-bucket' : 'endpoint',
      ...(bucket && { target: account }),
      summary: { label: name, cells: {}, unknowns: 0 },
      passed: those('p'),
      notApplicable: those('n'),
      views: bucket
        ? [{ facts: {}, drift: [], gaps: [] }]
        : addresses.map((address) => ({ address, facts: { ...(declared && { declared }) }, drift: [], gaps: [] })),
    };
  });
  const targets = extra.targets ?? [...new Set(Object.keys(world).map((name) => (name.startsWith('bucket-') || name === 'listing' ? account : idOf(name))))];
  return {
    ...base,
    rules: Object.fromEntries(infos.map((info) => [info.id, info])),
    subjects,
    findings,
    populations: [],
    controls: [],
    scope: { sha256: extra.scope ?? targets.join(), targets: targets.map((id) => ({ id, label: id, tags: [] })), excluded: [] },
    score: { ...base.score, atMost: false },
    ...extra.change,
  };
}
const one = (then: Word, now: Word, [a, b]: readonly [Extra, Extra] = [{}, {}]): readonly [string, string?] | undefined => {
  const { changes } = diff(made({ host: { 'x/r': then } }, a), made({ host: { 'x/r': now } }, b));
  expect(changes.length).toBeLessThan(2);
  const [first] = changes;
  return first && (first.because ? [first.class, first.because] : [first.class]);
};

describe('one rule on one subject', () => {
  test.each<readonly [Word, Word, ReturnType<typeof one>]>([
    ['f', 'p', ['fixed']],
    ['F', 'p', ['fixed']],
    ['u', 'p', ['decided']],
    ['p', 'f', ['new', 'regressed']],
    ['n', 'f', ['new', 'applies-now']],
    ['u', 'f', ['worse', 'was-undecided']],
    ['f', 'u', ['lost-sight']],
    ['F', 'u', ['lost-sight']],
    ['p', 'u', ['undecided', 'regressed']],
    ['f', 'n', ['not-applicable']],
    ['u', 'n', ['not-applicable']],
    ['f', 'F', ['waived']],
    ['p', 'F', ['waived']],
    ['F', 'f', ['new', 'waiver-ended']],
    ['U', 'u', ['undecided', 'waiver-ended']],
    ['f:a', 'f:a,b', ['worse', 'more-items']],
    ['f:a', 'f:b', ['worse', 'more-items']],
    ['f:a,b', 'f:a', ['better']],
    ['f:a,b', 'f:a,b?', undefined],
    ['f', '-', ['not-judged']],
    ['f', 'f', undefined],
    ['F', 'F', undefined],
    ['u', 'u', undefined],
    ['p', 'p', undefined],
    ['p', 'n', undefined],
  ])('%s → %s', (then, now, expected) => {
    expect(one(then, now)).toEqual(expected);
  });
});

describe('what only looks like progress', () => {
  const otherRules: Extra = { change: { ruleset: { version: 'later', sha256: 'another' } } };
  test('other rules', () => {
    expect(one('f', 'p', [{}, otherRules])).toEqual(['passes-otherwise', 'other-rules']);
    expect(one('f:a,b', 'f:a', [{}, otherRules])).toEqual(['less-otherwise', 'other-rules']);
    expect(diff(made({ host: { 'x/r': 'f' } }), made({ host: { 'x/r': 'p' } }, otherRules)).differences.map(({ code }) => code)).toEqual(['ruleset']);
  });
  test('another severity', () => {
    const [low, high]: readonly Extra[] = [{ severities: { 'x/r': 'low' } }, { severities: { 'x/r': 'high' } }];
    expect(one('f', 'f', [high ?? {}, low ?? {}])).toEqual(['less-otherwise', 'lower-severity']);
    expect(one('f', 'f', [low ?? {}, high ?? {}])).toEqual(['worse', 'higher-severity']);
    expect(one('f:a,b', 'f:a', [high ?? {}, low ?? {}])).toEqual(['less-otherwise', 'lower-severity']);
  });
  test('another declaration of the subject', () => {
    expect(one('f', 'p', [{ declared: { minTls: 'TLSv1.3' } }, { declared: { minTls: 'TLSv1.2' } }])).toEqual(['passes-otherwise', 'declared-otherwise']);
  });
  test('other trust anchors, for rules that read the verdict on the chain', () => {
    const change = { trust: [{ source: 'x.pem', count: 1, sha256: 'another' }] };
    expect(one('f', 'p', [{ reads: ['verify.accepted'] }, { reads: ['verify.accepted'], change }])).toEqual(['passes-otherwise', 'other-anchors']);
    expect(one('f', 'p', [{ reads: ['tls.versions'] }, { reads: ['tls.versions'], change }])).toEqual(['fixed']);
  });
  test('an address that failed and was not looked at again', () => {
    expect(one('f', 'p', [{ addresses: ['192.0.2.1', '2001:db8::1'] }, { addresses: ['192.0.2.1'] }])).toEqual(['passes-otherwise', 'other-addresses']);
    expect(one('f', 'p', [{ addresses: ['192.0.2.1'] }, { addresses: ['192.0.2.1', '192.0.2.2'] }])).toEqual(['fixed']);
  });
  test('a subject that vanished', () => {
    const two = { host: { 'x/r': 'f' }, other: { 'x/r': 'p' } };
    const shrunk = diff(made(two), made({ other: { 'x/r': 'p' } }));
    expect(shrunk.changes).toMatchObject([{ class: 'vanished', because: 'out-of-scope' }]);
    expect(shrunk.differences[0]).toMatchObject({ code: 'scope-shrunk', names: ['endpoint://host:443'] });
    expect(shrunk.scoreChange).toBeUndefined();
    const buckets = { 'bucket-a': { 'x/r': 'f' }, 'bucket-b': { 'x/r': 'p' } };
    expect(diff(made(buckets), made({ 'bucket-b': { 'x/r': 'p' } }))).toMatchObject({
      differences: [{ code: 'subjects-vanished', names: ['arn:aws:s3:::bucket-a'] }],
      changes: [{ class: 'vanished', because: 'no-longer-listed' }],
    });
    const partly = made({ 'bucket-b': { 'x/r': 'p' } }, { change: { populations: [{ scope: account, kind: 's3-bucket', state: 'partial' }] } });
    expect(diff(made(buckets), partly).changes).toMatchObject([{ class: 'vanished', because: 'listing-incomplete' }]);
  });
  test('a rule that did not run', () => {
    const { differences, changes, scoreChange } = diff(made({ host: { 'x/r': 'f', 'x/s': 'p' } }), made({ host: { 'x/s': 'p' } }));
    expect(differences).toMatchObject([{ code: 'rules-gone', names: ['x/r'] }]);
    expect(changes).toMatchObject([{ class: 'not-judged' }]);
    expect(scoreChange).toBeUndefined();
  });
});

test('a listing that failed and is whole now was decided, not lost', () => {
  const whole = made({ 'bucket-a': { 'x/r': 'p' } }, { change: { populations: [{ scope: account, kind: 's3-bucket', state: 'complete', count: 1 }] } });
  const failed = made({ listing: { 'x/r': 'u' } }, { change: { populations: [{ scope: account, kind: 's3-bucket', state: 'failed' }] } });
  expect(diff(failed, whole).changes).toMatchObject([{ class: 'decided' }]);
  expect(diff(failed, whole).differences.map(({ code }) => code)).toEqual(['old-listing']);
});
test('what is new says why: another subject, another rule', () => {
  const { changes, newSubjects } = diff(made({ a: { 'x/r': 'p' } }), made({ a: { 'x/r': 'p', 'x/s': 'f' }, b: { 'x/r': 'f' } }));
  expect(changes.map(({ because, label }) => [because, label])).toEqual([
    ['new-rule', 'a'],
    ['new-subject', 'b'],
  ]);
  expect(newSubjects).toEqual(['endpoint://b:443']);
});
test('the score is compared only where nothing else differs and nothing is unknown', () => {
  const [then, now] = [made({ host: { 'x/r': 'f' } }), made({ host: { 'x/r': 'p' } })];
  const scored = (result: ScanResult, value: number, atMost = false): ScanResult => ({ ...result, score: { ...result.score, value, atMost } });
  expect(diff(scored(then, 70), scored(now, 82)).scoreChange).toBe(12);
  expect(diff(scored(then, 70), scored(now, 82, true)).scoreChange).toBeUndefined();
  expect(diff(scored(then, 70), { ...scored(now, 82), interrupted: 'deadline' }).scoreChange).toBeUndefined();
  expect(diff(scored(then, 70), { ...scored(now, 82), scope: { ...now.scope, sha256: 'another' } }).scoreChange).toBeUndefined();
});
test('controls: regressed, improved only where the two can be compared', () => {
  const [control] = base.controls;
  if (!control) throw new Error('the full result has changed');
  const having = (state: typeof control.state, extra: Extra = {}): ScanResult =>
    made({ host: { 'x/r': 'p' } }, { ...extra, change: { controls: [{ ...control, state }] } });
  const direction = (a: ScanResult, b: ScanResult): readonly string[] => diff(a, b).controls.map((one) => one.direction);
  expect(direction(having('no-failure-found'), having('failed'))).toEqual(['regressed']);
  expect(direction(having('at-risk'), having('failed-waived'))).toEqual(['regressed']);
  expect(direction(having('failed'), having('no-failure-found'))).toEqual(['improved']);
  expect(direction(having('failed'), having('no-failure-found', { scope: 'other' }))).toEqual(['changed']);
  expect(direction(having('failed'), having('not-assessed'))).toEqual(['changed']);
  expect(direction(having('failed'), having('failed'))).toEqual([]);
});

describe('--fail-on-new', () => {
  const exit = (then: World, now: World, [a, b]: readonly [Extra, Extra] = [{}, {}]): number => gateOfDiff(diff(made(then, a), made(now, b))).exit;
  const info: Extra = { severities: { 'x/r': 'info' } };
  test.each<readonly [Word, Word, number]>([
    ['p', 'p', 0],
    ['f', 'p', 0],
    ['f', 'f', 0],
    ['u', 'u', 0],
    ['p', 'F', 0],
    ['p', 'f', 1],
    ['u', 'f', 1],
    ['F', 'f', 1],
    ['f', 'u', 3],
    ['p', 'u', 3],
  ])('%s → %s ends with %d', (then, now, code) => {
    expect(exit({ host: { 'x/r': then } }, { host: { 'x/r': now } })).toBe(code);
  });
  test('info never counts', () => {
    expect(exit({ host: { 'x/r': 'p' } }, { host: { 'x/r': 'f' } }, [info, info])).toBe(0);
    expect(exit({ host: { 'x/r': 'p' } }, { host: { 'x/r': 'u' } }, [info, info])).toBe(0);
  });
  test('less to look at is no clean comparison, but something new still is the first thing to say', () => {
    const two = { host: { 'x/r': 'f' }, other: { 'x/r': 'p' } };
    expect(exit(two, { other: { 'x/r': 'p' } })).toBe(3);
    expect(exit(two, { other: { 'x/r': 'f' } })).toBe(1);
    expect(exit({ host: { 'x/r': 'f', 'x/s': 'p' } }, { host: { 'x/s': 'p' } })).toBe(3);
    expect(exit(two, two, [{}, { change: { interrupted: 'SIGINT' } }])).toBe(3);
    expect(exit(two, two, [{}, { change: { judgedAt: '2020-01-01T00:00:00.000Z' } }])).toBe(3);
    expect(exit({ 'bucket-a': { 'x/r': 'f' }, 'bucket-b': { 'x/r': 'p' } }, { 'bucket-b': { 'x/r': 'p' } })).toBe(0); // deleted, and its account listed whole
  });
});

describe('for any two results', () => {
  const word = fc.constantFrom('f', 'u', 'p', 'n', 'F', 'U', '-', 'f:a', 'f:a,b', 'f:b', 'f:a,b?');
  const rules = fc.record({ 'x/r': word, 'x/s': word, 'x/t': word }, { requiredKeys: [] });
  const world: fc.Arbitrary<World> = fc.record({ a: rules, b: rules, 'bucket-c': rules, 'bucket-d': rules }, { requiredKeys: [] });
  const result = fc
    .tuple(world, fc.constantFrom('one', 'two'), fc.constantFrom<Severity>('high', 'low'), fc.boolean())
    .map(([things, sha256, severity, declared]) =>
      made(things, { severities: { 'x/s': severity }, change: { ruleset: { version: sha256, sha256 } }, ...(declared && { declared: { mtls: 'required' } }) }),
    );
  const key = ({ rule, subject }: Pick<Change, 'rule' | 'subject'>): string => `${rule} ${subject}`;

  test('one and the same: nothing has changed', () => {
    fc.assert(
      fc.property(result, (a) => {
        expect(diff(a, a)).toMatchObject({ changes: [], differences: [], controls: [], newSubjects: [], scoreChange: 0 });
      }),
    );
    expect(diff(base, base)).toMatchObject({ changes: [], controls: [], newSubjects: [] });
  });
  test('the order of lists changes nothing', () => {
    fc.assert(
      fc.property(result, result, (a, b) => {
        const turned = (one: ScanResult): ScanResult => ({
          ...one,
          findings: one.findings.toReversed().map((finding) => ({ ...finding, items: finding.items.toReversed() })),
          subjects: one.subjects.toReversed().map((subject) => ({ ...subject, passed: subject.passed.toReversed(), views: subject.views.toReversed() })),
          rules: Object.fromEntries(Object.entries(one.rules).toReversed()),
          scope: { ...one.scope, targets: one.scope.targets.toReversed() },
          controls: one.controls.toReversed(),
          trust: one.trust.toReversed(),
        });
        expect(diff(turned(a), turned(b))).toEqual(diff(a, b));
      }),
    );
  });
  test('fixed means that it failed, and passes under the same rules; and the way back is a new failure', () => {
    fc.assert(
      fc.property(result, result, (a, b) => {
        const there = diff(a, b);
        const back = new Map(diff(b, a).changes.map((change) => [key(change), change]));
        for (const change of there.changes.filter((one) => one.class === 'fixed')) {
          expect([change.before.verdict, change.after.verdict]).toEqual(['fail', 'pass']);
          expect([a.ruleset, b.subjects.map(({ id }) => id)]).toEqual([b.ruleset, expect.arrayContaining([change.subject])]);
          expect(back.get(key(change))).toMatchObject(change.before.waived ? { class: 'waived' } : { class: 'new', because: 'regressed' });
        }
      }),
    );
  });
  test('every finding of either is a change or is counted as unchanged, once', () => {
    fc.assert(
      fc.property(result, result, (a, b) => {
        const { changes, unchanged } = diff(a, b);
        const pairs = new Set([...a.findings, ...b.findings].map(key));
        expect(new Set(changes.map(key)).size).toBe(changes.length);
        expect(changes.length + unchanged.fail + unchanged.unknown).toBe(pairs.size);
      }),
    );
  });
});
