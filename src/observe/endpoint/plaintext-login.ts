import { isIPv6 } from 'node:net';
import type { LoginMethod } from '../../facts/plaintext.ts';
import type { Endpoint } from '../../model/source.ts';
import type { LoginDialogue, LoginOutcome } from '../../wire/login/dialogue.ts';
import { imapLogin } from '../../wire/login/imap.ts';
import { ldapLogin } from '../../wire/login/ldap.ts';
import { pop3Login } from '../../wire/login/pop3.ts';
import { smtpLogin } from '../../wire/login/smtp.ts';
import type { Talk } from './converse.ts';
import { asking, hold, nobody, nothingAsked, outcome, recorded, whyNot, type Ask, type Held, type Recorded, type Why } from './plaintext-outcome.ts';

const all = ['login', 'methods', 'clearPassword'] as const;
interface Service {
  readonly begin: () => LoginDialogue;
  readonly as: 'bytes' | 'text';
  readonly reproduce: (place: string) => readonly string[];
}
const curl =
  (scheme: string) =>
  (place: string): readonly string[] => ['curl', '-sv', '--user', `${nobody}:${nobody}`, `${scheme}://${place}/`];

/** Is a login taken without TLS? Played as far as it goes without a secret: called off where it can be, else as a user that does not exist. */
const ask =
  ({ begin, as, reproduce }: Service): Ask =>
  async (target, context) => {
    let found: LoginOutcome | undefined;
    const talk = (): Talk => {
      const { first, heard } = begin();
      const next: Talk['next'] = (bytes) => {
        const step = heard(bytes);
        if (step.is === 'more') return { is: 'listen' };
        if (step.is === 'say') return step;
        found = step.outcome;
        return { is: 'leave', bytes: step.bye };
      };
      return { ...(first.length > 0 && { opening: first }), next };
    };
    const held = await hold(target, talk, context);
    return meaning(found, held, recorded(held, { as, reproduce: reproduce(placeOf(target)) }));
  };
export const askSmtp: Ask = ask({ begin: smtpLogin, as: 'text', reproduce: curl('smtp') });
export const askImap: Ask = ask({ begin: () => imapLogin(nobody), as: 'text', reproduce: curl('imap') });
export const askPop3: Ask = ask({ begin: () => pop3Login(nobody), as: 'text', reproduce: curl('pop3') });
export const askLdap: Ask = ask({
  begin: () => ldapLogin(nobody),
  as: 'bytes',
  reproduce: (place) => ['ldapwhoami', '-x', '-H', `ldap://${place}`, '-D', `cn=${nobody}`, '-w', nobody],
});
const placeOf = ({ address, port }: Endpoint): string => `${isIPv6(address) ? `[${address}]` : address}:${port}`;

function meaning(found: LoginOutcome | undefined, held: Held, record: Recorded): ReturnType<typeof outcome> {
  switch (found?.is) {
    case 'refused':
      return outcome({ login: 'refused', ...nothingAsked }, [record]);
    case 'accepted': {
      const methods = found.mechanisms.map(methodOf);
      const clear = methods.some((one) => readable.has(one)) || (methods.includes('other') ? undefined : false);
      const unsure: Why = { code: 'unsupported', detail: 'offers a mechanism that is not known here' };
      return outcome({ login: 'accepted', ...asking(methods, clear) }, [record], clear === undefined ? ['clearPassword'] : [], unsure);
    }
    case 'unclear':
      return outcome({}, [record], all, { code: found.busy ? 'throttled' : 'unexpected', detail: found.why });
    default:
      return outcome({}, [record], all, whyNot(held));
  }
}
/** IANA's SASL mechanisms, and the logins that the protocols had before. */
const methods: ReadonlyMap<string, LoginMethod> = new Map([
  ['PLAIN', 'sasl-plain'],
  ['LOGIN', 'sasl-login'],
  ['CRAM-MD5', 'sasl-cram-md5'],
  ['DIGEST-MD5', 'sasl-digest-md5'],
  ['NTLM', 'sasl-ntlm'],
  ['OAUTHBEARER', 'sasl-oauth'],
  ['XOAUTH2', 'sasl-oauth'],
  ['EXTERNAL', 'sasl-external'],
  ['GSSAPI', 'gssapi'],
  ['GSS-SPNEGO', 'gssapi'],
  ['LOGIN-COMMAND', 'imap-login'],
  ['PREAUTH', 'trust'],
  ['USER', 'pop3-user'],
  ['APOP', 'pop3-apop'],
  ['SIMPLE', 'ldap-simple'],
]);
const methodOf = (name: string): LoginMethod => methods.get(name) ?? (name.startsWith('SCRAM-SHA') ? 'sasl-scram' : 'other');
const readable: ReadonlySet<LoginMethod> = new Set(['sasl-plain', 'sasl-login', 'sasl-oauth', 'imap-login', 'pop3-user', 'ldap-simple']);
