import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TargetError } from '../../../src/observe/targets/error.ts';
import { expandTargets, parseTargetList } from '../../../src/observe/targets/list.ts';
import { parseTarget } from '../../../src/observe/targets/parse.ts';
import { FileError } from '../../../src/util/file-error.ts';
import { redact } from '../../../src/util/redact.ts';

test.each([
  ['example.com', 'endpoint://example.com:443', 'https'],
  ['Example.COM.:8443', 'endpoint://example.com:8443', 'https'],
  ['example.com:5433', 'endpoint://example.com:5433', 'tls'],
  ['example.com:5432', 'endpoint://example.com:5432', 'postgres'],
  ['example.com:3306', 'endpoint://example.com:3306', 'mysql'],
  ['example.com:25', 'endpoint://example.com:25', 'smtp'],
  ['example.com:587', 'endpoint://example.com:587', 'smtp'],
  ['example.com:143', 'endpoint://example.com:143', 'imap'],
  ['example.com:110', 'endpoint://example.com:110', 'pop3'],
  ['example.com:389', 'endpoint://example.com:389', 'ldap'],
  ['example.com:6379', 'endpoint://example.com:6379', 'redis'],
  ['tls://example.com:5432', 'endpoint://example.com:5432', 'tls'],
  ['postgres://user:secret@db/app?sslmode=require', 'endpoint://db:5432', 'postgres'],
  ['postgresql://db:5433', 'endpoint://db:5433', 'postgres'],
  ['mysql://user:p%40ss@db/app', 'endpoint://db:3306', 'mysql'],
  ['MariaDB://db', 'endpoint://db:3306', 'mysql'],
  ['smtp://mail', 'endpoint://mail:25', 'smtp'],
  ['smtp://mail:587', 'endpoint://mail:587', 'smtp'],
  ['imap://mail', 'endpoint://mail:143', 'imap'],
  ['pop3://[::1]', 'endpoint://[::1]:110', 'pop3'],
  ['ldap://dc.example', 'endpoint://dc.example:389', 'ldap'],
  ['redis://:secret@cache/0', 'endpoint://cache:6379', 'redis'],
  ['rediss://cache', 'endpoint://cache:6380', 'redis'],
  ['smtps://mail', 'endpoint://mail:465', 'tls'],
  ['imaps://mail', 'endpoint://mail:993', 'tls'],
  ['pop3s://mail', 'endpoint://mail:995', 'tls'],
  ['ldaps://dc', 'endpoint://dc:636', 'tls'],
  ['https://example.com/path?token=x#y', 'endpoint://example.com:443', 'https'],
  ['HTTPS://example.com:9443', 'endpoint://example.com:9443', 'https'],
  ['tls://db.internal:8443', 'endpoint://db.internal:8443', 'tls'],
  ['192.0.2.1', 'endpoint://192.0.2.1:443', 'https'],
  ['[::1]:443', 'endpoint://[::1]:443', 'https'],
  ['2001:DB8:0::1', 'endpoint://[2001:db8::1]:443', 'https'],
  ['bücher.example', 'endpoint://xn--bcher-kva.example:443', 'https'],
  ['https://user:secret@example.com', 'endpoint://example.com:443', 'https'],
  ['user:p@ss@example.com:443', 'endpoint://example.com:443', 'https'],
  ['localhost:4433', 'endpoint://localhost:4433', 'tls'],
])('%s is %s', (text, id, protocol) => {
  expect(parseTarget(text)).toMatchObject({ is: 'endpoint', id, protocol });
  expect(JSON.stringify(parseTarget(text))).not.toMatch(/secret|p@ss|p%40ss|user|token/);
});
test.each([
  ['db:5432', 'postgres://db:5432'],
  ['postgresql://u:p@db/app', 'postgresql://db'],
  ['tls://db:5432', 'tls://db:5432'],
  ['example.com:443', 'example.com:443'],
  ['example.com:1234', 'example.com:1234'],
])('%s is labelled %s', (text, label) => {
  expect(parseTarget(text).label).toBe(label);
});
test.each([
  ['aws:', { id: 'aws://default/*/kms,rds,s3', services: ['kms', 'rds', 's3'] }],
  ['aws:s3,kms', { id: 'aws://default/*/kms,s3', services: ['kms', 's3'] }],
  ['aws:rds@us-east-1,eu-west-1', { id: 'aws://default/eu-west-1,us-east-1/rds', regions: ['eu-west-1', 'us-east-1'] }],
  ['aws:s3', { id: 'aws://default/*/s3' }],
  ['aws:s3@eu-west-1', { id: 'aws://default/eu-west-1/s3', regions: ['eu-west-1'] }],
  ['aws:s3@auto', { regions: ['auto'] }],
  ['arn:aws:s3:::my-bucket', { id: 'arn:aws:s3:::my-bucket', buckets: ['my-bucket'] }],
  ['arn:aws:rds:eu-west-1:123456789012:db:orders', { services: ['rds'], regions: ['eu-west-1'], include: ['arn:aws:rds:eu-west-1:123456789012:db:orders'] }],
  ['arn:aws:kms:eu-west-1:123456789012:key/0a-1b', { services: ['kms'], regions: ['eu-west-1'] }],
  ['arn:aws-us-gov:s3:::b.c-d', { id: 'arn:aws-us-gov:s3:::b.c-d', buckets: ['b.c-d'] }],
])('%s', (text, expected) => {
  expect(parseTarget(text)).toMatchObject({ is: 'aws', ...expected });
});
test.each([
  ['', /empty/],
  ['--help', /like an option/],
  ['a b', /^target: has a space/],
  ['https://', /no host name/],
  ['example.com:', /no port after the colon/],
  ['example.com:0', /1 to 65535/],
  ['example.com:65536', /1 to 65535/],
  ['example.com:http', /1 to 65535/],
  ['a..b', /empty part/],
  [`${'a'.repeat(64)}.example`, /63/],
  ['1.2.3', /four numbers/],
  ['0x7f.1', /four numbers/],
  ['127.0.0.256', /four numbers/],
  ['１２７.０.０.１', /no host name/],
  ['fe80::1%eth0', /more than one colon/],
  ['[fe80::1%eth0]:443', /zones/],
  ['[::1', /brackets/],
  ['exa%6dple.com', /letters, digits/],
  ['mongodb://db', /mongodb:\/\/ is not supported yet; supported now: /],
  ['ftps://db', /tls:\/\/host:port/],
  ['postgresql+psycopg2://u:p@db', /unknown scheme postgresql\+psycopg2:\/\/; did you mean "postgresql"/],
  ['postgres://a,b/db', /letters, digits/],
  ['mysql:db', /did you mean "mysql:\/\/"/],
  ['http://example.com', /names a port without TLS/],
  ['htps://example.com', /unknown scheme htps:\/\/; did you mean "https"/],
  ['gcp:', /gcp: is not supported yet/],
  ['aws:efs', /service efs is not supported yet/],
  ['aws:s3,efs', /service efs is not supported yet/],
  ['aws:s33', /unknown AWS service s33; did you mean "s3"/],
  ['aws:s3@eu-west1', /did you mean "eu-west-1"/],
  ['aws:s3@', /no region/],
  ['arn:aws:s3:::bucket/key', /names an object/],
  ['arn:aws:kms:eu-west-1:1:key/x', /no such resource; write arn:aws:kms:REGION:ACCOUNT: and then key/],
  ['arn:aws:kms:eu-west-1:123456789012:alias/x', /give the key itself/],
  ['arn:aws:rds:eu-west1:123456789012:db:x', /did you mean "eu-west-1"/],
  ['s3', /did you mean "aws:s3"/],
  ['@x', /not allowed here/],
])('refuses %j', (text, message) => {
  expect(() => parseTarget(text)).toThrow(TargetError);
  expect(() => parseTarget(text)).toThrow(message);
});
test.each([
  'https://user:se/cret@host',
  'https://u:cret?x@host',
  'mongodb://u:cret@db/x',
  'postgres://u:cret@d b',
  'mysql://u:cret@db:x',
  'https://u:cret@host:bad',
  'https://u:my cret@host',
  'u:cret@ho_st:99999',
  'https://h:99999/?k=cret',
])('no secret in the error about %s', (text) => {
  expect(() => parseTarget(text)).toThrow(TargetError);
  expect(() => parseTarget(text)).not.toThrow(/cret/);
});
test('what is parsed has one id, however it is spelt', () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/).filter((text) => !/^(xn--|..--|aws$|s3$)/i.test(text));
  fc.assert(
    fc.property(fc.array(label, { minLength: 2, maxLength: 4 }), fc.integer({ min: 1, max: 65_535 }), (labels, port) => {
      const name = labels.join('.');
      const { id } = parseTarget(`${name}:${port}`);
      for (const text of [`${name.toUpperCase()}:${port}`, `https://${name}.:${port}/x`, `tls://a:b@${name}:${port}`, id.replace('endpoint', 'tls')])
        expect(parseTarget(text).id).toBe(id);
    }),
  );
});
test('hostile texts throw nothing but TargetError and FileError', () => {
  const part = fc.constantFrom(
    'https://',
    'aws:',
    'arn:aws:s3:::',
    '@',
    ':',
    '[',
    ']',
    '/',
    '%00',
    '\u202e',
    'xn--',
    '..',
    '::1',
    '\ud800',
    '\u001b[2J',
    '1',
    'a',
    '·',
    '。',
    '\u200d',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
      ),
      (text) => {
        for (const step of [() => parseTarget(text), () => parseTargetList('x', text)])
          try {
            step();
          } catch (error) {
            expect(error instanceof TargetError || error instanceof FileError).toBe(true);
          }
      },
    ),
    { numRuns: 3000 },
  );
});
test('a file of targets: places in errors, and none of its text', () => {
  expect(parseTargetList('t.txt', '\ufeff# all\n\n  example.com # main\r\ntls://b:1\n')).toMatchObject([
    { id: 'endpoint://example.com:443', declaredAt: { file: 't.txt', line: 3, column: 3 } },
    { id: 'endpoint://b:1', declaredAt: { line: 4, column: 1 } },
  ]);
  expect(() => parseTargetList('t.txt', 'a.example\n  sec:ret:word\n')).toThrow(
    /^t\.txt:2:3: more than one colon and no IPv6 address; write \[2001:db8::1\]:443 to give an address a port$/,
  );
  expect(() => parseTargetList('t.txt', 'a.example\n'.repeat(20_001))).toThrow('t.txt:20001:1: more than 20000 targets');
  expect(() => parseTargetList('t.txt', 'a'.repeat(2_000_000))).toThrow('larger than 1 MiB');
  expect(() => parseTargetList('t.txt', '@other')).toThrow('t.txt:1:1: a file of targets is not allowed here');
});
test('words of a command line', () => {
  const inputs = { readFile: (file: string) => `${file}.example\n`, stdin: 'in.example' };
  const { targets, notes } = expandTargets(['a.example', 'https://A.example.', '@list', '-'], inputs);
  expect(targets.map(({ id }) => id)).toEqual(['endpoint://a.example:443', 'endpoint://list.example:443', 'endpoint://in.example:443']);
  expect(notes).toEqual(['https://A.example. and a.example are one target (endpoint://a.example:443); it is scanned once']);
});
test('redaction of free text', () => {
  expect(redact('see https://u:p@ss@host/x and mail a@b.c')).toBe('see https://host/x and mail a@b.c');
});
