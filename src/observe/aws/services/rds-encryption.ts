import type { RdsInstance } from '../../../facts/rds.ts';
import type { Link } from '../../../model/observation.ts';
import type { Found, Missing } from './rds-facts.ts';

interface Said {
  readonly encrypted: boolean | undefined;
  readonly type: string | undefined;
  readonly key: string | undefined;
}
const types: ReadonlyMap<string, NonNullable<RdsInstance['encryptionType']>> = new Map([
  ['none', 'none'],
  ['sse-rds', 'sse-rds'],
  ['sse-kms', 'sse-kms'],
]);

/**
 * Storage encryption of an instance, a cluster or a snapshot. The API says `StorageEncrypted: false` of what is encrypted by a key that AWS owns;
 * there StorageEncryptionType decides (API reference, DBCluster). `name` is the fact that says yes or no.
 */
export function encryptionOf(
  name: 'storageEncrypted' | 'encrypted',
  { encrypted, type, key }: Said,
): Found<Pick<RdsInstance, 'encryptionType' | 'keyId'>> & { readonly is: boolean | undefined } {
  const known = type === undefined ? undefined : types.get(type);
  const missing = (detail: string, code: Missing['code'], ...paths: readonly string[]): readonly Missing[] =>
    paths.map((path) => ({ path: `rds.${path}`, code, detail }));
  if (type !== undefined && !known)
    return { is: undefined, facts: {}, missing: missing('a StorageEncryptionType that is not known', 'unsupported', name, 'encryptionType', 'keyId') };
  if (known === 'none' && encrypted === true)
    return { is: undefined, facts: {}, missing: missing('encrypted, and of type none', 'conflict', name, 'encryptionType', 'keyId') };
  const is = known === undefined ? encrypted : known !== 'none';
  const how = known ?? (encrypted === true && key !== undefined ? 'sse-kms' : undefined); // older endpoints have no type, but name the key
  return {
    is,
    facts: { ...(how && { encryptionType: how }), ...(key !== undefined && { keyId: key }) },
    missing: [
      ...(is === undefined ? missing('the reply does not say whether it is encrypted', 'unsupported', name) : []),
      ...(key === undefined && is === true && known !== 'sse-rds' ? missing('encrypted, and no key named', 'unsupported', 'keyId') : []),
    ],
  };
}
/** To the key, so that its health can be joined. */
export const keyLinks = (key: string | undefined): readonly Link[] => (key !== undefined && isKeyArn(key) ? [{ rel: 'encrypted-by', to: key }] : []);
const isKeyArn = (text: string): text is `arn:${string}` => /^arn:aws[a-z-]*:kms:[a-z0-9-]{1,40}:\d{12}:key\/[A-Za-z0-9-]{1,80}$/.test(text);
