import { chmodSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { createServer as createHttp } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { clock, node } from '../../src/cli/doctor.ts';
import type { Check } from '../../src/cli/doctor/check.ts';
import { configText } from '../../src/cli/init/config-text.ts';
import { configure } from '../observe/aws/wire.ts';
import { folder } from '../e2e/run.ts';
import { command, type Ran } from '../support/command.ts';
import { selfSigned } from '../support/certificate.ts';
import { listen } from '../support/listen.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});
interface Told extends Ran {
  readonly checks: readonly Check[];
  readonly of: (name: string) => readonly Check[];
}
async function told(argv: readonly string[], some: Parameters<typeof command>[1] = {}): Promise<Told> {
  const ran = await command(['doctor', '-f', 'json', ...argv], { cwd: folder(), ...some });
  const { checks }: { readonly checks: readonly Check[] } = JSON.parse(ran.stdout);
  return { ...ran, checks, of: (name) => checks.filter((check) => check.name === name) };
}
const reachable = async (): Promise<number> => listen(createServer((socket) => socket.end()));
async function closed(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

describe('nothing wrong', () => {
  test('an empty folder: 0, no network, and the way on', async () => {
    const { status, why, of } = await told([]);
    expect([status, why]).toEqual([0, 'no problem found']);
    expect(of('node')).toMatchObject([{ state: 'ok' }]);
    expect(of('configuration')).toMatchObject([{ state: 'not checked', wayOut: expect.stringContaining('encaudit init') }]);
    expect(of('target')).toMatchObject([{ state: 'not checked' }]);
    expect(of('aws')).toMatchObject([{ state: 'not checked' }]);
  });
  test('what init writes', async () => {
    const port = await reachable();
    const { status, of } = await told([], { cwd: folder({ 'encaudit.yaml': configText([`127.0.0.1:${port}`]) }) });
    expect(status).toBe(0);
    expect(of('configuration')).toMatchObject([{ state: 'ok', what: 'encaudit.yaml: 1 target' }]);
    expect(of('target')).toMatchObject([{ state: 'ok', what: expect.stringContaining('127.0.0.1 takes connections') }]);
  });
  test('every kind of file', async () => {
    const cwd = folder({
      'encaudit.yaml':
        'frameworks: [pci-dss-4.0.1]\nbaseline: known.json\nwaivers: w.yaml\ntrust: { ca: root.pem }\noutputs: [{ format: sarif, path: out.sarif }]\n',
      'known.json': '{"version":1,"scope":"","ruleset":"","entries":[]}',
      'w.yaml': '[]\n',
      'root.pem': selfSigned().cert,
    });
    const { status, checks } = await told([], { cwd });
    expect(checks.filter(({ state }) => state === 'problem')).toEqual([]);
    expect(status).toBe(0);
    expect(checks.filter(({ state }) => state === 'ok').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['configuration', 'rules', 'waivers', 'baseline', 'trust', 'output']),
    );
  });
});

describe('a file or a setting that is wrong ends with 2, and the others are checked all the same', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, readonly string[], string, RegExp]>([
    ['configuration', { 'encaudit.yaml': 'failOn: hihg\n' }, [], 'configuration', /^encaudit\.yaml:1:9: .*did you mean "high"/],
    [
      'an unknown rule',
      { 'encaudit.yaml': 'rules: { tls/ofered: { severity: off, reason: a, owner: b } }\n' },
      [],
      'configuration',
      /unknown rule tls\/ofered/,
    ],
    ['an unknown framework', {}, ['--framework', 'iso'], 'configuration', /unknown framework "iso"/],
    ['two configurations', { 'encaudit.yaml': '', 'encaudit.yml': '' }, [], 'configuration', /keep one/],
    ['a policy', {}, ['--policy', 'none.yaml'], 'configuration', /none\.yaml: no such file/],
    ['rules', { 'r/a.yaml': 'id: x\n' }, ['--rules', 'r'], 'rules', /a\.yaml:/],
    ['a folder without rules', { 'r/a.txt': '' }, ['--rules', 'r'], 'rules', /no rule in there/],
    ['waivers', { '.encaudit/waivers.yaml': '[1]\n' }, [], 'waivers', /^\.encaudit\/waivers\.yaml:1:/],
    ['a baseline', { 'b.json': '[]' }, ['--baseline', 'b.json'], 'baseline', /not a baseline/],
    ['roots', { 'ca.pem': 'no' }, ['--ca', 'ca.pem'], 'trust', /holds no certificate/],
    ['no root at all', { 'encaudit.yaml': 'trust: { mozilla: false }\n' }, [], 'trust', /no root at all/],
    ['an output', { 'encaudit.yaml': 'outputs: [{ format: json, path: ../x.json }]\n' }, [], 'output', /stay below/],
    ['a format', { 'encaudit.yaml': 'outputs: [{ format: jsno, path: x.json }]\n' }, [], 'output', /did you mean "json"/],
    ['a target', {}, ['htps://x'], 'target', /unknown scheme/],
  ])('%s', async (_what, files, argv, name, says) => {
    const cwd = folder(files);
    const { status, of } = await told(
      argv.map((word) => (word in files || ['r'].includes(word) ? join(cwd, word) : word)),
      { cwd },
    );
    expect(status).toBe(2);
    expect(of(name)).toContainEqual(expect.objectContaining({ state: 'problem', kind: 'file', what: expect.stringMatching(says) }));
    expect(of('node')).toMatchObject([{ state: 'ok' }]);
  });
  test('a variable', async () => {
    const { status, of } = await told([], { env: { ENCAUDIT_TIMEOUT: 'soon' } });
    expect([status, of('configuration')[0]?.what]).toEqual([2, 'ENCAUDIT_TIMEOUT: "soon" is no number']);
  });
  test('a link in the place of an output', async () => {
    const cwd = folder({ 'encaudit.yaml': 'outputs: [{ format: json, path: x.json }]\n' });
    symlinkSync('/etc/hostname', join(cwd, 'x.json'));
    expect((await told([], { cwd })).of('output')).toMatchObject([{ state: 'problem', what: expect.stringContaining('links') }]);
  });
  test('an expired waiver is told by its name', async () => {
    const waiver = (id: string, expires: string): string =>
      `- { id: ${id}, rule: tls/offered, resource: "endpoint://${id.toLowerCase()}.example:443", type: risk-acceptance, reason: a reason of some length, owner: a@example.com, approved_by: b@example.com, created: 2026-01-01, expires: ${expires} }\n`;
    const cwd = folder({ '.encaudit/waivers.yaml': `${waiver('W-1', '2026-02-01')}${waiver('W-2', '2026-03-20')}` });
    const { status, of } = await told([], { cwd, now: () => new Date('2026-03-01T00:00:00Z') });
    expect(status, JSON.stringify(of('waivers'))).toBe(2);
    expect(of('waivers')).toMatchObject([{ state: 'problem', what: expect.stringMatching(/2 waivers, expired: W-1$/) }]);
  });
});

describe('reachability', () => {
  test('a closed port and a name that nobody knows: 3, each with its way out', async () => {
    const [open, shut] = [await reachable(), await closed()];
    const { status, of } = await told([`127.0.0.1:${open}`, `127.0.0.1:${shut}`, 'nowhere.invalid']);
    expect(status).toBe(3);
    expect(of('target').map(({ state }) => state)).toEqual(['ok', 'problem', 'problem']);
    expect(of('target')[1]).toMatchObject({ what: expect.stringContaining('refused'), wayOut: expect.stringContaining('port') });
    expect(of('target')[2]).toMatchObject({ what: expect.stringMatching(/^nowhere\.invalid: .*\(dns\)$/) });
  });
  test('a wrong file wins over an unreachable target', async () => {
    expect((await told([`127.0.0.1:${await closed()}`, '--framework', 'iso'])).status).toBe(2);
  });
  test('--no-network opens no connection', async () => {
    let connections = 0;
    const port = await listen(createServer((socket) => (connections++, socket.end())));
    const { status, of } = await told([`127.0.0.1:${port}`, '--no-network', '--aws']);
    expect([status, connections, of('aws')]).toEqual([0, 0, []]);
    expect(of('target')).toMatchObject([{ state: 'not checked' }]);
  });
  test('a doctor is no scan: the rest of a long list is left', async () => {
    const port = await closed();
    const list = Array.from({ length: 60 }, (_, i) => `127.0.0.${i + 1}:${port}`).join('\n');
    const cwd = folder({ 'list.txt': list });
    const { of } = await told([`@${join(cwd, 'list.txt')}`], { cwd });
    expect(of('target')).toHaveLength(51);
    expect(of('target').at(-1)).toMatchObject({ state: 'not checked', what: expect.stringContaining('10 further targets') });
  });
  test('proxies are named without what their URLs hold of a user', async () => {
    const { stdout, of } = await told([], { env: { HTTPS_PROXY: 'http://me:planted@proxy.test:3128', no_proxy: 'planted.internal' } });
    expect(of('proxy')).toMatchObject([{ state: 'ok', what: expect.stringContaining('HTTPS_PROXY (proxy.test:3128), no_proxy (exceptions)') }]);
    expect(stdout).not.toContain('planted');
  });
});

describe('AWS', () => {
  const keys = {
    AWS_ACCESS_KEY_ID: 'AKIAPLANTED000000001',
    AWS_SECRET_ACCESS_KEY: 'planted/secret',
    AWS_SESSION_TOKEN: 'plantedSession==',
    AWS_REGION: 'eu-west-1',
  };
  const identity =
    '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/audit/me</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';
  async function sts(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const port = await listen(createHttp((_request, response) => response.writeHead(status, headers).end(body)));
    configure({ ...keys, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  }
  const planted = /AKIAPLANTED|planted/;

  test('who we are, where, and by which link of the chain; no value', async () => {
    await sts(200, identity);
    const { status, of, stdout, stderr } = await told(['--aws']);
    expect(status).toBe(0);
    expect(of('aws')).toMatchObject([
      {
        state: 'ok',
        what: expect.stringMatching(/^arn:aws:sts::123456789012:assumed-role\/audit\/me, account 123456789012, region eu-west-1, .*; credentials by env vars$/),
      },
    ]);
    expect(stdout + stderr).not.toMatch(planted);
  });
  test('a target of AWS is enough to ask', async () => {
    await sts(200, identity);
    expect((await told(['aws:s3'])).of('aws')).toMatchObject([{ state: 'ok' }]);
  });
  test('a key that AWS does not know: 3', async () => {
    await sts(403, '<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>planted message</Message></Error></ErrorResponse>');
    const { status, of, stdout } = await told(['--aws']);
    expect(status).toBe(3);
    expect(of('aws')).toMatchObject([
      { state: 'problem', kind: 'world', what: expect.stringContaining('sts:GetCallerIdentity'), wayOut: expect.stringContaining('log in') },
    ]);
    expect(stdout).not.toMatch(planted);
  });
  test('no credentials: 3, and how to get some', async () => {
    configure({ AWS_REGION: 'eu-west-1' });
    const { status, of } = await told(['--aws']);
    expect(status).toBe(3);
    expect(of('aws')).toMatchObject([
      { state: 'problem', what: expect.stringContaining('no credentials found'), wayOut: expect.stringContaining('AWS_PROFILE') },
    ]);
  });
  test('a clock that AWS does not share', async () => {
    await sts(200, identity, { date: new Date(Date.now() + 40 * 60_000).toUTCString() });
    const { status, of } = await told(['--aws']);
    expect(of('clock')).toMatchObject([{ state: 'problem', what: expect.stringMatching(/^this clock is (39|40) minutes behind AWS$/) }]);
    expect(status).toBe(3);
  });
});

test('Node: what package.json says, and nothing about later ones', () => {
  expect(['20.18.9', '18.20.0', '20.19.0', '22.1.0', '26.0.0', '30.0.0'].map((version) => node({ node: version, openssl: '3' }).state)).toEqual([
    'problem',
    'problem',
    'ok',
    'ok',
    'ok',
    'ok',
  ]);
});
test('a clock before the rules were made is wrong', () => {
  expect(clock(new Date('1970-01-01'), '2026-11-25')).toMatchObject([{ state: 'problem' }]);
  expect(clock(new Date('2026-11-25'), '2026-11-25')).toEqual([]);
});
test('for a person: a line each, problems with their way out, and nothing that a terminal obeys', async () => {
  const cwd = folder();
  const { status, stdout } = await command(['doctor', 'nowhere.invalid'], { cwd });
  expect(status).toBe(3);
  expect(stdout).toMatch(/^✓ node {12}\d/);
  expect(stdout).toMatch(/^✗ target {10}nowhere\.invalid: [^→]*→ check the name/m);
  expect(stdout).toMatch(/^– aws {13}not checked: /m);
  const evil = await command(['doctor', 'a\u001b[2J\n::error::x', '--policy', '\n::error::y\u001b[2J'], { cwd });
  expect(evil.status).toBe(2);
  expect(evil.stdout).not.toMatch(/\u001b|^\s*::/m);
});
test('a folder that is closed to us', async () => {
  const cwd = folder({ 'encaudit.yaml': 'outputs: [{ format: json, path: sub/x.json }]\n', 'sub/y': '' });
  chmodSync(join(cwd, 'sub'), 0o500);
  onTestFinished(() => chmodSync(join(cwd, 'sub'), 0o700));
  const { of } = await told([], { cwd });
  const root = process.getuid?.() === 0; // may write everywhere
  expect(of('output')).toMatchObject([{ state: root ? 'ok' : 'problem' }]);
});
