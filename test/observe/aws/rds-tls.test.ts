import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterInForce, configuredTls, inForce, tlsParameter, type Member, type Parameters } from '../../../src/observe/aws/services/rds-tls.ts';
import { clusterOldest, oldestInForce, oldestTls } from '../../../src/observe/aws/services/rds-tls-version.ts';
import { atLeast, compare, versionOf } from '../../../src/observe/aws/services/rds-version.ts';

/** Parameters as a reply lists them: `name=value`, `name` without a value, and the source after an @. */
const parameters = (...listed: readonly string[]): Parameters =>
  new Map(
    listed.map((one) => {
      const [, name = '', value, source] = /^([^=@]+)(?:=([^@]*))?(?:@(.*))?$/.exec(one) ?? [];
      return [name, { ...(value !== undefined && { value }), ...(source !== undefined && { source }) }];
    }),
  );
const verdict = (engine: string, version: string, listed: readonly string[]): string => {
  const said = configuredTls({ engine, version }, parameters(...listed));
  return said.is === 'gap' ? said.code : `${said.on ? 'on' : 'off'} by ${said.by}`;
};

describe('what the configuration says: every row of the table, each side of each boundary', () => {
  test.each([
    ['postgres', '9.6.24', [], 'off by engine-default'],
    ['postgres', '14.12', [], 'off by engine-default'],
    ['postgres', '14.12', ['rds.force_ssl=1'], 'on by parameter'],
    ['postgres', '15.0', [], 'on by engine-default'],
    ['postgres', '15.7', ['rds.force_ssl=0'], 'off by parameter'],
    ['postgres', '16.3', ['rds.force_ssl=1@system'], 'on by parameter'],
    ['postgres', '17', ['rds.force_ssl@engine-default'], 'on by engine-default'],
    ['postgres', '14.12', ['ssl=1'], 'off by engine-default'], // that only offers TLS
    ['aurora-postgresql', '16.6', [], 'off by engine-default'],
    ['aurora-postgresql', '17.4', [], 'on by engine-default'],
    ['aurora-postgresql', '16.6', ['rds.force_ssl=1'], 'on by parameter'],
    ['aurora-postgresql', '16.6', ['ssl=1', 'rds.force_ssl=0'], 'off by parameter'],
    ['mysql', '5.7.44', [], 'off by engine-default'],
    ['mysql', '8.0.39', [], 'off by engine-default'],
    ['mysql', '8.4.7', [], 'off by engine-default'],
    ['mysql', '9.0.1', [], 'unsupported'],
    ['mysql', '9.6.0', [], 'unsupported'],
    ['mysql', '9.7.0', [], 'on by engine-default'],
    ['mysql', '9.8.0', [], 'unsupported'],
    ['mysql', '9.0.1', ['require_secure_transport=1'], 'on by parameter'],
    ['mysql', '9.7.0', ['require_secure_transport=OFF'], 'off by parameter'],
    ['mysql', '8.0.39', ['rds.force_ssl=1'], 'off by engine-default'], // not a parameter of this engine
    ['mariadb', '10.4.34', ['require_secure_transport=1'], 'off by engine'],
    ['mariadb', '10.5.25', ['require_secure_transport=1'], 'on by parameter'],
    ['mariadb', '10.11.8', [], 'off by engine-default'],
    ['mariadb', '11.4.3', [], 'off by engine-default'],
    ['mariadb', '11.7.1', [], 'unsupported'],
    ['mariadb', '11.8.3', [], 'on by engine-default'],
    ['mariadb', '11.8.3', ['require_secure_transport=0'], 'off by parameter'],
    ['aurora', '5.6.10a', ['require_secure_transport=1'], 'off by engine'],
    ['aurora-mysql', '5.7.mysql_aurora.2.11.2', [], 'off by engine-default'],
    ['aurora-mysql', '8.0.mysql_aurora.3.05.2', [], 'off by engine-default'],
    ['aurora-mysql', '8.0.mysql_aurora.3.05.2', ['require_secure_transport=ON'], 'on by parameter'],
    ['aurora-mysql', '8.4.mysql_aurora.4.01.0', [], 'unsupported'],
    ['sqlserver-se', '15.00.4365.2.v1', [], 'off by engine-default'],
    ['sqlserver-ee', '16.00.4120.1.v1', ['rds.force_ssl=1'], 'on by parameter'],
    ['sqlserver-ex', '15.00.4365.2.v1', ['rds.force_ssl=0'], 'off by parameter'],
    ['docdb', '5.0.0', [], 'on by engine-default'],
    ['docdb', '5.0.0', ['tls=enabled@system'], 'on by parameter'],
    ['docdb', '5.0.0', ['tls=disabled'], 'off by parameter'],
    ['docdb', '5.0.0', ['tls=tls1.2+'], 'on by parameter'],
    ['docdb', '5.0.0', ['tls=tls1.3+'], 'on by parameter'],
    ['docdb', '5.0.0', ['tls=fips-140-3'], 'on by parameter'],
    ['docdb', '5.0.0', ['tls=sometimes'], 'unsupported'],
    ['neptune', '1.0.3.0', ['neptune_enforce_ssl=1'], 'on by parameter'],
    ['neptune', '1.0.3.0', ['neptune_enforce_ssl=0'], 'off by parameter'],
    ['neptune', '1.0.3.0', [], 'unsupported'],
    ['neptune', '1.0.4.0', ['neptune_enforce_ssl=0'], 'on by engine'],
    ['neptune', '1.3.2.0', [], 'on by engine'],
    ['oracle-se2', '19.0.0.0.ru-2024-07.rur-2024-07.r1', ['rds.force_ssl=1'], 'unsupported'],
    ['oracle-ee-cdb', '21.0.0.0', [], 'unsupported'],
    ['db2-se', '11.5.9.0', ['DB2COMM=SSL'], 'unsupported'],
    ['custom-sqlserver-ee', '15.00.4365.2', ['rds.force_ssl=1'], 'unsupported'],
    ['custom-oracle-ee', '19', [], 'unsupported'],
    ['postgresql', '16.3', ['rds.force_ssl=1'], 'unsupported'], // no engine of RDS
    ['postgres', 'sixteen', ['rds.force_ssl=1'], 'malformed'],
  ])('%s %s %j: %s', (engine, version, listed, expected) => {
    expect(verdict(engine, version, listed)).toBe(expected);
  });
  test.each([
    [['1', ' 1 ', 'on', 'ON', 'On', 'true', 'TRUE', 'yes', 'required', 'REQUIRED\n'], 'on by parameter'],
    [['0', 'off', 'OFF ', 'false', 'no'], 'off by parameter'],
    [['', '2', 'enabled', '1,0', 'on on', 'none'], 'unsupported'],
  ])('value spellings %j: %s', (values, expected) => {
    for (const value of values) {
      expect(verdict('mysql', '8.0.39', [`require_secure_transport=${value}`]), value).toBe(expected);
      expect(verdict('postgres', '16.3', [`rds.force_ssl=${value}`]), value).toBe(expected);
    }
  });
  test('no text from the API but the value stands in a detail, and a strange engine is not repeated', () => {
    expect(configuredTls({ engine: '<b>\u001b[31m', version: '1' }, new Map())).toMatchObject({
      detail: 'whether this engine demands TLS is not resolved yet',
    });
    expect(tlsParameter('oracle-ee')).toBeUndefined();
  });
});

const on = configuredTls({ engine: 'postgres', version: '16.3' }, parameters('rds.force_ssl=1'));
const off = configuredTls({ engine: 'postgres', version: '16.3' }, parameters('rds.force_ssl=0'));
const byDefault = configuredTls({ engine: 'postgres', version: '16.3' }, new Map());
describe('what is in force', () => {
  test.each([
    ['on', on, 'in-sync', true],
    ['on, waiting', on, 'pending-reboot', false],
    ['on by default, the group waiting', byDefault, 'pending-reboot', false],
    ['on, being applied', on, 'applying', 'unprovable'],
    ['on, failed', on, 'failed-to-apply', 'unprovable'],
    ['on, waiting for an upgrade', on, 'pending-database-upgrade', 'unprovable'],
    ['on, no status', on, undefined, 'unprovable'],
    ['on, a status of tomorrow', on, 'IN SYNC <b>', 'unprovable'],
    ['off', off, 'in-sync', false],
    ['off, waiting', off, 'pending-reboot', false],
    ['off, no status', off, undefined, false],
  ])('%s', (_name, configured, status, expected) => {
    const said = inForce(configured, status);
    expect(said.is === 'gap' ? said.code : said.enforced).toBe(expected);
    expect(JSON.stringify(said)).not.toContain('<b>');
  });
  test('a gap stays one, and what the engine alone decides waits for nothing', () => {
    const oracle = configuredTls({ engine: 'oracle-se2', version: '19' }, new Map());
    expect(inForce(oracle, 'in-sync')).toBe(oracle);
    expect(inForce(configuredTls({ engine: 'neptune', version: '1.3.2.0' }, new Map()), 'pending-reboot')).toMatchObject({ enforced: true });
  });
});

describe('a cluster enforces what each of its instances does', () => {
  const engine = { engine: 'aurora-mysql', version: '8.0.mysql_aurora.3.05.2' };
  const member = (id: string, status: string | undefined, ...own: readonly string[]): Member => ({
    id,
    status,
    ...(own.length > 0 && { own: { is: 'known', parameters: parameters(...own), status: 'in-sync' } }),
  });
  const cluster = (listed: readonly string[], ...members: readonly Member[]): unknown => {
    const { tls, open } = clusterInForce(engine, parameters(...listed), members);
    return [tls.is === 'gap' ? tls.code : tls.enforced, ...open];
  };
  const yes = ['require_secure_transport=ON'];
  test.each([
    ['all in sync', yes, [member('a', 'in-sync'), member('b', 'in-sync')], [true]],
    ['one waits', yes, [member('a', 'in-sync'), member('b', 'pending-reboot')], [false, 'b']],
    ['one waits, one is being applied', yes, [member('a', 'applying'), member('b', 'pending-reboot')], [false, 'b']],
    ['one is being applied', yes, [member('a', 'in-sync'), member('b', 'applying')], ['unprovable']],
    ['off', ['require_secure_transport=0'], [member('a', 'in-sync')], [false, 'a']],
    ['off by default', [], [member('a', 'pending-reboot')], [false, 'a']],
    ['nobody in it', yes, [], ['unprovable']],
    ['nobody in it, off', [], [], [false]],
    ['the own group switches it off', yes, [member('a', 'in-sync'), member('b', 'in-sync', 'require_secure_transport=0@user')], [false, 'b']],
    ['the own group switches it on', [], [member('a', 'in-sync', 'require_secure_transport=1@user')], [true]],
    ['a default of the own group decides nothing', yes, [member('a', 'in-sync', 'require_secure_transport=0@engine-default')], [true]],
    ['nor does a value that the system set', yes, [member('a', 'in-sync', 'require_secure_transport=0@system')], [true]],
    ['an own group without it', yes, [member('a', 'in-sync', 'max_connections=5@user')], [true]],
  ])('%s', (_name, listed, members, expected) => {
    expect(cluster(listed, ...members)).toEqual(expected);
  });
  test('an own group that waits, and one that was denied', () => {
    const waiting: Member = {
      id: 'a',
      status: 'in-sync',
      own: { is: 'known', parameters: parameters('require_secure_transport=1@user'), status: 'pending-reboot' },
    };
    const denied: Member = { id: 'b', status: 'in-sync', own: { is: 'gap', code: 'access-denied', detail: 'AccessDenied' } };
    expect(cluster([], waiting)).toEqual([false, 'a']);
    expect(cluster(yes, denied)).toEqual(['access-denied']);
    expect(cluster(yes, member('c', 'in-sync'), denied)).toEqual(['access-denied']);
    expect(cluster(yes, denied, member('c', 'pending-reboot'))).toEqual([false, 'c']);
  });
  test('Neptune is the same whatever its members say', () => {
    expect(clusterInForce({ engine: 'neptune', version: '1.3.2.0' }, new Map(), [member('a', 'pending-reboot')]).tls).toMatchObject({ enforced: true });
    expect(clusterInForce({ engine: 'neptune', version: '1.3.2.0' }, new Map(), []).tls).toMatchObject({ enforced: true });
  });
});

describe('the oldest TLS version', () => {
  test.each([
    ['postgres', '16.3', ['ssl_min_protocol_version=TLSv1.2'], 'TLSv1.2'],
    ['postgres', '16.3', ['ssl_min_protocol_version=TLSv1'], 'TLSv1'],
    ['postgres', '16.3', ['ssl_min_protocol_version=TLSv1.3'], 'TLSv1.3'],
    ['postgres', '16.3', ['ssl_min_protocol_version=any'], 'unsupported'],
    ['postgres', '16.3', ['ssl_min_protocol_version@engine-default'], 'TLSv1.2'],
    ['postgres', '13.1', ['ssl_min_protocol_version@engine-default'], 'TLSv1.2'],
    ['postgres', '12.20', ['ssl_min_protocol_version@engine-default'], 'TLSv1'],
    ['postgres', '11.22', ['ssl_min_protocol_version@engine-default'], 'unsupported'],
    ['postgres', '16.3', ['ssl_min_protocol_version@system'], 'unsupported'],
    ['postgres', '16.3', [], 'unsupported'],
    ['aurora-postgresql', '15.4', ['ssl_min_protocol_version=TLSv1.1'], 'TLSv1.1'],
    ['mysql', '8.0.39', [], 'TLSv1.2'],
    ['mysql', '8.4.3', [], 'TLSv1.2'],
    ['mysql', '5.7.44', [], 'TLSv1'],
    ['mysql', '5.7.44', ['tls_version=TLSv1.2'], 'TLSv1.2'],
    ['mysql', '8.0.39', ['tls_version=TLSv1.3, TLSv1.2'], 'TLSv1.2'],
    ['mysql', '5.7.44', ['tls_version=TLSv1.2,TLSv1.1'], 'TLSv1.1'],
    ['mysql', '8.0.39', ['tls_version=TLSv1.2,TLSv9'], 'unsupported'],
    ['mysql', '9.7.0', [], 'unsupported'],
    ['mariadb', '10.6.18', [], 'unsupported'],
    ['mariadb', '10.11.8', [], 'TLSv1.2'],
    ['mariadb', '11.8.3', [], 'TLSv1.2'],
    ['mariadb', '11.5.1', [], 'unsupported'],
    ['aurora-mysql', '8.0.mysql_aurora.3.05.2', [], 'unsupported'],
    ['aurora-mysql', '8.0.mysql_aurora.3.05.2', ['tls_version=TLSv1.2'], 'TLSv1.2'],
    ['sqlserver-se', '15.00.4365.2.v1', [], 'TLSv1'],
    ['sqlserver-se', '15.00.4365.2.v1', ['rds.tls10=disabled'], 'TLSv1.1'],
    ['sqlserver-se', '15.00.4365.2.v1', ['rds.tls10=disabled', 'rds.tls11=disabled'], 'TLSv1.2'],
    ['sqlserver-se', '15.00.4375.4.v1', ['rds.tls10=default', 'rds.tls11=default'], 'TLSv1.2'],
    ['sqlserver-se', '15.00.4375.4.v1', ['rds.tls11=enabled'], 'TLSv1.1'],
    ['sqlserver-ee', '16.00.4120.1.v1', [], 'TLSv1'],
    ['sqlserver-ee', '16.00.4131.2.v1', [], 'TLSv1.2'],
    ['sqlserver-ee', '17.00.1000.7.v1', [], 'unsupported'],
    ['docdb', '5.0.0', [], 'TLSv1'],
    ['docdb', '5.0.0', ['tls=tls1.2+'], 'TLSv1.2'],
    ['docdb', '5.0.0', ['tls=tls1.3+'], 'TLSv1.3'],
    ['docdb', '5.0.0', ['tls=fips-140-3'], 'unsupported'],
    ['docdb', '5.0.0', ['tls=disabled'], 'unsupported'],
    ['neptune', '1.0.4.0', [], 'TLSv1.2'],
    ['neptune', '1.0.3.0', [], 'unsupported'],
    ['oracle-se2', '19.0.0.0', [], 'unsupported'],
    ['postgres', '', ['ssl_min_protocol_version=TLSv1.2'], 'malformed'],
  ])('%s %s %j: %s', (engine, version, listed, expected) => {
    const said = oldestTls({ engine, version }, parameters(...listed));
    expect(said.is === 'gap' ? said.code : said.version).toBe(expected);
  });
  test('a group that is not in sync says nothing of what runs', () => {
    const modern = oldestTls({ engine: 'mysql', version: '8.4.3' }, new Map());
    expect(oldestInForce(modern, 'in-sync', 'mysql')).toBe(modern);
    expect(oldestInForce(modern, 'pending-reboot', 'mysql')).toMatchObject({ is: 'gap', code: 'unprovable' });
    expect(oldestInForce(modern, undefined, 'mysql')).toMatchObject({ is: 'gap', code: 'unprovable' });
  });
  test('of a cluster it is that of its worst member', () => {
    const engine = { engine: 'aurora-postgresql', version: '15.4' };
    const shared = parameters('ssl_min_protocol_version=TLSv1.2');
    const own = (value: string): Member => ({
      id: value,
      status: 'in-sync',
      own: { is: 'known', parameters: parameters(`ssl_min_protocol_version=${value}@user`), status: 'in-sync' },
    });
    const plain: Member = { id: 'a', status: 'in-sync' };
    const denied: Member = { id: 'b', status: 'in-sync', own: { is: 'gap', code: 'access-denied', detail: 'AccessDenied' } };
    expect(clusterOldest(engine, shared, [plain])).toEqual({ is: 'known', version: 'TLSv1.2' });
    expect(clusterOldest(engine, shared, [plain, own('TLSv1.1')])).toEqual({ is: 'known', version: 'TLSv1.1' });
    expect(clusterOldest(engine, shared, [plain, denied])).toMatchObject({ code: 'access-denied' });
    expect(clusterOldest(engine, shared, [own('TLSv1'), denied])).toEqual({ is: 'known', version: 'TLSv1' });
    expect(clusterOldest(engine, shared, [{ id: 'a', status: 'pending-reboot' }])).toMatchObject({ code: 'unprovable' });
    expect(clusterOldest(engine, shared, [])).toMatchObject({ code: 'unprovable' });
  });
});

describe('versions', () => {
  test('are ordered by number', () => {
    const numbers = fc.array(fc.nat(99_999), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(numbers, numbers, (a, b) => Math.sign(compare(a, b)) === -Math.sign(compare(b, a))));
    fc.assert(fc.property(numbers, (a) => compare(versionOf(a.join('.')) ?? [], a) === 0 && compare([...a, 0], a) === 0));
    expect(atLeast(versionOf('10.11.8') ?? [], 10, 5)).toBe(true);
  });
  test('any text is read or refused, in no time', () => {
    fc.assert(fc.property(fc.string(), (text) => versionOf(text) === undefined || /^\s*\d/.test(text)));
    expect(versionOf('9'.repeat(100_000))).toBeUndefined();
  });
});
