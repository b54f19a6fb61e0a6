import { trustVariables } from './environment.ts';

/** How each program is told whom to trust, where a variable does not do it (clients.md §3.4). */
const ways: ReadonlyMap<string, string> = new Map([
  ['wget', 'wget reads no variable: wget --ca-certificate={ca} {url}'],
  ['php', 'PHP reads curl.cainfo: php -d curl.cainfo={ca} …'],
  ['mysql', 'mysql reads no variable: --ssl-ca={ca}'],
  ['mariadb', 'mariadb reads no variable: --ssl-ca={ca}'],
  ['psql', "psql reads no variable that we may set: '{dsn}?sslmode=verify-full&sslrootcert={ca}'"],
  ['redis-cli', 'redis-cli: --cacert {ca}'],
  ['node', 'Node reads NODE_EXTRA_CA_CERTS, but not where the code sets `ca`: let it read ENCAUDIT_CA'],
  ['java', 'Java reads the trust store of JAVA_TOOL_OPTIONS, but not where the code brings its own: {truststore} is a PKCS #12 file'],
  ['docker', 'a container gets no variable and sees no loopback by itself: --network host -e SSL_CERT_FILE={ca} -v {ca}:{ca}:ro'],
]);
/** What to try when the good server was not accepted. */
export function hintFor(argv: readonly string[], removed: readonly string[]): string {
  const program = argv[0]?.split('/').at(-1) ?? '';
  const way = ways.get(program) ?? `it may read none of ${trustVariables.join(', ')}: give it {ca}, a PEM file (in a wrapper, ENCAUDIT_CA)`;
  return `${way}${removed.length > 0 ? `; if it needs ${removed.slice(0, 5).join(', ')}${removed.length > 5 ? ' or others that were not passed on' : ''}, pass it on with --env NAME` : ''}`;
}
