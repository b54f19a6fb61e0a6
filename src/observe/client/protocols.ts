import type { ClientProtocol } from '../../facts/client.ts';
import type { Conversation } from './conversation.ts';
import { https } from './https.ts';

/** The protocols that are spoken: one line each. */
export const protocols: ReadonlyMap<ClientProtocol, Conversation> = new Map([[https.protocol, https]]);
