import { more, say, unclear, wholeLines, type LoginDialogue, type LoginOutcome, type LoginStep } from './dialogue.ts';
import { bytesOf } from './text.ts';

const logout = bytesOf('z LOGOUT\r\n');
const end = (outcome: LoginOutcome): LoginStep => ({ is: 'end', bye: logout, outcome });

/**
 * RFC 9051 6.2: CAPABILITY; then AUTHENTICATE PLAIN, called off when the server asks for the answer. A server that has LOGIN alone gets one of a
 * user that does not exist. `LOGIN-COMMAND` among the mechanisms is LOGIN itself. LOGINDISABLED (6.2.3) and PRIVACYREQUIRED (RFC 5530) say that TLS comes first.
 */
export function imapLogin(user: string): LoginDialogue {
  let stage: 'greeting' | 'a' | 'b' | 'cancel' | 'login' = 'greeting';
  let offered: readonly string[] = [];
  const decide = (capabilities: readonly string[]): LoginStep => {
    const sasl = capabilities.flatMap((one) => /^AUTH=([A-Z0-9_-]{1,20})$/.exec(one)?.[1] ?? []);
    offered = [...(capabilities.includes('LOGINDISABLED') ? [] : ['LOGIN-COMMAND']), ...new Set(sasl)];
    if (sasl.includes('PLAIN')) {
      stage = 'b';
      return say('b AUTHENTICATE PLAIN');
    }
    if (sasl.length > 0 || capabilities.includes('LOGINDISABLED')) return end(sasl.length > 0 ? { is: 'accepted', mechanisms: offered } : { is: 'refused' });
    stage = 'login';
    return say(`b LOGIN ${user} ${user}`);
  };
  const next = (lines: readonly string[]): LoginStep => {
    const last = lines.at(-1) ?? '';
    const bye = lines.find((line) => /^\* BYE\b/i.test(line));
    if (bye !== undefined) return end(unclear('says BYE', /\[(?:UNAVAILABLE|INUSE|LIMIT)\]/i.test(bye)));
    if (stage === 'greeting') {
      if (/^\* PREAUTH\b/i.test(last)) return end({ is: 'accepted', mechanisms: ['PREAUTH'] });
      if (!/^\* OK\b/i.test(last)) return end(unclear('not a greeting of IMAP'));
      stage = 'a';
      return say('a CAPABILITY');
    }
    if (stage === 'b' && last.startsWith('+')) {
      stage = 'cancel';
      return say('*');
    }
    if (last.startsWith('* ')) return more;
    const [, tag = '', status = '', text = ''] = /^(\S+) ([A-Za-z]+)(?: (.*))?$/s.exec(last) ?? [];
    if (tag !== (stage === 'a' ? 'a' : 'b')) return end(unclear('not an answer of IMAP'));
    if (stage === 'cancel') return end({ is: 'accepted', mechanisms: offered });
    const word = status.toUpperCase();
    if (stage === 'a') {
      const capabilities = lines.flatMap((line) => /^\* CAPABILITY (.*)$/i.exec(line)?.[1]?.toUpperCase().split(/ +/) ?? []);
      return word === 'OK' && capabilities.length > 0 ? decide(capabilities) : end(unclear('names no capabilities'));
    }
    if (/^\[PRIVACYREQUIRED\]/i.test(text)) return end({ is: 'refused' });
    if (stage === 'login' && (word === 'OK' || /^\[AUTHENTICATIONFAILED\]/i.test(text))) return end({ is: 'accepted', mechanisms: offered });
    return end(
      unclear(`answers ${stage === 'login' ? 'LOGIN' : 'AUTHENTICATE'} with ${['OK', 'NO', 'BAD'].includes(word) ? word : 'something else'}, without a reason`),
    );
  };
  return {
    first: new Uint8Array(),
    heard: (bytes) => {
      const lines = wholeLines(bytes);
      return lines ? next(lines) : more;
    },
  };
}
