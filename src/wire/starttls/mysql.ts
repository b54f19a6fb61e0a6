import { readGreeting, tlsRequest } from '../login/mysql.ts';
import { more, nothing, oneAnswer, type Dialogue, type Refusal, type Step } from './dialogue.ts';

/**
 * The server's greeting says whether it has TLS (CLIENT_SSL); SSLRequest begins it, and TLS follows without an answer:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html. There is no farewell before a login.
 */
export const mysql = (): Dialogue => oneAnswer(nothing, read);

function read(bytes: Uint8Array): Step {
  const end = 4 + ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16)); // of the first packet: what is behind it is not read
  const reply = readGreeting(bytes.subarray(0, end));
  switch (reply.is) {
    case 'incomplete':
      return more;
    case 'greeting':
      if (!reply.tls) return { is: 'not-offered', why: 'no CLIENT_SSL among the capabilities of its greeting', bye: nothing };
      return { is: 'tls', bytes: tlsRequest, behind: bytes.slice(end) };
    case 'error':
      return refused(refusals.get(reply.code) ?? 'unavailable', `greets with error ${reply.code}`);
    default:
      return refused('malformed', 'not a greeting of MySQL');
  }
}
/** Too many connections; a host that is blocked after too many errors, one that may not connect. */
const refusals: ReadonlyMap<number, Refusal> = new Map([
  [1040, 'busy'],
  [1129, 'denied'],
  [1130, 'denied'],
]);
const refused = (refusal: Refusal, why: string): Step => ({ is: 'refused', refusal, why, bye: nothing });
