import { isCelError, run } from '@bufbuild/cel';
import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { dialectOf, type ASTNode } from '../../src/judge/rules/cel.ts';
import { hydrate } from '../../src/judge/rules/hydrate.ts';

const now = new Date('2026-01-01T00:00:00Z');
const facts = {
  declared: { data: [], certDays: 7, role: ['admin'] },
  tls: {
    versions: [{ name: 'TLSv1' }, { name: 'TLSv1.2', accepted: true }, { name: 'TLSv1.3', accepted: false }],
    suites: [{ id: 1, name: 'TLS_RSA_WITH_NULL_MD5', bits: 0 }],
  },
  certificate: { chain: [{ position: 0, sha256: 'aa', subject: 'CN=Ä', notAfter: '2026-01-10T00:00:00Z' }], stapled: true },
};
type Theirs = string | boolean | bigint | Timestamp | Theirs[] | Map<string, Theirs>;
function theirs(value: unknown): Theirs {
  if (value instanceof Date) return timestampFromDate(value);
  if (Array.isArray(value)) return value.map(theirs);
  if (typeof value === 'object' && value !== null) return new Map(Object.entries(value).map(([key, inner]) => [key, theirs(inner)]));
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return value;
  throw new TypeError('no fact');
}
const scope = hydrate('endpoint', facts, now);
/** `error`: neither true nor false, whatever the engine calls it. */
const ourAnswer = (source: string): unknown => {
  const outcome = dialectOf('endpoint').compile(source).run(scope);
  return outcome.is === 'value' ? outcome.value : 'error';
};
const theirAnswer = (source: string): unknown => {
  const bindings = Object.fromEntries(Object.entries(scope).map(([key, value]) => [key, theirs(value)]));
  const answer = run(source.replaceAll('days(7)', 'duration("168h")').replaceAll('days(9)', 'duration("216h")'), bindings);
  return isCelError(answer) ? 'error' : answer;
};
const absent = 'tls.offered';

test.each<[string, unknown]>([
  [absent, 'error'],
  [`${absent} || certificate.stapled`, true],
  [`certificate.stapled || ${absent}`, true],
  [`${absent} && !certificate.stapled`, false],
  [`!certificate.stapled && ${absent}`, false],
  [`${absent} || !certificate.stapled`, 'error'],
  [`${absent} && certificate.stapled`, 'error'],
  [`!${absent}`, 'error'],
  [`${absent} ? true : true`, 'error'],
  [`certificate.stapled ? true : ${absent}`, true],
  [`${absent} == ${absent}`, 'error'],
  ['declared.certDays < 8 && declared.certDays >= 7 && declared.certDays != -7', true],
  ['9223372036854775807 + declared.certDays > 0', 'error'],
  ['-7 / 2 == -3 && -7 % 2 == -1 && declared.certDays / 2 == 3', true],
  ['tls.suites.all(s, s.name.startsWith("TLS_") && s.name.endsWith("MD5") && s.name.contains("_WITH_") && !s.name.contains("rsa"))', true],
  ['certificate.chain.all(c, size(c.subject) == 4)', true],
  ['"admin" in declared.role && !("service-provider" in declared.role)', true],
  ['"pci" in declared.data', false],
  ['declared.data.all(d, d == "pci") && !declared.data.exists(d, d == "pci")', true],
  ['tls.versions.all(v, v.accepted)', false],
  ['tls.versions.all(v, v.name == "TLSv1.3" || v.accepted)', 'error'],
  ['tls.versions.exists(v, v.accepted)', true],
  ['tls.versions.exists(v, v.name == "TLSv1.3" && v.accepted)', false],
  ['tls.versions.exists(v, v.name != "TLSv1.2" && v.accepted)', 'error'],
  ['tls.versions.filter(v, v.accepted).size() == 1', 'error'],
  ['tls.versions.map(v, v.name) == ["TLSv1", "TLSv1.2", "TLSv1.3"]', true],
  ['tls.versions.exists_one(v, v.name == "TLSv1.2")', true],
  ['certificate.chain.all(c, c.notAfter > now && c.notAfter >= timestamp("2026-01-10T00:00:00Z"))', true],
  ['certificate.chain.all(c, c.notAfter - now >= days(9) && c.notAfter - days(9) == now)', true],
  ['certificate.chain.all(c, (c.notAfter - now).getHours() / 24 == 9)', true],
  ['certificate.chain.all(c, c.notAfter - now < days(7))', false],
  ['string(declared.certDays) + " days" == "7 days"', true],
])('two engines say of %s: %s', (source, answer) => {
  expect([ourAnswer(source), theirAnswer(source)]).toEqual([answer, answer]);
});

test('the engine notes on each node which type it found (undeclared: an upgrade must not lose it unseen)', () => {
  const typeOf = (node: ASTNode): unknown =>
    z.looseObject({ checkedType: z.looseObject({ name: z.string() }) }).parse({ ...node, checkedType: Reflect.get(node, 'checkedType') }).checkedType.name;
  const { ast } = dialectOf('endpoint').compile('size(tls.suites) > 1');
  expect(ast.op).toBe('>');
  expect(typeOf(ast)).toBe('bool');
  expect(ast.op === '>' && ast.args.map(typeOf)).toEqual(['int', 'int']);
});
