import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { loadCatalogue } from '../../src/judge/catalogue.ts';
import { conditionNames } from '../../src/judge/conditions.ts';
import { ruleDir } from '../../src/judge/rules/dir.ts';
import { loadRules } from '../../src/judge/rules/load.ts';
import { rm } from 'node:fs/promises';

const catalogue = loadCatalogue();
const folder = join(ruleDir(), 'frameworks');

test('the catalogue holds PCI DSS and HIPAA, and choosing one declares its data', () => {
  expect(catalogue.frameworks.map(({ id, declares, controls }) => [id, declares, controls.length])).toEqual([
    ['hipaa-security-rule', 'phi', 26],
    ['pci-dss-4.0.1', 'pci', 67],
  ]);
});
test('every condition of the files is decided by code, and no code decides another', () => {
  const { conditions } = z.object({ conditions: z.record(z.string(), z.unknown()) }).parse(parse(readFileSync(join(folder, 'semantics.yaml'), 'utf8')));
  expect([...conditionNames].sort()).toEqual(Object.keys(conditions).sort());
});
test('every built-in rule is of a family that exists; one that informs has severity info', () => {
  const fits = (kind: string | undefined, severity: string): boolean => kind === 'finding' || (kind === 'informational' && severity === 'info');
  expect(loadRules(ruleDir()).filter(({ file }) => !fits(catalogue.families[file.family]?.kind, file.severity))).toEqual([]);
});
test.each(['tls-hygiene', 'policy-expectation', 'storage-hygiene'])('%s bears on no control, on purpose', (family) => {
  expect(catalogue.families[family]?.kind).toBe('finding');
  expect(catalogue.edges).not.toHaveProperty(family);
});
test('what no tool can see has no edge, so that it stays manual', () => {
  const none = catalogue.frameworks.flatMap(({ id, controls }) =>
    controls.filter(({ automation }) => automation === 'none').map((control) => `${id} ${control.id}`),
  );
  const mapped = new Set(Object.values(catalogue.edges).flatMap((edges) => edges.map(({ framework, id }) => `${framework} ${id}`)));
  expect(none.filter((one) => mapped.has(one))).toEqual([]);
});
test('forward secrecy, expiry to come and HSTS are never direct', () => {
  const direct = ['tls-no-forward-secrecy', 'cert-expiring', 'hsts-missing', 'cmk-not-used'].flatMap((family) =>
    (catalogue.edges[family] ?? []).filter(({ strength }) => strength === 'direct'),
  );
  expect(direct).toEqual([]);
});

test.each<[string, string, string, string, RegExp]>([
  ['an edge to no control', 'pci-dss-4.0.1.yaml', '{ id: "4.2.1", strength: direct', '{ id: "4.2.9", strength: direct', /yaml:\d+:\d+: no control 4\.2\.9/],
  ['a condition with a typo', 'pci-dss-4.0.1.yaml', 'network: open', 'network: opn', /no condition "network: opn"/],
  ['an id of another shape', 'hipaa-security-rule.yaml', 'id: "164.306(d)(3)"', 'id: "4.2.1"', /4\.2\.1 does not look like a control/],
  ['a second edge', 'pci-dss-4.0.1.yaml', '{ id: "2.2.5", strength: supporting', '{ id: "4.2.1", strength: supporting', /a second edge to 4\.2\.1/],
  ['an unknown family', 'pci-dss-4.0.1.yaml', '  tls-weak-cipher:', '  tls-weak-cypher:', /no family tls-weak-cypher/],
  ['a condition that nobody decides', 'semantics.yaml', '"data: pci":', '"data: pcii":', /no code decides this condition/],
])('refuses %s', async (_name, file, from, to, complaint) => {
  const copy = await mkdtemp(join(tmpdir(), 'catalogue-'));
  onTestFinished(() => rm(copy, { recursive: true }));
  await cp(folder, copy, { recursive: true });
  const text = await readFile(join(copy, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(copy, file), text.replace(from, to));
  expect(() => loadCatalogue(copy)).toThrow(complaint);
});
