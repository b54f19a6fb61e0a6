import type { Seen, ServerDialogue } from '../../wire/server-dialogue.ts';
import type { Channel, Connection } from './conversation.ts';

/** Whether a request shows by itself that the client is content, or only together with what comes after it. */
export type Ripe = (seen: Seen, inside: boolean) => boolean;

/** Holds a dialogue over a connection, goes into TLS where the dialogue goes there, and tells of the requests that came. */
export async function converse(connection: Connection, dialogue: ServerDialogue, ripe: Ripe = () => true): Promise<void> {
  let inside: Channel | undefined;
  let [held, requested]: [readonly Seen[], boolean] = [[], false];
  const tell = ({ name, secret }: Seen): void => {
    if (!requested) connection.request(name); // the first one is the cause of all others
    if (secret) connection.secret('password');
    requested = true;
  };
  for (let turn = dialogue.start(); ; ) {
    for (const seen of turn.saw) {
      if (seen.is === 'asks-tls') connection.asksTls();
      if (seen.is !== 'request') continue;
      held = [...held, seen];
      if (!ripe(seen, inside !== undefined)) continue;
      for (const one of held) tell(one);
      held = [];
    }
    if (turn.send.length > 0) (inside ?? connection.plain).write(turn.send);
    if (turn.next === 'close') return;
    if (turn.next === 'tls') {
      inside = await connection.secure();
      if (!inside) return;
    }
    const bytes = inside ? await inside.some() : await connection.plain.peek(1);
    if (!bytes) return;
    turn = dialogue.push(bytes);
    // In clear byte by byte, and the first one of a handshake stays where it is
    if (!inside && turn.next !== 'tls') await connection.plain.take(1);
  }
}
