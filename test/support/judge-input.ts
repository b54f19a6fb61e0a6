import { undeclared, type Declared } from '../../src/facts/declared.ts';
import type { FactsByKind } from '../../src/facts/index.ts';
import type { TlsVersion } from '../../src/facts/tls.ts';
import { loadCatalogue } from '../../src/judge/catalogue.ts';
import type { JudgeInput } from '../../src/judge/judgement.ts';
import { loadRule, type LoadedRule } from '../../src/judge/rules/load.ts';
import type { GateSettings } from '../../src/model/gate.ts';
import type { DeepPartial, Gap, GapCode, Observation, SubjectId } from '../../src/model/observation.ts';
import type { EndpointTarget } from '../../src/model/target.ts';
import { evidence } from '../../src/util/evidence.ts';
import { endpointId } from '../../src/util/subject-id.ts';
import { ruleText } from './rule-text.ts';

export const catalogue = loadCatalogue();
export const judgedAt = '2026-11-25T12:00:00.000Z';
export const settings: GateSettings = { failOn: 'high', failOnControls: [], failOnNew: false, maxUnknown: 0, allowCritical: false, exitZero: false };
export const gapOf = (path: string, code: GapCode = 'timeout', by = 'tls-versions'): Gap => ({ path, code, by, detail: 'no answer', tries: 3, evidence: [] });

export const rule = (changes: Parameters<typeof ruleText>[0], builtIn = true): LoadedRule => loadRule('x.yaml', ruleText(changes), { builtIn });
/** Three rules: one high over a list, one low, one critical. */
export const legacy = rule({
  id: 'tls/legacy',
  each: { in: 'tls.versions', as: 'v', key: 'v.name' },
  expect: '!v.accepted || v.name == "TLSv1.2"',
  message: 'accepts ${v.name}',
});
export const hsts = rule({ id: 'http/hsts', severity: 'low', family: 'hsts-missing', expect: 'http.hsts.present', message: 'no HSTS' });
export const expired = rule({ id: 'cert/valid', severity: 'critical', family: 'cert-expired', expect: 'verify.datesValid', message: 'expired' });

export const target = (name: string, declared: Declared = {}): EndpointTarget => ({
  is: 'endpoint',
  id: endpointId(name, 443),
  label: `${name}:443`,
  declared: { ...undeclared, ...declared },
  tags: [],
  protocol: 'https',
  name,
  port: 443,
});
export const declaration = ({ id, declared }: EndpointTarget): Observation<'endpoint'> => ({
  subject: id,
  kind: 'endpoint',
  origin: 'declared',
  by: 'config',
  facts: { declared },
  evidence: [],
  gaps: [],
  links: [],
});
export const seen = (
  subject: SubjectId,
  by: string,
  facts: DeepPartial<FactsByKind['endpoint']>,
  address = '8.8.8.8',
  gaps: readonly Gap[] = [],
): Observation<'endpoint'> => ({
  subject,
  kind: 'endpoint',
  origin: 'wire',
  by,
  vantage: { address },
  facts,
  evidence: [evidence({ paths: Object.keys(facts), by, at: judgedAt, received: JSON.stringify([subject, address]) })],
  gaps,
  links: [],
});
export const accepts = (...names: readonly TlsVersion[]): DeepPartial<FactsByKind['endpoint']> => ({
  tls: { offered: true, versions: (['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map((name) => ({ name, accepted: names.includes(name) })) },
});
export const sound: DeepPartial<FactsByKind['endpoint']> = { http: { hsts: { present: true } }, verify: { datesValid: true } };

const one = target('a.example');
export const input = (changes: Partial<JudgeInput> = {}): JudgeInput => ({
  observations: [declaration(one), seen(one.id, 'tls-versions', accepts('TLSv1.2')), seen(one.id, 'rest', sound)],
  populations: [],
  callers: [],
  targets: [one],
  rules: [legacy, hsts, expired],
  overrides: [],
  switchedOff: [],
  lowered: [],
  catalogue,
  frameworks: ['pci-dss-4.0.1', 'hipaa-security-rule'],
  waivers: [],
  gate: settings,
  policySource: 'defaults',
  tool: { name: 'encaudit', version: '0.0.0', node: '20', openssl: '3' },
  ruleset: { version: 'x', sha256: 'x' },
  trust: [],
  judgedAt,
  observedFrom: judgedAt,
  observedTo: judgedAt,
  ...changes,
});
