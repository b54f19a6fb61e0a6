import { readPostgres, sslRequest } from '../login/postgres.ts';
import { more, nothing, oneAnswer, type Dialogue, type Refusal, type Step } from './dialogue.ts';

/** SSLRequest and its one byte: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL. Nothing can be said after N but a login, or nothing. */
export const postgres = (): Dialogue => oneAnswer(sslRequest, read);

function read(bytes: Uint8Array): Step {
  switch (bytes[0]) {
    case undefined:
      return more;
    case 0x53: // S
      return { is: 'tls', behind: bytes.slice(1) };
    case 0x4e: // N
      return { is: 'not-offered', why: 'answers SSLRequest with N', bye: nothing };
    case 0x45: // E
      return errorOf(bytes);
    default:
      return refused('malformed', 'neither S nor N');
  }
}
/** An error in clear may be anybody's (CVE-2024-10977), and says at most why there is no answer. Before 7.4 it has no length and no code. */
function errorOf(bytes: Uint8Array): Step {
  const reply = readPostgres(bytes);
  if (reply.is === 'incomplete') return more;
  if (reply.is !== 'error') return refused('unavailable', 'answers SSLRequest with an error');
  const refusal = reply.code.startsWith('53') ? 'busy' : reply.code.startsWith('28') ? 'denied' : 'unavailable';
  return refused(refusal, `answers SSLRequest with error ${reply.code}`);
}
const refused = (refusal: Refusal, why: string): Step => ({ is: 'refused', refusal, why, bye: nothing });
