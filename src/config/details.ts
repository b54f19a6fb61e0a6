import type { Declared } from '../facts/declared.ts';
import { undeclared } from '../facts/declared.ts';
import type { Target } from '../model/target.ts';
import type { Details } from './schema.ts';

/** Lays what is said nearer over what is said further away; tags add up. */
export function over(near: Details, far: Details): Details {
  const tags = [...new Set([...(far.tags ?? []), ...(near.tags ?? [])])];
  return { ...far, ...near, ...(tags.length > 0 && { tags }) };
}
/** What was said becomes what is declared: nothing said is a value. */
export function declare(target: Target, said: Details): Target {
  const declared: Declared = {
    data: list(said.data) ?? undeclared.data,
    network: said.network ?? undeclared.network,
    role: list(said.role) ?? undeclared.role,
    mtls: said.mtls ?? undeclared.mtls,
    minTls: said.minTls === undefined ? undeclared.minTls : String(said.minTls).endsWith('1.3') ? 'TLSv1.3' : 'TLSv1.2',
    minTier: said.minTier ?? undeclared.minTier,
    keyManager: said.keyManager ?? undeclared.keyManager,
    certDays: said.certDays ?? undeclared.certDays,
    cryptoperiodDays: said.cryptoperiodDays ?? undeclared.cryptoperiodDays,
  };
  return { ...target, declared, tags: said.tags ?? [], ...(said.owner !== undefined && { owner: said.owner }) };
}
const list = <T extends string>(value: T | T[] | undefined): T[] | undefined => (typeof value === 'string' ? [value] : value);
