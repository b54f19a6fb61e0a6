import { randomBytes } from 'node:crypto';
import type { ClientCase } from '../../facts/client.ts';
import { mysqlServer, type MysqlServerOptions } from '../../wire/mysql-server.ts';
import type { Conversation } from './conversation.ts';
import { converse } from './converse.ts';
import { dsnOf } from './dsn.ts';

const broken: Partial<Record<ClientCase, MysqlServerOptions['tls']>> = { 'no-tls': 'refused', 'tls-broken': 'closed' };

/**
 * A request in clear is a HandshakeResponse. Inside TLS it is the command after it: MariaDB's clients since 11.4 log in to a server whose chain
 * they cannot verify, and go without a command if its OK does not prove that it knows their password (mariadb-connector-c, plugins/auth/my_auth.c,
 * run_plugin_auth).
 */
export const mysql: Conversation = {
  protocol: 'mysql',
  dsn: dsnOf('mysql', 'encaudit'),
  serve: (connection) => {
    const challenge = randomBytes(20).map((byte) => (byte % 0x7f) + 1); // NUL would end it
    const server = mysqlServer({ tls: broken[connection.case.name] ?? 'offered', challenge });
    return converse(connection, server, ({ name }, inside) => !(inside && name === 'HandshakeResponse'));
  },
};
