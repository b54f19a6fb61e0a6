import { undeclared } from '../../src/facts/declared.ts';
import { loadCatalogue } from '../../src/judge/catalogue.ts';
import type { JudgeInput } from '../../src/judge/judgement.ts';
import { builtInRules, rulesetOf } from '../../src/judge/rules/built-in.ts';
import type { GateSettings } from '../../src/model/gate.ts';
import type { Observation, SubjectId } from '../../src/model/observation.ts';

export const catalogue = loadCatalogue();
export const allRules = builtInRules();
export const rules = (...ids: readonly string[]): JudgeInput['rules'] => allRules.filter(({ file }) => ids.includes(file.id));
export const settings: GateSettings = {
  failOn: 'high',
  failOnControls: [],
  failOnNew: false,
  maxUnknown: 0,
  allowCritical: false,
  exitZero: false,
};
export const judgedAt = '2026-11-25T12:00:00.000Z';
export const input = (changes: Partial<JudgeInput> = {}): JudgeInput => ({
  observations: [],
  populations: [],
  callers: [],
  targets: [],
  rules: allRules,
  overrides: [],
  switchedOff: [],
  lowered: [],
  catalogue,
  frameworks: ['pci-dss-4.0.1'],
  waivers: [],
  gate: settings,
  policySource: 'defaults',
  tool: { name: 'encaudit', version: '0.0.0', node: 'v20.19.0', openssl: '3.0.0' },
  ruleset: rulesetOf(allRules),
  trust: [],
  judgedAt,
  observedFrom: judgedAt,
  observedTo: judgedAt,
  ...changes,
});

type Versions = NonNullable<NonNullable<Observation<'endpoint'>['facts']['tls']>['versions']>;
const common = { evidence: [], gaps: [], links: [] } as const;
/** One endpoint at a public address: what was declared, and what answered. */
export const endpoint = (subject: SubjectId, accepted: readonly string[], changes: Partial<Observation<'endpoint'>> = {}): readonly Observation[] => [
  { ...common, subject, kind: 'endpoint', origin: 'declared', by: 'config', facts: { declared: undeclared, service: { protocol: 'https' } } },
  {
    ...common,
    subject,
    kind: 'endpoint',
    origin: 'wire',
    by: 'tls-versions',
    vantage: { address: '8.8.8.8' },
    facts: { tls: { offered: true, versions: versions(accepted) } },
    ...changes,
  },
];
const versions = (accepted: readonly string[]): Versions =>
  (['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map((name) => ({ name, accepted: accepted.includes(name) }));
export const modern = ['TLSv1.2', 'TLSv1.3'];
export const legacy = ['TLSv1', 'TLSv1.2'];
