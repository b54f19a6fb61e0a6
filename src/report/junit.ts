import type { Finding } from '../model/finding.ts';
import type { Reporter } from '../model/reporter.ts';
import type { RuleInfo } from '../model/rule.ts';
import { groupBy } from '../util/group.ts';
import { byCodeUnit, clean } from '../util/text.ts';
import { controlLabels, gapText, secondsOf, waiverText } from './words.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
/** Clean text holds no control, no lone surrogate and no non-character: all that is left is legal in XML 1.0 (2.2). */
const xml = (text: string): string => clean(text).replace(/[&<>"']/g, (c) => entities[c] ?? c);
const attributes = (all: Readonly<Record<string, string | number>>): string =>
  Object.entries(all)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join('');

type Outcome = 'failure' | 'error' | 'skipped' | 'passed';
interface Case {
  readonly name: string;
  readonly outcome: Outcome;
  readonly type?: string;
  readonly message?: string;
  readonly details?: readonly string[];
}
interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** JUnit XML as Jenkins, GitLab and Azure read it: a suite a subject, a case a rule. Unknown is an error, waived and not applicable are skipped. */
export const junit: Reporter = {
  id: 'junit',
  extension: 'xml',
  *render(result) {
    const { subjects, findings, rules, populations, observedFrom, observedTo } = result;
    const bySubject = groupBy(findings, ({ subject }) => subject);
    const known = new Set<string>(subjects.map(({ id }) => id));
    const suites: readonly Suite[] = [
      ...subjects
        .toSorted((a, b) => byCodeUnit(a.id, b.id))
        .map(({ id, passed, notApplicable }) => ({
          name: id,
          cases: [
            ...passed.map((rule): Case => ({ name: rule, outcome: 'passed' })),
            ...notApplicable.map((rule): Case => ({ name: rule, outcome: 'skipped', message: 'not applicable' })),
            ...(bySubject.get(id) ?? []).map((finding) => caseOf(finding, rules[finding.rule])),
          ].toSorted((a, b) => byCodeUnit(a.name, b.name)),
        })),
      ...[...bySubject].filter(([id]) => !known.has(id)).map(([id, own]) => ({ name: id, cases: own.map((finding) => caseOf(finding, rules[finding.rule])) })),
      ...populations
        .filter(({ state }) => state !== 'complete')
        .map(({ scope, kind, state, gap }) => ({
          name: scope,
          cases: [{ name: `listing ${kind}`, outcome: 'error' as const, type: gap?.code ?? state, message: gap ? gapText(gap) : `listed ${state}` }],
        })),
    ];
    const all = suites.flatMap(({ cases }) => cases);
    const seconds = secondsOf(observedFrom, observedTo);
    yield '<?xml version="1.0" encoding="UTF-8"?>\n';
    yield `<testsuites${attributes({ name: 'encaudit', tests: all.length, failures: count(all, 'failure'), errors: count(all, 'error'), time: (Number.isNaN(seconds) ? 0 : seconds).toFixed(3) })}>\n`;
    for (const { name, cases } of suites) {
      yield `<testsuite${attributes({ name, tests: cases.length, failures: count(cases, 'failure'), errors: count(cases, 'error'), skipped: count(cases, 'skipped'), timestamp: observedFrom.slice(0, 19) })}>\n`;
      for (const one of cases) yield testcase(name, one);
      yield '</testsuite>\n';
    }
    yield '</testsuites>\n';
  },
};
const count = (cases: readonly Case[], outcome: Outcome): number => cases.filter((one) => one.outcome === outcome).length;

function caseOf(finding: Finding, rule: RuleInfo | undefined): Case {
  const { verdict, severity, message, waiver, because, items } = finding;
  if (waiver) return { name: finding.rule, outcome: 'skipped', message: `${message}: ${waiverText(waiver)}` };
  const controls = controlLabels(finding);
  return {
    name: finding.rule,
    outcome: verdict === 'fail' ? 'failure' : 'error',
    type: verdict === 'fail' ? severity : (because[0]?.code ?? 'unknown'),
    message,
    details: [
      ...items.map((item) => `- ${clean(item.key)}: ${clean(item.message)}`),
      ...because.map((gap) => `not seen: ${clean(gap.path)}: ${gapText(gap)}`),
      ...(verdict === 'fail' && rule ? [`fix: ${clean(rule.remediation)}`] : []),
      ...(controls.length > 0 ? [`controls: ${controls.join(', ')}`] : []),
    ],
  };
}
function testcase(classname: string, { name, outcome, type, message, details = [] }: Case): string {
  const open = `<testcase${attributes({ name, classname })}`;
  if (outcome === 'passed') return `${open}/>\n`;
  const said = attributes({ ...(type !== undefined && { type }), ...(message !== undefined && { message }) });
  return `${open}><${outcome}${said}${details.length > 0 ? `>\n${details.map(xml).join('\n')}\n</${outcome}>` : '/>'}</testcase>\n`;
}
