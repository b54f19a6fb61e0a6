import type { ClientCase } from '../../facts/client.ts';
import { postgresServer, type PostgresTls } from '../../wire/postgres-server.ts';
import type { Conversation } from './conversation.ts';
import { converse } from './converse.ts';
import { dsnOf } from './dsn.ts';

const broken: Partial<Record<ClientCase, PostgresTls>> = { 'no-tls': 'refused', 'tls-broken': 'closed', 'tls-error': 'error' };

/** A request is a StartupMessage: libpq sends it when it is content with the certificate, or with none. */
export const postgres: Conversation = {
  protocol: 'postgres',
  alpn: 'postgresql',
  dsn: dsnOf('postgres', 'encaudit'),
  serve: (connection) => converse(connection, postgresServer(broken[connection.case.name] ?? 'offered')),
};
