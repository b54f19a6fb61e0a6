import type { Reporter } from '../model/reporter.ts';
import type { ScanResult } from '../model/result.ts';
import { byCodeUnit, inertJson } from '../util/text.ts';

/** The members of a result in their order; what is long is written an entry a line. */
const members: Readonly<Record<keyof ScanResult, 'whole' | 'entries'>> = {
  schemaVersion: 'whole',
  tool: 'whole',
  ruleset: 'whole',
  policySource: 'whole',
  overrides: 'entries',
  scope: 'entries',
  identity: 'whole',
  trust: 'entries',
  judgedAt: 'whole',
  observedFrom: 'whole',
  observedTo: 'whole',
  interrupted: 'whole',
  score: 'whole',
  gate: 'whole',
  frameworks: 'entries',
  controls: 'entries',
  waivers: 'whole',
  baseline: 'entries',
  rules: 'entries',
  populations: 'entries',
  subjects: 'entries',
  findings: 'entries',
  evidence: 'entries',
};

/** The whole result. Keys are sorted, except those of `cells`, whose order is that of the table's columns: the same result gives the same bytes. */
export const json: Reporter = {
  id: 'json',
  extension: 'json',
  *render(result) {
    let lead = '{';
    for (const [name, form] of Object.entries(members)) {
      const value = member(result, name);
      if (value === undefined) continue;
      yield `${lead}\n${inertJson(name)}:`;
      if (form === 'entries') yield* entries(value);
      else yield inertJson(sorted(value));
      lead = ',';
    }
    yield '\n}\n';
  },
};
const member = (result: ScanResult, name: string): unknown => Object.entries(result).find(([key]) => key === name)?.[1];

function* entries(value: unknown): Iterable<string> {
  if (Array.isArray(value)) {
    yield '[';
    for (const [i, one] of value.entries()) yield `${i > 0 ? ',' : ''}\n${inertJson(sorted(one))}`;
    yield value.length > 0 ? '\n]' : ']';
  } else {
    const record = isRecord(value) ? value : {};
    const keys = Object.keys(record).toSorted(byCodeUnit);
    let lead = '{';
    for (const key of keys) {
      const one = record[key]; // one at a time: evidence of a large scan is read when it is asked for
      if (one === undefined) continue;
      yield `${lead}\n${inertJson(key)}:`;
      lead = ',';
      if (Array.isArray(one)) yield* entries(one);
      else yield inertJson(sorted(one));
    }
    yield lead === '{' ? '{}' : '\n}';
  }
}
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => byCodeUnit(a, b))
      .map(([key, one]) => [key, key === 'cells' ? one : sorted(one)]),
  );
}
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
