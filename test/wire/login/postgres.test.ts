import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPostgres, sslRequest, startupMessage, terminate } from '../../../src/wire/login/postgres.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.from(`${type}....`);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const auth = (kind: number, rest = ''): Buffer => message('R', Buffer.concat([Buffer.from([0, 0, 0, kind]), Buffer.from(rest, 'latin1')]));
const error = (fields: Readonly<Record<string, string>>): Buffer =>
  message(
    'E',
    Buffer.from(
      `${Object.entries(fields)
        .map(([key, value]) => `${key}${value}\0`)
        .join('')}\0`,
      'latin1',
    ),
  );

test('says what the protocol has for it', () => {
  expect(hex(startupMessage('a', 'b'))).toBe(`0000001b00030000${Buffer.from('user\0a\0database\0b\0\0').toString('hex')}`);
  expect([hex(sslRequest), hex(terminate)]).toEqual(['0000000804d2162f', '5800000004']);
});
test.each([0, 3, 5, 7])('authentication request %i', (kind) => {
  expect(readPostgres(auth(kind, kind === 5 ? 'salt' : ''))).toEqual({ is: 'auth', kind, mechanisms: [] });
});
test('SASL mechanisms by name', () => {
  expect(readPostgres(auth(10, 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0'))).toEqual({
    is: 'auth',
    kind: 10,
    mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'],
  });
  expect(readPostgres(auth(10, '\0'))).toEqual({ is: 'malformed' });
  expect(readPostgres(auth(10, 'SCRAM'))).toEqual({ is: 'malformed' });
});
test('code, message and routine of an error; a notice before it is passed over', () => {
  const refusal = { S: 'FATAL', C: '28000', M: 'no pg_hba.conf entry', R: 'ClientAuthentication' };
  const read = { is: 'error', code: '28000', message: 'no pg_hba.conf entry', routine: 'ClientAuthentication' };
  expect(readPostgres(error(refusal))).toEqual(read);
  expect(readPostgres(Buffer.concat([message('N', Buffer.from('MWait\0\0')), error(refusal)]))).toEqual(read);
  expect(readPostgres(error({ C: '2800', M: 'x' }))).toEqual({ is: 'malformed' });
});
test.each(['150303000202', '485454502f312e31', '5200000003', '5200ffffff00', '534d4220'])('%s is nothing of PostgreSQL', (bytes) => {
  expect(readPostgres(Buffer.from(bytes, 'hex'))).toEqual({ is: 'malformed' });
});
test('endless notices are not read for ever', () => {
  expect(readPostgres(Buffer.concat(Array.from({ length: 16 }, () => message('N', Buffer.alloc(1)))))).toEqual({ is: 'malformed' });
});
test('a truncated message waits for more; whatever comes, reading ends and never throws', () => {
  const whole = auth(10, 'SCRAM-SHA-256\0\0');
  for (let end = 0; end < whole.length; end++) expect(readPostgres(whole.subarray(0, end))).toEqual({ is: 'incomplete' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('', 'R', 'E', 'N'), (bytes, start) => {
      const read = readPostgres(Buffer.concat([Buffer.from(start), bytes]));
      expect(['auth', 'error', 'incomplete', 'malformed']).toContain(read.is);
    }),
  );
});
test('any names come back as they were sent', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[A-Z0-9-]{1,20}$/), { minLength: 1, maxLength: 5 }), (names) => {
      expect(readPostgres(auth(10, `${names.join('\0')}\0\0`))).toEqual({ is: 'auth', kind: 10, mechanisms: names });
    }),
  );
});
