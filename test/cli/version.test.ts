import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { version } from '../../src/cli/version.ts';

test('the command and the package have one version', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8'))).toMatchObject({ version });
});
