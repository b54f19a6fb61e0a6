/**
 * A second, naive reader of policies, for one concrete request: it shares no line with src/policy. It throws on whatever it does not know,
 * so that a witness is only believed where both readers agree.
 */
export interface Asked {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}
export type Json = Readonly<Record<string, unknown>>;
export function json(value: unknown): Json {
  if (typeof value !== 'object' || value === null) throw new Error('no object');
  return Object.fromEntries(Object.entries(value));
}
/** The statements of a policy document. */
export function statementsOf(policy: string): readonly Json[] {
  const document: unknown = JSON.parse(policy);
  return [json(document)['Statement']].flat().map(json);
}
const list = (value: unknown): readonly string[] => [value].flat().map(String);
export const wild = (pattern: string, text: string, flags = ''): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '[^]*')
      .replace(/\?/g, '[^]')}$`,
    flags,
  ).test(text);

export function deniedBy(policy: string, asked: Asked): boolean {
  return statementsOf(policy).some((statement) => statement['Effect'] === 'Deny' && applies(statement, asked));
}
function applies(statement: Json, asked: Asked): boolean {
  const { principal, action, resource } = asked;
  const who = (value: unknown): boolean => {
    if (value === '*') return true;
    const { AWS, ...others } = json(value);
    if (Object.keys(others).some((key) => key !== 'Service')) throw new Error('principal');
    const account = principal.split(':')[4] ?? 'none';
    return list(AWS ?? []).some((one) => one === '*' || one === principal || one === account || one === `arn:aws:iam::${account}:root`);
  };
  if ('Principal' in statement ? !who(statement['Principal']) : who(statement['NotPrincipal'])) return false;
  const does = (value: unknown): boolean => list(value).some((one) => wild(one, action, 'i'));
  if ('Action' in statement ? !does(statement['Action']) : does(statement['NotAction'])) return false;
  const on = (value: unknown): boolean => list(value).some((one) => wild(one, resource));
  if ('Resource' in statement ? !on(statement['Resource']) : on(statement['NotResource'])) return false;
  return Object.entries(json(statement['Condition'] ?? {})).every(([operator, keys]) =>
    Object.entries(json(keys)).every(([key, values]) => condition(operator.toLowerCase(), contextOf(asked, key.toLowerCase()), list(values))),
  );
}
/** What the witness says, and what every plain HTTP request of that principal has. */
function contextOf({ principal, context }: Asked, key: string): string | undefined {
  if (key in context) return context[key];
  if (key === 'aws:securetransport') return 'false';
  if (key === 'aws:sourceip') return 'aws:sourcevpce' in context || 'aws:sourcevpc' in context ? undefined : '198.51.100.7';
  if (key === 'aws:principalarn') return principal === 'anonymous' ? undefined : principal;
  if (key === 'aws:principalaccount') return principal.split(':')[4];
  if (
    [
      's3:tlsversion',
      'aws:sourcevpce',
      'aws:sourcevpc',
      'aws:principalorgid',
      'aws:referer',
      's3:x-amz-acl',
      's3:prefix',
      'aws:multifactorauthpresent',
      's3:x-amz-server-side-encryption',
    ].includes(key)
  )
    return undefined;
  throw new Error(`no value for ${key}`);
}
export function condition(written: string, value: string | undefined, values: readonly string[]): boolean {
  const operator = written.replace(/^for(anyvalue|allvalues):/, '').replace(/ifexists$/, '');
  if (operator === 'null') return values.some((wanted) => (wanted.toLowerCase() === 'true') === (value === undefined));
  if (value === undefined)
    return written.startsWith('forany') ? false : written.startsWith('forall') || written.endsWith('ifexists') || operator.includes('not');
  const some = (test: (one: string) => boolean): boolean => values.some(test);
  const same = (one: string): boolean => one.toLowerCase() === value.toLowerCase();
  switch (operator) {
    case 'bool':
    case 'stringequalsignorecase':
      return some(same);
    case 'stringequals':
      return some((one) => one === value);
    case 'stringnotequals':
      return !some((one) => one === value);
    case 'stringlike':
    case 'arnlike':
    case 'arnequals':
      return some((one) => wild(one, value));
    case 'stringnotlike':
    case 'arnnotlike':
    case 'arnnotequals':
      return !some((one) => wild(one, value));
    case 'ipaddress':
      return some((one) => inside(one, value));
    case 'notipaddress':
      return !some((one) => inside(one, value));
    case 'numericlessthan':
      return some((one) => Number(value) < Number(one));
    default:
      throw new Error(`operator ${written}`);
  }
}
function inside(network: string, address: string): boolean {
  if (network.includes(':')) return false;
  const bits = (text: string): string =>
    text
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
  const [base = '', length = '32'] = network.split('/');
  return bits(base).slice(0, Number(length)) === bits(address).slice(0, Number(length));
}
