import type { LoginMethod } from '../../facts/plaintext.ts';
import type { Endpoint } from '../../model/source.ts';
import {
  emptyPassword,
  handshakeResponse,
  quit,
  readAuth,
  readGreeting,
  refusesBeforeLogin,
  type MysqlGreeting,
  type MysqlReply,
} from '../../wire/login/mysql.ts';
import type { Move, Talk } from './converse.ts';
import {
  asking,
  hold,
  nobody,
  nothingAsked,
  outcome,
  recorded,
  whyNot,
  type Ask,
  type Held,
  type Outcome,
  type Recorded,
  type Why,
} from './plaintext-outcome.ts';

const all = ['sessions', 'methods', 'clearPassword'] as const;

/** What the dialogue brought: the greeting, the plugin that was last in use, and the last word. */
interface Heard {
  greeting?: MysqlGreeting;
  plugin: string;
  last: MysqlReply;
}
/** A login in clear by a user that does not exist, with an empty password. The dialogue is played to its end: a broken off one counts against max_connect_errors. */
export const askMysql: Ask = async (target, context) => {
  let heard: Heard = { plugin: '', last: { is: 'incomplete' } };
  const held = await hold(
    target,
    () => {
      heard = { plugin: '', last: { is: 'incomplete' } };
      return login(heard);
    },
    context,
  );
  return meaning(heard, held, recordOf(target, held, heard.greeting));
};
function login(heard: Heard): Talk {
  let switched = false;
  const next = (bytes: Buffer): Move => {
    const reply = heard.greeting ? readAuth(bytes) : readGreeting(bytes);
    heard.last = reply;
    switch (reply.is) {
      case 'incomplete':
        return { is: 'listen' };
      case 'greeting':
        heard.greeting = reply;
        heard.plugin = reply.plugin;
        return { is: 'say', bytes: handshakeResponse(nobody, reply.plugin) };
      case 'switch':
        heard.plugin = reply.plugin;
        if (switched) return { is: 'leave' };
        switched = true;
        return { is: 'say', bytes: emptyPassword(reply.plugin) };
      case 'ok':
        return { is: 'leave', bytes: quit };
      default:
        return { is: 'leave' };
    }
  };
  return { next };
}

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const secureTransportRequired = 3159;
const denied: ReadonlySet<number> = new Set([1045, 1698]); // access denied; the same without a password
const notLetNear: ReadonlyMap<number, Why> = new Map([
  [1040, { code: 'throttled', detail: 'too many connections (error 1040)' }],
  [1129, { code: 'access-denied', detail: 'this host is blocked after too many connection errors (error 1129)' }],
  [1130, { code: 'access-denied', detail: 'this host may not connect (error 1130)' }],
]);

function meaning({ greeting, plugin, last }: Heard, held: Held, record: Recorded): Outcome {
  const records = [record];
  if (greeting === undefined || last.is === 'greeting' || last.is === 'incomplete' || last.is === 'malformed')
    return outcome({}, records, all, why(last, held));
  if (last.is === 'error' && last.code === secureTransportRequired) return outcome({ sessions: 'refused', ...nothingAsked }, records);
  if (last.is === 'error' && !denied.has(last.code)) return outcome({}, records, all, why(last, held));
  const { method, clear } = plugins.get(plugin) ?? { method: 'other' };
  const facts = asking([method], clear);
  const unsure = clear === undefined ? (['clearPassword'] as const) : [];
  const unknownPlugin: Why = { code: 'unsupported', detail: 'asks for an authentication plugin that is not known here' };
  if (last.is === 'ok') return outcome({ sessions: 'accepted-anonymous', ...facts }, records, unsure, unknownPlugin);
  if (!greeting.tls || refusesBeforeLogin(greeting)) return outcome({ sessions: 'accepted-preauth', ...facts }, records, unsure, unknownPlugin);
  const told = outcome(facts, records, unsure, unknownPlugin);
  return { ...told, gaps: [...outcome({}, records, ['sessions'], afterPassword).gaps, ...told.gaps] };
}
/** Seen in the sources of MySQL 5.7 and 9 and MariaDB 10.5 to 10.11 (acl_authenticate), and on MariaDB 10.11: with the setting and without, error 1045. */
const afterPassword: Why = {
  code: 'unprovable',
  detail:
    'begins the login without TLS, but MySQL, and MariaDB before 11.2.2, look at require_secure_transport only after a right password: ask the server itself (SELECT @@require_secure_transport)',
};
function why(last: MysqlReply, held: Held): Why {
  if (last.is === 'error') return notLetNear.get(last.code) ?? { code: 'unexpected', detail: `error ${last.code}` };
  return last.is === 'malformed' ? { code: 'malformed', detail: 'not an answer of MySQL' } : whyNot(held);
}
/** Client-side plugins, and whether what they send can be read: `dialog` is PAM's, mysql_clear_password PAM's and LDAP's; caching_sha2 and sha256 encrypt with RSA where there is no TLS. */
const plugins: ReadonlyMap<string, { readonly method: LoginMethod; readonly clear?: boolean }> = new Map<
  string,
  { readonly method: LoginMethod; readonly clear?: boolean }
>([
  ['mysql_old_password', { method: 'mysql_old_password', clear: false }],
  ['mysql_native_password', { method: 'mysql_native_password', clear: false }],
  ['mysql_clear_password', { method: 'mysql_clear_password', clear: true }],
  ['caching_sha2_password', { method: 'caching_sha2_password', clear: false }],
  ['sha256_password', { method: 'sha256_password', clear: false }],
  ['client_ed25519', { method: 'client_ed25519', clear: false }],
  ['parsec', { method: 'parsec', clear: false }],
  ['dialog', { method: 'dialog', clear: true }],
  ['auth_gssapi_client', { method: 'gssapi', clear: false }],
]);

const recordOf = ({ address, port }: Endpoint, held: Held, greeting: MysqlGreeting | undefined): Recorded => {
  const client = greeting?.mariadb ? { name: 'mariadb', without: '--skip-ssl' } : { name: 'mysql', without: '--ssl-mode=DISABLED' };
  return recorded(held, {
    as: 'bytes',
    reproduce: [client.name, '--no-defaults', '--protocol=TCP', `--host=${address}`, `--port=${port}`, `--user=${nobody}`, client.without, '-e', 'quit'],
  });
};
