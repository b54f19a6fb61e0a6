import { more, say, unclear, wholeLines, type LoginDialogue, type LoginOutcome, type LoginStep } from './dialogue.ts';
import { bytesOf } from './text.ts';

const quit = bytesOf('QUIT\r\n');
const end = (outcome: LoginOutcome): LoginStep => ({ is: 'end', bye: quit, outcome });

/**
 * RFC 2449, RFC 5034, RFC 1939: CAPA; AUTH PLAIN where it is listed, called off when the server asks for the answer; else USER, to which no
 * password follows. A server that takes neither, and lists neither them nor APOP, takes no login.
 */
export function pop3Login(user: string): LoginDialogue {
  let stage: 'greeting' | 'capa' | 'auth' | 'cancel' | 'user' = 'greeting';
  let listed: readonly string[] | undefined;
  let apop = false;
  const mechanisms = (): readonly string[] => [...(listed ?? []), ...(apop ? ['APOP'] : [])];
  const next = (lines: readonly string[]): LoginStep => {
    const [status = ''] = lines;
    if (stage === 'auth' && /^\+( |$)/.test(status)) {
      stage = 'cancel';
      return say('*');
    }
    if (!/^(\+OK|-ERR)( |$)/i.test(status)) return end(unclear('not an answer of POP3'));
    const ok = status.startsWith('+');
    switch (stage) {
      case 'greeting':
        if (!ok) return end(unclear('greets with -ERR', /^-ERR \[(?:IN-USE|LOGIN-DELAY|SYS\/TEMP)\]/i.test(status)));
        apop = /<[^<>\s]+@[^<>\s]+>/.test(status);
        stage = 'capa';
        return say('CAPA');
      case 'capa':
        if (ok && lines.at(-1) !== '.') return more;
        listed = ok ? capabilitiesOf(lines.slice(1, -1)) : undefined;
        stage = listed?.includes('PLAIN') ? 'auth' : 'user';
        return say(stage === 'auth' ? 'AUTH PLAIN' : `USER ${user}`);
      case 'cancel':
        return end({ is: 'accepted', mechanisms: mechanisms() });
      case 'auth':
        stage = 'user';
        return say(`USER ${user}`);
      default:
        return end(ofUser(ok));
    }
  };
  const ofUser = (ok: boolean): LoginOutcome => {
    if (ok) return { is: 'accepted', mechanisms: [...new Set(['USER', ...mechanisms()])] };
    const others = mechanisms().filter((name) => name !== 'USER' && name !== 'PLAIN');
    if (others.length > 0) return { is: 'accepted', mechanisms: others };
    if (listed === undefined) return unclear('refuses USER, and names no capabilities');
    return listed.length > 0 ? unclear('lists a login, and refuses it') : { is: 'refused' };
  };
  return {
    first: new Uint8Array(),
    heard: (bytes) => {
      const lines = wholeLines(bytes);
      return lines ? next(lines) : more;
    },
  };
}
/** USER, and the mechanisms behind SASL. */
const capabilitiesOf = (lines: readonly string[]): readonly string[] => [
  ...new Set(
    lines.flatMap((line) => {
      const [name = '', ...rest] = line.trim().toUpperCase().split(/ +/);
      return name === 'USER' ? ['USER'] : name === 'SASL' ? rest.filter((one) => /^[A-Z0-9_-]{1,20}$/.test(one)) : [];
    }),
  ),
];
