import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import * as z from 'zod';
import { applyWaivers, fits, readWaivers, WaiversFile } from '../../src/judge/waivers.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { WaiverEntry } from '../../src/model/gate.ts';
import type { SubjectId } from '../../src/model/observation.ts';
import { catalogue, expired, hsts, legacy } from '../support/judge-input.ts';

const rules = new Map([legacy, hsts, expired].map(({ rule }) => [rule.info.id, rule.info]));
const full = {
  id: 'W-1',
  rule: 'tls/legacy',
  resource: 'endpoint://a:443',
  type: 'risk-acceptance',
  reason: 'old terminals',
  owner: 'payments',
  approved_by: 'ciso',
  created: '2026-11-01',
  expires: '2027-02-01',
};
type Raw = Readonly<Record<string, unknown>>;
const read = (...entries: readonly Raw[]): readonly WaiverEntry[] =>
  readWaivers('w.yaml', stringify(entries.map((entry) => ({ ...full, ...entry }))), rules, catalogue);

test('a whole entry, with its line', () => {
  const text = `# accepted\n${stringify([
    { ...full, id: 'W-0', resource: 'endpoint://b:443' },
    { ...full, resource: 'endpoint://*.example.com:443', max_matches: 3, covers: 'unknown', controls: ['pci:4.2.1', 'hipaa-security-rule:164.312(e)(1)'] },
  ])}`;
  expect(readWaivers('w.yaml', text, rules, catalogue)).toMatchObject([
    { id: 'W-0', line: 2, maxMatches: 1, covers: 'fail', controls: [], evidence: [] },
    {
      id: 'W-1',
      line: 11,
      maxMatches: 3,
      covers: 'unknown',
      approvedBy: 'ciso',
      controls: [
        { framework: 'pci-dss-4.0.1', id: '4.2.1' },
        { framework: 'hipaa-security-rule', id: '164.312(e)(1)' },
      ],
    },
  ]);
  expect(readWaivers('w.yaml', '\n', rules, catalogue)).toEqual([]);
});
const worksheet = { evidence: ['docs/ccw.pdf'] };
test.each<[string, Raw, RegExp]>([
  ['an unknown rule', { rule: 'tls/legasy' }, /^w\.yaml:2:\d+: no rule is called tls\/legasy; did you mean "tls\/legacy"\?$/],
  ['a pattern of rules', { rule: 'tls/*' }, /names one rule/],
  ['every rule', { rule: '*' }, /names one rule/],
  ['a pattern without a number', { resource: 'endpoint://*' }, /needs max_matches/],
  ['everything', { resource: '*', max_matches: 9 }, /matches everything/],
  ['a pattern for a critical rule', { rule: 'cert/valid', resource: 'endpoint://*:443', max_matches: 2, expires: '2026-12-01' }, /one subject at a time/],
  ['more than a year', { expires: '2027-11-02' }, /366 days after created; at most 365/],
  ['more than 90 days of a critical rule', { rule: 'cert/valid' }, /92 days after created; at most 90 for a critical rule/],
  ['an end before its start', { expires: '2026-10-01' }, /expires before/],
  ['no end', { expires: undefined }, /expires/],
  ['a date that is none', { created: '2026-02-30' }, /created/],
  ['no owner', { owner: undefined }, /owner/],
  ['a blank reason', { reason: '  ' }, /reason/],
  ['nobody who approved', { approved_by: undefined }, /approved_by/],
  ['a compensating control without a worksheet', { type: 'compensating-control' }, /compensating-control needs evidence/],
  ['a customized approach without an analysis', { type: 'customized-approach' }, /customized-approach needs evidence/],
  [
    'a customized approach where it is excluded',
    { type: 'customized-approach', ...worksheet, controls: ['pci:3.3.1'] },
    /3\.3\.1 cannot be met by a customized/,
  ],
  ['an alternative that is not said', { type: 'addressable-alternative', ...worksheet, controls: ['hipaa:164.312(e)(2)(ii)'] }, /needs alternative/],
  ['an alternative to nothing', { type: 'addressable-alternative', ...worksheet, alternative: 'VPN' }, /names the controls/],
  [
    'an alternative to what is required',
    { type: 'addressable-alternative', ...worksheet, alternative: 'VPN', controls: ['hipaa:164.312(d)'] },
    /164\.312\(d\) is not addressable/,
  ],
  ['an addressable item accepted in silence', { controls: ['hipaa:164.312(e)(2)(ii)'] }, /is addressable: say in alternative/],
  ['no such control', { controls: ['pci:4.2.9'] }, /no control is called pci:4\.2\.9/],
  ['no such framework', { controls: ['iso:4.2.1'] }, /no control is called iso/],
  ['a key with a typo', { ressource: 'x' }, /unknown field ressource; did you mean "resource"\?/],
  ['a type with a typo', { type: 'risk-acceptence' }, /type: .*did you mean "risk-acceptance"/],
])('refuses %s', (_name, changes, complaint) => {
  expect(() => read(changes)).toThrow(complaint);
});
test('refuses two of one id, and two of one finding', () => {
  expect(() => read({}, { resource: 'endpoint://b:443' })).toThrow(/a second waiver W-1/);
  expect(() => read({}, { id: 'W-2' })).toThrow(/W-1 covers the same already/);
  expect(read({}, { id: 'W-2', covers: 'unknown' })).toHaveLength(2);
});
test('takes what is documented', () => {
  expect(read({ type: 'customized-approach', ...worksheet, controls: ['pci:4.2.1'] })).toHaveLength(1);
  expect(read({ type: 'addressable-alternative', ...worksheet, alternative: 'VPN', controls: ['hipaa:164.312(e)(2)(ii)'] })).toMatchObject([
    { alternative: 'VPN' },
  ]);
  expect(read({ rule: 'cert/valid', expires: '2027-01-30' })).toHaveLength(1); // 90 days
});
test('the published schema is that of the loader', async () => {
  await expect(`${JSON.stringify(z.toJSONSchema(WaiversFile, { io: 'input' }))}\n`).toMatchFileSnapshot('../../schema/waivers.schema.json');
});

const finding = (subject: SubjectId, changes: Partial<Finding> = {}): Finding => ({
  rule: 'tls/legacy',
  subject,
  verdict: 'fail',
  severity: 'high',
  message: '',
  items: [],
  evidence: [],
  because: [],
  fingerprint: subject,
  controls: [],
  ...changes,
});
const a = finding('endpoint://a:443');
const b = finding('endpoint://b:443');
const apply = (findings: readonly Finding[], entries: readonly Raw[], now = '2026-11-25T12:00:00Z', ran: readonly string[] = ['tls/legacy']): unknown => {
  const { findings: marked, report } = applyWaivers(findings, read(...entries), new Date(now), new Set(ran));
  const { expired: gone, expiring, unused, overMatching } = report;
  return { waived: marked.flatMap(({ subject, waiver }) => (waiver ? [`${subject} ${waiver.id}`] : [])), gone, expiring, unused, overMatching };
};
const nothing = { waived: [], gone: [], expiring: [], unused: [], overMatching: [] };
test.each<[string, readonly Finding[], readonly Raw[], string | undefined, object]>([
  ['one finding of two', [a, b], [{}], undefined, { ...nothing, waived: ['endpoint://a:443 W-1'] }],
  ['through the last day', [a], [{}], '2027-02-01T23:59:59Z', { ...nothing, waived: ['endpoint://a:443 W-1'], expiring: ['W-1'] }],
  ['no longer on the day after', [a], [{}], '2027-02-02T00:00:00Z', { ...nothing, gone: ['W-1'] }],
  ['14 days before its end it says so', [a], [{}], '2027-01-20T00:00:00Z', { ...nothing, waived: ['endpoint://a:443 W-1'], expiring: ['W-1'] }],
  ['not yet before it was created', [a], [{}], '2026-10-31T23:59:59Z', { ...nothing, unused: ['W-1'] }],
  ['what matches nothing is unused', [b], [{}], undefined, { ...nothing, unused: ['W-1'] }],
  ['a fail is no unknown', [a], [{ covers: 'unknown' }], undefined, { ...nothing, unused: ['W-1'] }],
  [
    'an unknown may be waived',
    [finding('endpoint://a:443', { verdict: 'unknown' })],
    [{ covers: 'unknown' }],
    undefined,
    { ...nothing, waived: ['endpoint://a:443 W-1'] },
  ],
  [
    'a pattern within its number',
    [a, b],
    [{ resource: 'endpoint://*:443', max_matches: 2 }],
    undefined,
    { ...nothing, waived: ['endpoint://a:443 W-1', 'endpoint://b:443 W-1'] },
  ],
  [
    'over its number it does nothing',
    [a, b],
    [{ resource: 'endpoint://*:443', max_matches: 1 }],
    undefined,
    { ...nothing, overMatching: [{ id: 'W-1', matches: 2, allowed: 1 }] },
  ],
])('%s', (_name, findings, entries, now, expected) => {
  expect(apply(findings, entries, now)).toEqual(expected);
});
test('a rule that did not run leaves its waiver alone', () => {
  expect(apply([], [{}], undefined, [])).toEqual(nothing);
});
test('a pattern: * is any text, everything else is itself', () => {
  expect(fits('endpoint://*.example.com:443', 'endpoint://a.example.com:443')).toBe(true);
  expect(fits('endpoint://*.example.com:443', 'endpoint://aXexample.com:443')).toBe(false);
  expect(fits('a*a', 'a')).toBe(false);
  const text = fc.array(fc.constantFrom('a', 'b', '*', '.'), { maxLength: 7 }).map((parts) => parts.join(''));
  const regex = (pattern: string): RegExp =>
    new RegExp(
      `^${pattern
        .split('*')
        .map((part) => part.replace(/\./g, '\\.'))
        .join('[^]*')}$`,
    );
  fc.assert(
    fc.property(text, text, (pattern, subject) => {
      expect(fits(pattern, subject)).toBe(pattern.includes('*') ? regex(pattern).test(subject) : pattern === subject);
    }),
    { numRuns: 2000 },
  );
});
