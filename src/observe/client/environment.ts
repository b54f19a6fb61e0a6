import { byCodeUnit } from '../../util/text.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * What a command does not get unless it is named: credentials of clouds, of CI and of whatever else looks like one. It can then not leak what it does not need;
 * one that fetches secrets first fails, and the report names what was taken away.
 */
const withheld: readonly RegExp[] = [
  /^AWS_/,
  /^GOOGLE_/,
  /^AZURE_/,
  /^GITHUB_TOKEN$/,
  /^ACTIONS_/,
  /^CI_JOB_TOKEN$/,
  /_TOKEN$/,
  /_SECRET/,
  /PASSWORD/,
  /_KEY$/,
  /^KUBECONFIG$/,
  /^SSH_AUTH_SOCK$/,
];
/** Says whom to trust, and is no secret. */
const harmless: ReadonlySet<string> = new Set(['AWS_CA_BUNDLE']);
export const isSecretName = (name: string): boolean => !harmless.has(name.toUpperCase()) && withheld.some((pattern) => pattern.test(name.toUpperCase()));

/** Variables by which clients are told whom to trust (clients.md §3.4, measured); each replaces the store but NODE_EXTRA_CA_CERTS, which adds. */
const pemVariables = ['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO', 'AWS_CA_BUNDLE'] as const;
const java = 'JAVA_TOOL_OPTIONS';
export const trustVariables: readonly string[] = [...pemVariables, java];

/** Without these a proxy would meet the command, and not our servers. */
const direct = 'localhost,127.0.0.1,::1';
/** Variables that change how a client verifies, or whom it talks to: named in the evidence, never with their values where those are not paths. */
const telling =
  /^(SSL_|SSLKEYLOGFILE|CURL_|REQUESTS_|NODE_|GIT_SSL|GIT_CONFIG|AWS_CA_BUNDLE|JAVA_TOOL_OPTIONS|PG|MYSQL|PYTHONHTTPSVERIFY|OPENSSL_|(HTTPS?|ALL|NO)_PROXY$)/i;

export interface Files {
  readonly ca: string;
  readonly truststore: string;
}
export interface Made {
  readonly env: Readonly<Record<string, string>>;
  /** Names that the command does not get. */
  readonly removed: readonly string[];
  /** Names that bear on verification and that the user set. */
  readonly telling: readonly string[];
}
/**
 * The environment of one run. `trusted`: with the root of the lab in every variable that is known to give trust; `bare`: the user's own, and nothing of it is
 * changed. In both, secrets are taken out, proxies are kept off loopback, and `more` (ENCAUDIT_URL and the like) is added.
 */
export function environmentOf(
  user: Env,
  {
    trust,
    files,
    passOn,
    more,
  }: { readonly trust: readonly string[]; readonly files: Files; readonly passOn: readonly string[]; readonly more: Readonly<Record<string, string>> },
): Made {
  const named = new Set(passOn);
  const set = Object.entries(user).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const kept = set.filter(([name]) => named.has(name) || !isSecretName(name));
  const own = Object.fromEntries(kept);
  const given: Record<string, string> = {};
  for (const name of trust) given[name] = name === java ? [own[java], javaTrust(files)].filter((part) => part).join(' ') : files.ca;
  return {
    env: { ...own, ...given, ...proxies(own), ...more },
    removed: set
      .filter(([name]) => !named.has(name) && isSecretName(name))
      .map(([name]) => name)
      .sort(byCodeUnit),
    telling: kept
      .filter(([name]) => telling.test(name))
      .map(([name]) => name)
      .sort(byCodeUnit),
  };
}
const javaTrust = ({ truststore }: Files): string => `-Djavax.net.ssl.trustStore=${truststore} -Djavax.net.ssl.trustStoreType=PKCS12`;
function proxies(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const before = env['NO_PROXY'] ?? env['no_proxy'];
  const value = before ? `${before},${direct}` : direct;
  return { NO_PROXY: value, no_proxy: value };
}
