import type { Finding } from '../../src/model/finding.ts';
import type { Evidence } from '../../src/model/observation.ts';
import type { ScanResult, SubjectResult } from '../../src/model/result.ts';
import { evidence } from '../../src/util/evidence.ts';
import { fullResult } from './full-result.ts';

/** Many endpoints like the one with two addresses, each with evidence, of which every fifth fails and every tenth did not answer. */
export function estate(size: number, ruleCount: number): ScanResult {
  const full = fullResult();
  const model = full.subjects.find(({ id }) => id === 'endpoint://pay.example.com:443');
  const info = full.rules['tls/no-legacy-versions'];
  const [fail] = full.findings;
  const unknown = full.findings.find(({ verdict }) => verdict === 'unknown');
  if (!model || !info || !fail || !unknown) throw new Error('the full result has changed');
  const rules = Object.fromEntries(Array.from({ length: ruleCount }, (_, i) => [`tls/rule-${i}`, { ...info, id: `tls/rule-${i}` }]));
  const subjects: SubjectResult[] = [];
  const findings: Finding[] = [];
  const records: Evidence[] = [];
  for (let i = 0; i < size; i++) {
    const id = `endpoint://host-${i}.example.com:443` as const;
    const record = evidence({
      paths: ['tls.versions'],
      by: 'tls-versions',
      at: full.observedFrom,
      sent: 'ClientHello',
      received: `ServerHello ${i}`,
      reproduce: ['openssl', 's_client', '-connect', `host-${i}:443`],
    });
    records.push(record);
    const own: readonly Finding[] =
      i % 10 === 1
        ? Object.keys(rules).map((rule) => ({ ...unknown, rule, subject: id, fingerprint: `${rule}${i}` }))
        : i % 5 === 0
          ? [{ ...fail, rule: 'tls/rule-1', subject: id, evidence: [record.id], fingerprint: `x${i}` }]
          : [];
    findings.push(...own);
    subjects.push({
      ...model,
      id,
      summary: { ...model.summary, label: `host-${i}.example.com:443` },
      passed: Object.keys(rules).filter((rule) => !own.some((one) => one.rule === rule)),
    });
  }
  const targets = subjects.map(({ id }, i) => ({ id, label: id, tags: [], declaredAt: { file: 'encaudit.yaml', line: i + 1, column: 1 } }));
  return { ...full, rules, subjects, findings, scope: { ...full.scope, targets }, evidence: Object.fromEntries(records.map((one) => [one.id, one])) };
}
