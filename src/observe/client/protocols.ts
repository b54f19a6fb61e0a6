import type { ClientProtocol } from '../../facts/client.ts';
import type { Conversation } from './conversation.ts';
import { https } from './https.ts';
import { mysql } from './mysql.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';

/** The protocols that are spoken: one line each. */
export const protocols: ReadonlyMap<ClientProtocol, Conversation> = new Map([https, postgres, mysql, redis].map((spoken) => [spoken.protocol, spoken]));
