import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Client } from '../../src/facts/client.ts';
import { get, node, tell } from '../support/client-test.ts';

/** The answers of real clients, as Debian 12 ships them: curl, wget, git, python3 with python3-requests, default-jdk-headless. */
vi.setConfig({ testTimeout: 300_000 });
const home = mkdtempSync(join(tmpdir(), 'encaudit-live-client-'));
afterAll(() => rmSync(home, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(home, name), text);
  return join(home, name);
};
const java = (name: string, client: string): readonly string[] => [
  'java',
  file(
    `${name}.java`,
    `import java.net.URI; import java.net.http.*; import javax.net.ssl.*; import java.security.cert.X509Certificate;
     class ${name} { public static void main(String[] args) throws Exception {
       ${client}
       client.send(HttpRequest.newBuilder(URI.create(args[0])).build(), HttpResponse.BodyHandlers.discarding()); } }`,
  ),
  '{url}',
];
const trustAll = `X509TrustManager all = new X509TrustManager() {
    public void checkClientTrusted(X509Certificate[] c, String a) {} public void checkServerTrusted(X509Certificate[] c, String a) {}
    public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; } };
  SSLContext context = SSLContext.getInstance("TLS"); context.init(null, new TrustManager[] { all }, null);
  HttpClient client = HttpClient.newBuilder().sslContext(context).build();`;
const python = (code: string): readonly string[] => [
  '/usr/bin/python3',
  '-c',
  `import sys, warnings; warnings.simplefilter('ignore'); url = sys.argv[1]\n${code}`,
  '{url}',
];
const unverified = 'import ssl, urllib.request; urllib.request.urlopen(url, context=ssl._create_unverified_context())';
const noNames = 'import ssl, urllib.request; c = ssl.create_default_context(); c.check_hostname = False; urllib.request.urlopen(url, context=c)';

/** C chain (roots and self-signed), N name, E dates, V TLS 1.0, R redirect to HTTP: capital where it was accepted, small where it was refused. */
const letters = (accepts: NonNullable<Client['accepts']>): string =>
  [
    ['c', accepts.untrustedRoot === accepts.selfSigned ? accepts.untrustedRoot : undefined],
    ['n', accepts.wrongName],
    ['e', accepts.expired],
    ['v', accepts.legacyTls],
    ['r', accepts.downgradeRedirect],
  ]
    .map(([letter, accepted]) => (accepted === undefined ? '?' : accepted === true ? String(letter).toUpperCase() : String(letter)))
    .join('');

describe.concurrent('what clients accept', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['curl', ['curl', '-s', '{url}'], 'cnevr'],
    ['curl -L', ['curl', '-sL', '{url}'], 'cnevR'],
    ['curl -k', ['curl', '-sk', '{url}'], 'CNEvr'],
    ['wget', ['wget', '--ca-certificate={ca}', '-qO-', '{url}'], 'cneVR'],
    ['wget --no-check-certificate', ['wget', '--no-check-certificate', '-qO-', '{url}'], 'CNEVR'],
    ['git', ['git', 'ls-remote', '{url}'], 'cneVR'],
    ['git http.sslVerify=false', ['git', '-c', 'http.sslVerify=false', 'ls-remote', '{url}'], 'CNEVR'],
    ['https of Node', node(get('{}')), 'cnevr'],
    ['https of Node, rejectUnauthorized: false', node(get('{ rejectUnauthorized: false }')), 'CNEvr'],
    ['fetch of Node', node('fetch(url).catch(() => process.exit(1))'), 'cnevR'],
    ['urllib', python('import urllib.request; urllib.request.urlopen(url)'), 'cnevR'],
    ['urllib, unverified', python(unverified), 'CNEvR'],
    ['urllib, check_hostname = False', python(noNames), 'cNevR'],
    ['requests', python('import requests; requests.get(url)'), 'cnevR'],
    ['requests, verify=False', python('import requests; requests.get(url, verify=False)'), 'CNEvR'],
    ['HttpClient of Java', java('Plain', 'HttpClient client = HttpClient.newHttpClient();'), 'cnevr'],
    ['HttpClient of Java, trust-all manager: the name is still checked', java('TrustAll', trustAll), 'CnEvr'],
  ])('%s', async (_name, argv, expected) => {
    const { client } = await tell(argv, {}, { env: { PATH: process.env['PATH'], HOME: home, GIT_TERMINAL_PROMPT: '0' }, timeoutMs: 60_000 });
    expect(client.baseline).toBe(true);
    expect(letters(client.accepts ?? {})).toBe(expected);
    expect([client.accepts?.plaintext, client.accepts?.plaintextAfterTlsFailure]).toEqual([false, false]);
  });

  test('a switch in ~/.curlrc is met, and the file is named', async () => {
    const own = mkdtempSync(join(tmpdir(), 'encaudit-live-curlrc-'));
    writeFileSync(join(own, '.curlrc'), 'insecure\n');
    const { client, evidence } = await tell(['curl', '-s', '{url}'], { patterns: ['untrusted-root'] }, { env: { PATH: process.env['PATH'], HOME: own } });
    rmSync(own, { recursive: true });
    expect(client.accepts?.untrustedRoot).toBe(true);
    expect(evidence[0]?.received).toContain('files of yours in force: ~/.curlrc');
  });
  test('Session.verify = False is hidden by REQUESTS_CA_BUNDLE, and seen as the user runs it', async () => {
    const { client } = await tell(python('import requests; s = requests.Session(); s.verify = False; s.get(url)'), { patterns: ['untrusted-root'] });
    expect(client.accepts?.untrustedRoot).toBe(true);
    expect(client.cases?.filter(({ accepted }) => accepted).map(({ name }) => name)).toEqual(['good', 'bare', 'good-again']);
    expect(client.hiddenBy).toEqual(['CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE']);
  });
  test('a script of two curls is as bad as the worse one; || true changes nothing', async () => {
    const two = await tell(['sh', '-c', 'curl -s "$0"; curl -sk "$0"', '{url}'], { patterns: ['untrusted-root'] });
    expect(two.client.accepts?.untrustedRoot).toBe(true);
    const swallowed = await tell(['sh', '-c', 'curl -s "$0" || true', '{url}'], { patterns: ['untrusted-root'] });
    expect([swallowed.client.accepts?.untrustedRoot, swallowed.line('untrusted-root')]).toEqual([
      false,
      'refused: alert unknown_ca, and swallows the error; exit 0',
    ]);
  });
  test('curl --pinnedpubkey holds, with -k too', async () => {
    const { client } = await tell(['curl', '-sk', '--pinnedpubkey', 'sha256//{pin}', '{url}'], { pinned: true, patterns: ['untrusted-root', 'other-key'] });
    expect(client.accepts).toMatchObject({ untrustedRoot: false, otherKey: false });
  });
  test('wget without {ca} trusts nobody: nothing is proved, and the way out is named', async () => {
    const { client, hint } = await tell(['wget', '-qO-', '{url}'], { patterns: ['untrusted-root'] }, { env: { PATH: process.env['PATH'], HOME: home } });
    expect([client.baseline, client.accepts]).toEqual([false, {}]);
    expect(hint).toBe('wget reads no variable: wget --ca-certificate={ca} {url}');
  });
  test('openssl s_client verifies nothing unless it is told to, and only its exit code says so', async () => {
    const s_client = (...more: readonly string[]): readonly string[] => ['openssl', 's_client', '-connect', '{host}:{port}', '-servername', '{host}', ...more];
    const choice = { patterns: ['untrusted-root', 'wrong-name'] };
    expect((await tell(s_client(), choice)).client.accepts).toMatchObject({ untrustedRoot: true, wrongName: true });
    expect((await tell(s_client('-verify_return_error', '-verify_hostname', '{host}'), choice)).client.accepts).toMatchObject({
      untrustedRoot: false,
      wrongName: false,
    });
  });
  test('weak keys and wrong usage: GnuTLS takes what OpenSSL does not', async () => {
    const choice = { patterns: ['weak-key', 'wrong-usage', 'leaf-as-ca', 'same-name-root', 'not-yet-valid'] };
    const none = { leafAsCa: false, sameNameRoot: false, notYetValid: false };
    expect((await tell(['curl', '-s', '{url}'], choice)).client.accepts).toMatchObject({ ...none, weakKey: false, wrongUsage: false });
    expect((await tell(['wget', '--ca-certificate={ca}', '-qO-', '{url}'], choice)).client.accepts).toMatchObject({ ...none, weakKey: true, wrongUsage: true });
  });
});
test('the programs are there', () => {
  for (const program of ['curl', 'wget', 'git', '/usr/bin/python3', 'java', 'openssl']) expect(spawnSync(program, ['--version']).error).toBeUndefined();
});
