import type { Invocation, Location, Notification, ReportingDescriptor, Result, ToolComponent } from 'sarif';
import type { Finding } from '../model/finding.ts';
import type { Gap, SubjectId } from '../model/observation.ts';
import type { RenderOptions, Reporter } from '../model/reporter.ts';
import type { FileSpot, ScanResult } from '../model/result.ts';
import type { RuleInfo, Severity } from '../model/rule.ts';
import { byCodeUnit, clean, inertJson, plural } from '../util/text.ts';
import { asOf, findingOrder, frameworkName, gapText, interruption, waiverText } from './words.ts';

const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
/** GitHub stores 5,000 results of a run, and takes 20 tags of a rule. */
const maxResults = 5000;
const maxTags = 20;
const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' };
/** GitHub's bands: above 9 critical, from 7 high, from 4 medium. */
const securitySeverity: Readonly<Record<Severity, string | undefined>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0', info: undefined };
const baselineStates = { new: 'new', known: 'unchanged', worse: 'updated' } as const;

interface Context {
  readonly result: ScanResult;
  readonly rules: readonly RuleInfo[];
  readonly ruleIndex: ReadonlyMap<string, number>;
  readonly frameworks: readonly string[]; // in the order of the taxonomies
  readonly spots: ReadonlyMap<string, FileSpot>;
  readonly targets: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly suppress: boolean;
}

/** SARIF 2.1.0 for code scanning: fails are results, unknowns are notifications, passes are left out. */
export const sarif: Reporter = {
  id: 'sarif',
  extension: 'sarif',
  *render(result, options) {
    const context = contextOf(result, options);
    const fails = result.findings.filter(({ verdict, waiver }) => verdict === 'fail' && (!waiver || context.suppress)).toSorted(worstFirst);
    const shown = fails.slice(0, maxResults);
    yield `{\n"$schema":${inertJson(schema)},\n"version":"2.1.0",\n"runs":[{\n`;
    yield `"tool":${inertJson({ driver: driver(context) })},\n`;
    yield `"taxonomies":${inertJson(context.frameworks.map((id) => taxonomy(id, result)))},\n`;
    yield `"automationDetails":{"id":"encaudit/"},\n"columnKind":"utf16CodeUnits",\n`;
    yield* invocation(context, fails.length - shown.length);
    yield '"results":[';
    for (const [i, finding] of shown.entries()) yield `${i > 0 ? ',' : ''}\n${inertJson(resultOf(finding, context))}`;
    yield '\n]}]}\n';
  },
};
/** By severity alone, also what is waived: it is the order in which results are cut off. */
const worstFirst = (a: Finding, b: Finding): number => Number(a.waiver !== undefined) - Number(b.waiver !== undefined) || findingOrder(a, b);

function contextOf(result: ScanResult, { sarifWaived = 'omit' }: RenderOptions): Context {
  const rules = Object.values(result.rules).toSorted((a, b) => byCodeUnit(a.id, b.id));
  return {
    result,
    rules,
    ruleIndex: new Map(rules.map(({ id }, i) => [id, i])),
    frameworks: [...new Set(result.controls.filter(({ rules: bearing }) => bearing.length > 0).map(({ framework }) => framework))].toSorted(byCodeUnit),
    spots: new Map(result.scope.targets.flatMap(({ id, declaredAt }) => (declaredAt ? [[id, declaredAt] as const] : []))),
    targets: new Map(result.subjects.flatMap(({ id, target }) => (target === undefined ? [] : [[id, target] as const]))),
    labels: new Map(result.subjects.map(({ id, summary }) => [id, summary.label])),
    suppress: sarifWaived === 'suppress',
  };
}

function driver({ result, rules, frameworks }: Context): ToolComponent {
  return {
    name: 'encaudit',
    semanticVersion: clean(result.tool.version),
    rules: rules.map((rule) => descriptor(rule, result, frameworks)),
    supportedTaxonomies: frameworks.map((id, index) => ({ name: component(id), index })),
  };
}
function descriptor(rule: RuleInfo, { controls }: ScanResult, frameworks: readonly string[]): ReportingDescriptor {
  const bearing = controls
    .filter((control) => control.rules.includes(rule.id))
    .toSorted((a, b) => byCodeUnit(a.framework, b.framework) || byCodeUnit(a.id, b.id));
  const snippets = Object.entries(rule.snippets).toSorted(([a], [b]) => byCodeUnit(a, b));
  const url = rule.references.find((one) => /^https?:\/\/[\x21-\x7e]+$/.test(one));
  const score = securitySeverity[rule.severity];
  const tags = ['security', ...rule.cwe.map((id) => `external/cwe/cwe-${clean(id).replace(/^CWE-/i, '').padStart(3, '0')}`), ...bearing.map(controlTag)];
  return {
    id: rule.id,
    name: rule.id.split(/[/-]/).map(capital).join(''),
    shortDescription: { text: plain(rule.title) },
    fullDescription: { text: plain(rule.why) },
    help: {
      text: plain(`${rule.why} ${rule.remediation}`),
      markdown: [
        clean(rule.why),
        `**Fix:** ${clean(rule.remediation)}`,
        ...snippets.map(([name, text]) => `${clean(name)}: \`${clean(text).replaceAll('`', "'")}\``),
      ].join('\n\n'),
    },
    ...(url !== undefined && { helpUri: url }),
    defaultConfiguration: { level: levels[rule.severity] },
    properties: { ...(score !== undefined && { 'security-severity': score }), precision: 'very-high', tags: [...new Set(tags)].slice(0, maxTags) },
    ...(bearing.length > 0 && {
      relationships: bearing.map(({ framework, id }) => ({
        target: { id: clean(id), toolComponent: { name: component(framework), index: frameworks.indexOf(framework) } },
        kinds: ['relevant'],
      })),
    }),
  };
}
const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
/** `pci-4.2.1`, `hipaa-164.312(e)(1)`: of the framework's id the part before its first hyphen. */
const controlTag = ({ framework, id }: { readonly framework: string; readonly id: string }): string => `${clean(framework).split('-')[0] ?? ''}-${clean(id)}`;
const component = (framework: string): string => clean(framework);

function taxonomy(framework: string, { frameworks, controls }: ScanResult): ToolComponent {
  const known = frameworks.find(({ id }) => id === framework);
  return {
    name: component(framework),
    ...(known && { version: clean(known.version) }),
    shortDescription: { text: plain(frameworkName(framework)) },
    isComprehensive: false,
    taxa: controls
      .filter((control) => control.framework === framework && control.rules.length > 0)
      .toSorted((a, b) => byCodeUnit(a.id, b.id))
      .map(({ id, title }) => ({ id: clean(id), shortDescription: { text: plain(title) } })),
  };
}

/** What could not be decided, and what was left out. One notification a cause: thirty rules that wait for one probe are one event. */
function* invocation(context: Context, cut: number): Iterable<string> {
  const { result } = context;
  const { gate, observedFrom, observedTo, interrupted } = result;
  const head: Omit<Invocation, 'toolExecutionNotifications'> = {
    executionSuccessful: interrupted === undefined && (gate.exit === 0 || gate.exit === 1 || gate.exit === 3),
    exitCode: gate.exit,
    ...(gate.reasons.length > 0 && { exitCodeDescription: clean(gate.reasons.join('; ')) }),
    ...(observedFrom !== '' && { startTimeUtc: observedFrom }),
    ...(observedTo !== '' && { endTimeUtc: observedTo }),
  };
  yield `"invocations":[${inertJson(head).slice(0, -1)},"toolExecutionNotifications":[`;
  const all = notifications(context, cut);
  for (const [i, one] of all.slice(0, maxResults).entries()) yield `${i > 0 ? ',' : ''}\n${inertJson(one)}`;
  if (all.length > maxResults) yield `,\n${inertJson(note('left-out', 'warning', `${plural(all.length - maxResults, 'more notification')} left out`))}`;
  yield ']}],\n';
}
function notifications(context: Context, cut: number): readonly Notification[] {
  const { result } = context;
  const causes = new Map<string, { readonly subject: SubjectId; readonly gap: Gap; readonly rules: Set<string>; readonly waived: boolean }>();
  for (const { subject, rule, because, waiver } of result.findings.filter(({ verdict }) => verdict === 'unknown').toSorted(findingOrder))
    for (const gap of because) {
      const key = JSON.stringify([subject, gap.code, gap.by, waiver !== undefined]);
      const cause = causes.get(key) ?? { subject, gap, rules: new Set<string>(), waived: waiver !== undefined };
      cause.rules.add(rule);
      causes.set(key, cause);
    }
  return [
    ...(cut > 0 ? [note('results-left-out', 'warning', `${plural(cut, 'result')} of lower severity left out: a run holds ${maxResults} at most`)] : []),
    ...(result.interrupted ? [note('interrupted', 'error', interruption(result.interrupted))] : []),
    ...asOf(result).map((text) => note('judged-as-of', 'note', text)),
    ...result.populations
      .filter(({ state }) => state !== 'complete')
      .map(({ scope, kind, state, gap }) => note(`listing-${state}`, 'error', `${kind} of ${clean(scope)}: ${gap ? gapText(gap) : state}`)),
    ...result.findings
      .filter(({ verdict, because }) => verdict === 'unknown' && because.length === 0)
      .toSorted(findingOrder)
      .map(({ subject, rule, message }) => note('unknown', 'error', `${labelOf(subject, context)}: ${rule}: ${message}`)),
    ...[...causes.values()].map(({ subject, gap, rules, waived }) => unknown(subject, gap, [...rules].toSorted(byCodeUnit), waived, context)),
  ];
}
const note = (id: string, level: 'error' | 'warning' | 'note', text: string): Notification => ({ descriptor: { id }, level, message: { text: plain(text) } });

function unknown(subject: SubjectId, gap: Gap, rules: readonly string[], waived: boolean, context: Context): Notification {
  const [only] = rules;
  const index = only === undefined ? undefined : context.ruleIndex.get(only);
  return {
    ...note(
      gap.code,
      waived ? 'note' : 'error',
      `${labelOf(subject, context)}: ${plural(rules.length, 'rule')} not decided: ${gapText(gap)}${waived ? ' (waived)' : ''}`,
    ),
    ...(rules.length === 1 && only !== undefined && { associatedRule: { id: only, ...(index !== undefined && { index }) } }),
    locations: [location(subject, context)],
    properties: { rules, path: gap.path, tries: gap.tries },
  };
}

function resultOf(finding: Finding, context: Context): Result {
  const { rule, subject, severity, message, fingerprint, controls, baseline, waiver, items, addresses } = finding;
  const index = context.ruleIndex.get(rule);
  return {
    ruleId: rule,
    ...(index !== undefined && { ruleIndex: index }),
    kind: 'fail',
    level: levels[severity],
    message: { text: plain(`${labelOf(subject, context)}: ${message}`) },
    locations: [location(subject, context)],
    // Many findings share the line that declares their target, so that GitHub's own hash of the line would make them one alert.
    partialFingerprints: { 'encaudit/v1': fingerprint, primaryLocationLineHash: `${fingerprint}:1` },
    ...(baseline && { baselineState: baselineStates[baseline] }),
    ...(context.suppress && { suppressions: waiver ? [{ kind: 'external', status: 'accepted', justification: waiverText(waiver) }] : [] }),
    ...(controls.length > 0 && {
      taxa: controls.map(({ framework, id }) => ({
        id: clean(id),
        toolComponent: { name: component(framework), ...(context.frameworks.includes(framework) && { index: context.frameworks.indexOf(framework) }) },
      })),
    }),
    properties: {
      severity,
      subject: clean(subject),
      ...(addresses && { addresses: addresses.map(clean) }),
      ...(items.length > 0 && { items: items.map(({ key, verdict }) => ({ key: clean(key), verdict })) }),
      controls: controls.map(({ strength, ...control }) => `${controlTag(control)} (${strength})`),
    },
  };
}
const labelOf = (subject: SubjectId, { labels }: Context): string => clean(labels.get(subject) ?? subject);

/** The line that declares the target: GitHub refuses a whole file for one result without a path below the checkout. */
function location(subject: SubjectId, { spots, targets }: Context): Location {
  const spot = spots.get(subject) ?? spots.get(targets.get(subject) ?? '');
  const uri = spot ? relativeUri(spot.file) : undefined;
  return {
    physicalLocation: {
      artifactLocation: { uri: uri ?? 'encaudit.yaml', uriBaseId: '%SRCROOT%' },
      region: { startLine: uri !== undefined && spot ? Math.max(1, spot.line) : 1 },
    },
    logicalLocations: [{ fullyQualifiedName: clean(subject), kind: 'resource' }],
  };
}
/** Nothing for a path that leads out of the checkout. */
function relativeUri(file: string): string | undefined {
  const parts = clean(file)
    .replaceAll('\\', '/')
    .split('/')
    .filter((part, i) => part !== '.' && (part !== '' || i === 0));
  if (parts.length === 0 || parts[0] === '' || parts.includes('..') || /^[A-Za-z][\w+.-]*:/.test(parts[0] ?? '')) return undefined;
  return parts.map(encodeURIComponent).join('/');
}
/** One line of plain text: braces are doubled (SARIF 2.1.0, 3.11.5), and no link is made (3.11.6). */
const plain = (text: string): string => clean(text).replace(/[{}]/g, '$&$&').replaceAll('](', '] (');
