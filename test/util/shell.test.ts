import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellQuote } from '../../src/util/shell.ts';

test.each<[readonly string[], string]>([
  [['openssl', 's_client', '-connect', '[2001:db8::1]:443'], "openssl s_client -connect '[2001:db8::1]:443'"],
  [['aws', 's3api', 'get-bucket-policy', '--bucket', 'a.b-c'], 'aws s3api get-bucket-policy --bucket a.b-c'],
  [['echo', ''], "echo ''"],
  [['echo', "it's"], "echo 'it'\\''s'"],
  [['A=1', 'x=y'], "'A=1' x=y"],
  [['echo', '~', '#', '$(id)', '`id`', 'a b', '*', '!'], "echo '~' '#' '$(id)' '`id`' 'a b' '*' '!'"],
])('%j', (argv, line) => {
  expect(shellQuote(argv)).toBe(line);
});
test('a real shell gets the words back', () => {
  const word = fc.string({ unit: fc.constantFrom(...`ab'"\\$\`!*?[]{}()<>|&;#~=% \t\n-é字😀`.match(/./gsu)!), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      const out = execFileSync('/bin/sh', ['-c', shellQuote(['printf', '%s\\0', ...words, 'end'])], { encoding: 'utf8' });
      expect(out.split('\u0000').slice(0, -1)).toEqual([...words, 'end']);
    }),
    { numRuns: 100 },
  );
});
