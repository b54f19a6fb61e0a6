import { expect, test } from 'vitest';
import { cases, chooseCases } from '../../../src/observe/client/case.ts';
import { nameOf } from '../../../src/observe/client/client.ts';
import { environmentOf, trustVariables } from '../../../src/observe/client/environment.ts';
import { maskArgv, maskFor } from '../../../src/observe/client/mask.ts';
import { asVariables, fill, namesPlace } from '../../../src/observe/client/template.ts';

const files = { ca: '/lab/ca.pem', truststore: '/lab/truststore.p12' };
const user = {
  PATH: '/bin',
  HOME: '/home/me',
  PGSSLMODE: 'require',
  PGPASSWORD: 'p',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_AUTH_TOKEN: 't',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_CA_BUNDLE: '/own.pem',
  GITHUB_TOKEN: 'g',
  MY_SECRET_THING: 's',
  npm_config_key: 'k',
  https_proxy: 'http://proxy',
  no_proxy: 'internal',
  JAVA_TOOL_OPTIONS: '-Xmx1g',
};
test('secrets stay here, what decides about verification goes along untouched, and proxies are kept off loopback', () => {
  const bare = environmentOf(user, { trust: [], files, passOn: ['GITHUB_TOKEN'], more: { ENCAUDIT_PORT: '1' } });
  expect(bare.env).toEqual({
    PATH: '/bin',
    HOME: '/home/me',
    PGSSLMODE: 'require',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    AWS_CA_BUNDLE: '/own.pem',
    GITHUB_TOKEN: 'g',
    https_proxy: 'http://proxy',
    no_proxy: 'internal,localhost,127.0.0.1,::1',
    NO_PROXY: 'internal,localhost,127.0.0.1,::1',
    JAVA_TOOL_OPTIONS: '-Xmx1g',
    ENCAUDIT_PORT: '1',
  });
  expect(bare.removed).toEqual(['AWS_ACCESS_KEY_ID', 'MY_SECRET_THING', 'NODE_AUTH_TOKEN', 'PGPASSWORD', 'npm_config_key']);
  expect(bare.telling).toEqual(['AWS_CA_BUNDLE', 'JAVA_TOOL_OPTIONS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'PGSSLMODE', 'https_proxy', 'no_proxy']);
});
test('trust goes into every variable that is known to give it, and never into PGSSLROOTCERT, which changes what a mode means', () => {
  const { env } = environmentOf(user, { trust: trustVariables, files, passOn: [], more: {} });
  for (const name of trustVariables.filter((one) => one !== 'JAVA_TOOL_OPTIONS')) expect(env[name]).toBe(files.ca);
  expect(env['JAVA_TOOL_OPTIONS']).toBe('-Xmx1g -Djavax.net.ssl.trustStore=/lab/truststore.p12 -Djavax.net.ssl.trustStoreType=PKCS12');
  expect(env).not.toHaveProperty('PGSSLROOTCERT');
});

const mask = maskFor({ DB_PASSWORD: 'opensesame', USER: 'somebody' });
test.each([
  [
    ['curl', '-u', 'me:secret', '{url}'],
    ['curl', '-u', '***', '{url}'],
  ],
  [
    ['curl', '-H', 'Authorization: Bearer abc', '{url}'],
    ['curl', '-H', 'Authorization: Bearer ***', '{url}'],
  ],
  [
    ['curl', 'https://me:secret@{host}:{port}/?token=abc&a=b'],
    ['curl', 'https://***@{host}:{port}/?token=***&a=b'],
  ],
  [
    ['tool', '--password', 'secret', '--url={url}'],
    ['tool', '--password', '***', '--url={url}'],
  ],
  [
    ['tool', '--api-key=abc', '{url}'],
    ['tool', '--api-key=***', '{url}'],
  ],
  [
    ['sh', '-c', 'curl -u me:secret --data "password=abc" {url}'],
    ['sh', '-c', 'curl -u *** --data "password=***" {url}'],
  ],
  [
    ['tool', 'opensesame', '{url}'],
    ['tool', '***', '{url}'],
  ],
  [
    ['tool', 'AbCd1234EfGh5678IjKl9', '{url}'],
    ['tool', '***', '{url}'],
  ],
  [
    ['mysql', '-psecret', '-h', '{host}', '-P', '{port}'],
    ['mysql', '-p***', '-h', '{host}', '-P', '{port}'],
  ],
  [
    ['redis-cli', '-a', 'secret', '-u', '{dsn}'],
    ['redis-cli', '-a', '***', '-u', '{dsn}'],
  ],
  [
    ['wget', '--ca-certificate={ca}', '-qO-', '{url}'],
    ['wget', '--ca-certificate={ca}', '-qO-', '{url}'],
  ],
  [
    ['node', 'scripts/check-the-health-of-it-v2.js', '{url}'],
    ['node', 'scripts/check-the-health-of-it-v2.js', '{url}'],
  ],
  [
    ['curl', '--cert', '{cert}', '--key', '{key}', '{url}'],
    ['curl', '--cert', '{cert}', '--key', '{key}', '{url}'],
  ],
])('%j is shown as %j', (argv, shown) => {
  expect(maskArgv(argv, mask)).toEqual(shown);
});
test('a subject is called by its name, or by its program and its words without their secrets', () => {
  const of = (argv: readonly string[], name?: string): string => nameOf({ argv, env: {}, protocol: 'https', ...(name !== undefined && { name }) }).subject;
  expect(of(['/usr/bin/curl', '-k', '{url}'])).toMatch(/^client:\/\/curl-[0-9a-f]{8}$/);
  expect(of(['curl', '--password=a', '{url}'])).toBe(of(['curl', '--password=b', '{url}']));
  expect(of(['curl', '{url}'])).not.toBe(of(['curl', '-k', '{url}']));
  expect(of(['curl', '{url}'], 'health check')).toBe('client://health check');
});
test('placeholders', () => {
  expect(fill(['{url}x{ca}', '{other}', '{}'], { url: 'U', ca: 'C' })).toEqual(['UxC', '{other}', '{}']);
  expect([namesPlace(['curl', '{url}']), namesPlace(['a', '{host}']), namesPlace(['a', '--at={host}:{port}'])]).toEqual([true, false, true]);
  expect(asVariables({ url: 'U' })).toEqual({ ENCAUDIT_URL: 'U' });
});

const choice = { protocol: 'https' as const, deep: false, pinned: false, clientCertificate: false, trustEnv: true, patterns: [] as readonly string[] };
test('what is due and what is run', () => {
  const usual = ['good', 'untrusted-root', 'self-signed', 'wrong-name', 'expired', 'tls10', 'redirect-to-http', 'bare', 'good-again'];
  expect(chooseCases(choice)).toEqual({ due: usual, run: usual });
  expect(chooseCases({ ...choice, patterns: ['untrusted-root'] })).toEqual({ due: usual, run: ['good', 'untrusted-root', 'bare', 'good-again'] });
  expect(chooseCases({ ...choice, trustEnv: false }).run).not.toContain('bare');
  expect(chooseCases({ ...choice, patterns: ['w*'] }).run).toEqual(['good', 'wrong-name', 'wrong-usage', 'weak-key', 'good-again']);
  expect(chooseCases({ ...choice, pinned: true }).run).toContain('other-key');
  expect(chooseCases({ ...choice, patterns: ['*'] }).run).not.toContain('other-key'); // a client without a pin would fail it
  expect(chooseCases({ ...choice, patterns: ['nothing'] }).unknown).toBe('nothing');
  expect(cases.at(0)?.name).toBe('good');
  expect(cases.at(-1)?.name).toBe('good-again');
});
