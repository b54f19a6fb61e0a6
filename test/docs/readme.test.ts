import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';

test('the configuration in the README is one', () => {
  const [, text = ''] = /```yaml\n(# encaudit\.yaml\n[^]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? [];
  const { targets, overrides, says } = parseConfig('README.md', text, '/');
  expect(targets.map(({ label }) => label)).toContain('pay.example.com');
  expect(targets).toHaveLength(4);
  expect([overrides.length, says.frameworks]).toEqual([1, ['pci-dss-4.0.1']]);
});
