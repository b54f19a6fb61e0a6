import type { ClientCase } from '../../facts/client.ts';
import { redisServer } from '../../wire/redis-server.ts';
import type { Conversation } from './conversation.ts';
import { converse } from './converse.ts';
import { dsnOf } from './dsn.ts';

const broken: Partial<Record<ClientCase, 'refused' | 'closed'>> = { 'no-tls': 'refused', 'tls-broken': 'closed' };

/** A request is any command. Redis has no way to ask for TLS: a client begins it, or it does not. */
export const redis: Conversation = {
  protocol: 'redis',
  dsn: dsnOf('rediss', '0'),
  serve: (connection) => converse(connection, redisServer(broken[connection.case.name] ?? 'offered')),
};
