import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoginDialogue, LoginOutcome } from '../../../src/wire/login/dialogue.ts';
import { imapLogin } from '../../../src/wire/login/imap.ts';
import { pop3Login } from '../../../src/wire/login/pop3.ts';
import { readReply, smtpLogin } from '../../../src/wire/login/smtp.ts';

/** Plays a server against it: each text is what comes after its last word. */
function play({ heard }: LoginDialogue, answers: readonly string[]): { readonly said: string; readonly outcome: LoginOutcome | undefined } {
  let said = '';
  for (const answer of answers) {
    const step = heard(Buffer.from(answer, 'latin1'));
    if (step.is === 'say') said += Buffer.from(step.bytes).toString('latin1').replace('\r\n', '|');
    if (step.is === 'end') return { said: `${said}${Buffer.from(step.bye).toString('latin1').trim()}`, outcome: step.outcome };
  }
  return { said, outcome: undefined };
}
const refused = { is: 'refused' };
const accepted = (...mechanisms: readonly string[]): LoginOutcome => ({ is: 'accepted', mechanisms });
const unclear = { is: 'unclear' };

const ehlo = (...keywords: readonly string[]): string =>
  ['mail.example', ...keywords].map((line, at) => `250${at === keywords.length ? ' ' : '-'}${line}\r\n`).join('');
test.each<[string, readonly string[], string, unknown]>([
  [
    'AUTH is listed and taken up',
    ['220 x\r\n', ehlo('STARTTLS', 'AUTH PLAIN LOGIN'), '334 \r\n', '501 x\r\n'],
    'AUTH PLAIN|*|QUIT',
    accepted('PLAIN', 'LOGIN'),
  ],
  ['AUTH in its old form', ['220 x\r\n', ehlo('AUTH=LOGIN'), '334 VXNlcm5hbWU6\r\n', '535 x\r\n'], 'AUTH LOGIN|*|QUIT', accepted('LOGIN')],
  [
    'challenges only',
    ['220 x\r\n', ehlo('AUTH CRAM-MD5 SCRAM-SHA-256'), '334 PDE+\r\n', '501 x\r\n'],
    'AUTH CRAM-MD5|*|QUIT',
    accepted('CRAM-MD5', 'SCRAM-SHA-256'),
  ],
  ['not listed and taken up', ['220 x\r\n', ehlo('STARTTLS'), '334 \r\n', '501 x\r\n'], 'AUTH PLAIN|*|QUIT', accepted('PLAIN')],
  ['not listed, not there', ['220 x\r\n', ehlo('STARTTLS'), '503 5.5.1 x\r\n'], 'AUTH PLAIN|QUIT', refused],
  ['listed, but only with TLS', ['220 x\r\n', ehlo('AUTH PLAIN'), '538 5.7.11 x\r\n'], 'AUTH PLAIN|QUIT', refused],
  ['Must issue STARTTLS first', ['220 x\r\n', ehlo('STARTTLS'), '530 5.7.0 x\r\n'], 'AUTH PLAIN|QUIT', refused],
  ['listed, and not known', ['220 x\r\n', ehlo('AUTH PLAIN'), '504 x\r\n'], 'AUTH PLAIN|QUIT', unclear],
  ['for the moment not', ['220 x\r\n', ehlo('AUTH PLAIN'), '454 4.7.0 x\r\n'], 'AUTH PLAIN|QUIT', { ...unclear, busy: true }],
  ['no EHLO', ['220 x\r\n', '502 x\r\n'], 'QUIT', refused],
  ['EHLO is not let through', ['220 x\r\n', '550 x\r\n'], 'QUIT', unclear],
])('SMTP: %s', (_name, answers, said, outcome) => {
  const seen = play(smtpLogin(), answers);
  expect(seen).toMatchObject({ said: `EHLO encaudit.invalid|${said}`, outcome });
});
test.each([
  ['421 too many\r\n', { ...unclear, busy: true }],
  ['554 no\r\n', unclear],
  ['220 x\r\n220 y\r\n', unclear],
  ['+OK POP3\r\n', unclear],
  ['SSH-2.0-OpenSSH\r\n', unclear],
])('SMTP greets with %j', (greeting, outcome) => {
  expect(play(smtpLogin(), [greeting])).toMatchObject({ said: 'QUIT', outcome });
});
test('an answer of SMTP is whole once its last line is', () => {
  const read = (text: string): unknown => readReply(Buffer.from(text));
  expect(['', '2', '220 mail', '220-a\r\n', '220-a\r\n220-b\r\n220'].map(read)).toEqual(Array.from({ length: 5 }, () => 'incomplete'));
  expect(read('220-a\r\n220 b\r\n')).toEqual({ code: '220', lines: ['a', 'b'] });
  expect(read('354\r\n')).toEqual({ code: '354', lines: [''] });
  expect(['220-a\r\n250 b\r\n', '99 x\r\n', 'HTTP/1.1', '220 a\r\n220 b\r\n'].map(read)).toEqual(Array.from({ length: 4 }, () => 'malformed'));
});

const capability = (...names: readonly string[]): string => `* CAPABILITY IMAP4rev1 ${names.join(' ')}\r\na OK done\r\n`;
const imapOk = '* OK ready\r\n';
test.each<[string, readonly string[], string, unknown]>([
  ['LOGINDISABLED', [imapOk, capability('STARTTLS', 'LOGINDISABLED')], '', refused],
  ['PLAIN taken up', [imapOk, capability('AUTH=PLAIN'), '+ \r\n', 'b BAD called off\r\n'], 'b AUTHENTICATE PLAIN|*|', accepted('LOGIN-COMMAND', 'PLAIN')],
  ['PLAIN, LOGIN disabled', [imapOk, capability('LOGINDISABLED', 'AUTH=PLAIN'), '+\r\n', 'b NO x\r\n'], 'b AUTHENTICATE PLAIN|*|', accepted('PLAIN')],
  ['PLAIN wants privacy', [imapOk, capability('AUTH=PLAIN'), 'b NO [PRIVACYREQUIRED] x\r\n'], 'b AUTHENTICATE PLAIN|', refused],
  ['PLAIN refused without a reason', [imapOk, capability('AUTH=PLAIN'), 'b NO x\r\n'], 'b AUTHENTICATE PLAIN|', unclear],
  ['challenges only', [imapOk, capability('LOGINDISABLED', 'AUTH=CRAM-MD5')], '', accepted('CRAM-MD5')],
  ['LOGIN alone', [imapOk, capability(), 'b NO [AUTHENTICATIONFAILED] x\r\n'], 'b LOGIN nobody nobody|', accepted('LOGIN-COMMAND')],
  ['LOGIN alone wants privacy', [imapOk, capability(), 'b NO [PRIVACYREQUIRED] x\r\n'], 'b LOGIN nobody nobody|', refused],
  ['LOGIN alone, refused without a reason', [imapOk, capability(), 'b NO x\r\n'], 'b LOGIN nobody nobody|', unclear],
  ['no capabilities', [imapOk, 'a BAD x\r\n'], '', unclear],
  ['BYE', [imapOk, '* BYE [UNAVAILABLE] x\r\n'], '', { ...unclear, busy: true }],
])('IMAP: %s', (_name, answers, said, outcome) => {
  expect(play(imapLogin('nobody'), answers)).toMatchObject({ said: `a CAPABILITY|${said}z LOGOUT`, outcome });
});
test('IMAP: PREAUTH lets us in, garbage does not', () => {
  expect(play(imapLogin('nobody'), ['* PREAUTH x\r\n']).outcome).toEqual(accepted('PREAUTH'));
  expect(play(imapLogin('nobody'), ['220 x\r\n']).outcome).toMatchObject(unclear);
});

const capa = (...names: readonly string[]): string => ['+OK', ...names, '.', ''].join('\r\n');
test.each<[string, readonly string[], string, unknown]>([
  ['PLAIN taken up', ['+OK\r\n', capa('USER', 'SASL PLAIN LOGIN'), '+ \r\n', '-ERR x\r\n'], 'AUTH PLAIN|*|', accepted('USER', 'PLAIN', 'LOGIN')],
  ['USER taken up', ['+OK\r\n', capa('USER', 'STLS'), '+OK\r\n'], 'USER nobody|', accepted('USER')],
  ['USER taken up by a server without CAPA', ['+OK <1.2@x>\r\n', '-ERR\r\n', '+OK\r\n'], 'USER nobody|', accepted('USER', 'APOP')],
  ['nothing listed, nothing taken', ['+OK\r\n', capa('STLS', 'SASL'), '-ERR x\r\n'], 'USER nobody|', refused],
  ['PLAIN listed, nothing taken', ['+OK\r\n', capa('SASL PLAIN'), '-ERR x\r\n', '-ERR x\r\n'], 'AUTH PLAIN|USER nobody|', unclear],
  ['USER listed, and refused', ['+OK\r\n', capa('USER'), '-ERR x\r\n'], 'USER nobody|', unclear],
  ['APOP left', ['+OK <1.2@x>\r\n', capa('STLS'), '-ERR x\r\n'], 'USER nobody|', accepted('APOP')],
  ['no CAPA, and no USER', ['+OK\r\n', '-ERR\r\n', '-ERR\r\n'], 'USER nobody|', unclear],
])('POP3: %s', (_name, answers, said, outcome) => {
  expect(play(pop3Login('nobody'), answers)).toMatchObject({ said: `CAPA|${said}QUIT`, outcome });
});
test('POP3: a server that is busy, and one that is none', () => {
  expect(play(pop3Login('nobody'), ['-ERR [SYS/TEMP] x\r\n']).outcome).toMatchObject({ ...unclear, busy: true });
  expect(play(pop3Login('nobody'), ['220 x\r\n']).outcome).toMatchObject(unclear);
  expect(play(pop3Login('nobody'), ['+OK\r\n', '+OK\r\nUSER\r\n']).outcome).toBeUndefined(); // the list has not ended
});

const pieces = fc.constantFrom(
  '220 x',
  '250-AUTH PLAIN',
  '250 x',
  '334 ',
  '* OK',
  '* CAPABILITY AUTH=PLAIN',
  'a OK',
  'b NO',
  '+OK',
  '-ERR',
  '+ ',
  '.',
  'USER',
  'SASL PLAIN',
);
test.each([
  ['SMTP', smtpLogin],
  ['IMAP', () => imapLogin('nobody')],
  ['POP3', () => pop3Login('nobody')],
] as const)('%s: whatever comes, in whatever pieces, nothing throws, and no more than five things are said', (_name, begin) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 30 })), { maxLength: 12 }), (answers) => {
      expect(
        play(
          begin(),
          answers.map((one) => `${one}\r\n`),
        ).said.split('|').length,
      ).toBeLessThanOrEqual(6);
    }),
  );
});
