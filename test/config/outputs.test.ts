import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkOutputPath, writeOutput } from '../../src/config/outputs.ts';
import { FileError } from '../../src/util/file-error.ts';

const fresh = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'encaudit-')));

test('writes whole, with its mode, over an older file', () => {
  const cwd = fresh();
  mkdirSync(join(cwd, 'out'));
  writeFileSync(join(cwd, 'out/a.json'), 'old and longer');
  writeOutput(cwd, 'out/a.json', ['{', 'é'.repeat(100_000), '}'], {}, 0o600);
  expect(readFileSync(join(cwd, 'out/a.json'), 'utf8')).toBe(`{${'é'.repeat(100_000)}}`);
  expect(statSync(join(cwd, 'out/a.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(cwd, 'out'))).toEqual(['a.json']);
});
test('a report that breaks off leaves the older file and nothing beside it', () => {
  const cwd = fresh();
  writeFileSync(join(cwd, 'a'), 'old');
  const broken = function* (): Generator<string> {
    yield 'x'.repeat(100_000);
    throw new TypeError('ours');
  };
  expect(() => writeOutput(cwd, 'a', broken())).toThrow(TypeError);
  expect(readFileSync(join(cwd, 'a'), 'utf8')).toBe('old');
  expect(readdirSync(cwd)).toEqual(['a']);
});
test('places that are refused', () => {
  const cwd = fresh();
  const outside = fresh();
  mkdirSync(join(cwd, 'sub'));
  writeFileSync(join(cwd, 'file'), '');
  symlinkSync(outside, join(cwd, 'away'));
  symlinkSync(join(cwd, 'sub'), join(cwd, 'near'));
  symlinkSync(join(outside, 'x'), join(cwd, 'dangling'));
  for (const [path, what] of [
    ['', 'no file name'],
    ['.', 'is a folder'],
    ['sub', 'is a folder'],
    ['../x', 'below the working directory'],
    ['sub/../../x', 'below the working directory'],
    [join(outside, 'x'), 'below the working directory'],
    ['away/x', 'never go through links'],
    ['near/x', 'never go through links'],
    ['dangling', 'never go through links'],
    ['.git/hooks/x', '.git'],
    ['none/x', 'folder does not exist'],
    ['file/x', 'its folder is a file'],
    ['a\0b', 'no file name'],
    ['x'.repeat(300), 'name is too long'],
  ] as const) {
    expect(() => writeOutput(cwd, path, ['x'])).toThrow(FileError);
    expect(() => writeOutput(cwd, path, ['x'])).toThrow(what);
  }
  expect(readdirSync(outside)).toEqual([]);
});
test("a runner's command file, also by another name", () => {
  const cwd = fresh();
  writeFileSync(join(cwd, 'env'), '');
  for (const env of [{ GITHUB_ENV: join(cwd, 'env') }, { GITHUB_OUTPUT: './sub/../env' }])
    expect(() => checkOutputPath(cwd, 'env', env)).toThrow(/runner's GITHUB_/);
  expect(checkOutputPath(cwd, join(cwd, 'other'), { GITHUB_ENV: join(cwd, 'env') })).toBe(join(cwd, 'other'));
});
test('a link that appears while the report is made is neither followed nor replaced', () => {
  const cwd = fresh();
  const outside = fresh();
  const racing = function* (): Generator<string> {
    yield 'a';
    symlinkSync(join(outside, 'x'), join(cwd, 'r.json'));
    yield 'b';
  };
  expect(() => writeOutput(cwd, 'r.json', racing())).toThrow('never go through links');
  expect(existsSync(join(outside, 'x'))).toBe(false);
  expect(readdirSync(cwd)).toEqual(['r.json']);
});
