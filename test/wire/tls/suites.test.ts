import { expect, test } from 'vitest';
import { Suite, WeakFamily } from '../../../src/facts/tls.ts';
import { groupName } from '../../../src/wire/tls/groups.ts';
import { alertText } from '../../../src/wire/tls/alerts.ts';
import { families, suiteName, suites } from '../../../src/wire/tls/suites.ts';

const named = (name: string) => [...suites.values()].find((suite) => suite.name === name);

test('every suite fits the facts, and only those of which our words say nothing lack one', () => {
  const lacking: string[] = [];
  for (const suite of suites.values()) {
    const { families: _families, versions: _versions, ...facts } = suite;
    expect(Suite.safeParse(facts).success).toBe(true);
    if (!suite.cipher || suite.bits === undefined) lacking.push(suite.name);
  }
  expect(lacking).toEqual([]);
  expect(families).toEqual(WeakFamily.options);
  expect(new Set([...suites.values()].map(({ name }) => name)).size).toBe(suites.size);
  expect(suites.size).toBe(350 + 32 + 10);
});
test.each([
  ['TLS_AES_128_GCM_SHA256', 'tls13', 'any', 'aes-gcm', 128, []],
  ['TLS_SHA256_SHA256', 'tls13', 'any', 'null', 0, ['null']],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ecdhe', 'rsa', 'chacha20', 256, []],
  ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'rsa', 'rsa', '3des', 112, ['3des', 'no-forward-secrecy']],
  ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', 'export', 'rsa', 'rc4', 40, ['export', 'rc4', 'no-forward-secrecy']],
  ['TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA', 'export', 'rsa', 'des', 40, ['export', 'des']],
  ['TLS_RSA_EXPORT1024_WITH_RC4_56_SHA', 'export', 'rsa', 'rc4', 56, ['export', 'rc4', 'no-forward-secrecy']],
  ['TLS_DH_anon_EXPORT_WITH_RC4_40_MD5', 'export', 'anon', 'rc4', 40, ['anon', 'export', 'rc4']],
  ['TLS_ECDH_anon_WITH_NULL_SHA', 'ecdhe', 'anon', 'null', 0, ['null', 'anon']],
  ['TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA', 'export', 'krb5', 'des', 40, ['export', 'des', 'no-forward-secrecy']],
  ['TLS_RSA_WITH_IDEA_CBC_SHA', 'rsa', 'rsa', 'idea', 128, ['idea', 'no-forward-secrecy']],
  ['TLS_RSA_WITH_RC2_CBC_MD5', 'rsa', 'rsa', 'rc2', 128, ['export', 'no-forward-secrecy']],
  ['TLS_PSK_WITH_AES_128_CCM_8', 'psk', 'psk', 'aes-ccm', 128, ['no-forward-secrecy']],
  ['TLS_PSK_DHE_WITH_AES_128_CCM_8', 'dhe-psk', 'psk', 'aes-ccm', 128, []],
  ['TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA', 'srp', 'dsa', 'aes-cbc', 256, []],
  ['TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384', 'ecdh', 'ecdsa', 'aes-gcm', 256, ['no-forward-secrecy']],
  ['SSL_CK_RC4_128_EXPORT40_WITH_MD5', 'export', 'rsa', 'rc4', 40, ['export', 'rc4', 'no-forward-secrecy']],
  ['SSL_CK_DES_192_EDE3_CBC_WITH_MD5', 'rsa', 'rsa', '3des', 112, ['3des', 'no-forward-secrecy']],
] as const)('%s', (name, kx, auth, cipher, bits, bad) => {
  expect(named(name)).toMatchObject({ kx, auth, cipher, families: bad, ...(bits !== undefined && { bits }) });
});
test('older versions are not offered what TLS 1.2 brought', () => {
  expect([0x003c, 0x009c, 0xc03c, 0xcca8, 0xc09c].map((id) => suites.get(id)?.versions)).toEqual(Array.from({ length: 5 }, () => 'TLSv1.2'));
  expect([0x002f, 0xc013, 0x0005, 0x0081].map((id) => suites.get(id)?.versions)).toEqual(Array.from({ length: 4 }, () => 'any'));
});
test('what nobody named has its number', () => {
  expect([suiteName(0xc02f), suiteName(0x0b0b), groupName(0x11ec), groupName(0x0a0a), alertText(40), alertText(250)]).toEqual([
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    '0x0b0b',
    'X25519MLKEM768',
    '0x0a0a',
    '40 (handshake_failure)',
    '250',
  ]);
});
