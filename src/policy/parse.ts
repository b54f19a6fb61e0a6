/** Three-valued: undefined is "this reader cannot decide", and never counts as either. */
export type Maybe = boolean | undefined;

export interface Named {
  readonly type: string;
  readonly value: string;
}
/** `everyone` is `*` or {AWS: *}; `unclear`: among them is a form that this reader does not know (a wildcard in an ARN). */
export interface Principals {
  readonly not: boolean;
  readonly everyone: boolean;
  readonly named: readonly Named[];
  readonly unclear: boolean;
}
export interface Patterns {
  readonly not: boolean;
  readonly patterns: readonly string[];
}
/** One key of one operator. `base` and `key` in lower case, without IfExists and set operator; `values` is undefined where they are of no known form. */
export interface Condition {
  readonly base: string;
  readonly ifExists: boolean;
  readonly set: 'none' | 'any' | 'all';
  readonly key: string;
  readonly written: string;
  readonly values: readonly string[] | undefined;
}
/** A statement as it is written; each part that is undefined could not be read. `clear`: its Effect is one of the two, and nothing strange stands beside. */
export interface Statement {
  readonly index: number;
  readonly principals: Principals | undefined;
  readonly actions: Patterns | undefined;
  readonly resources: Patterns | undefined;
  readonly conditions: readonly Condition[] | undefined;
  readonly clear: boolean;
  /** It names no action at all, or no resource at all. */
  readonly lacking: boolean;
}
/** What denies, or may deny, and what allows, or may allow: an Effect of another spelling is in both, and unclear. */
export type Parsed =
  | { readonly is: 'policy'; readonly denies: readonly Statement[]; readonly allows: readonly Statement[]; readonly sids: ReadonlySet<string> }
  | { readonly is: 'unreadable'; readonly why: string };

/** Bucket policies are at most 20 KB (S3 user guide); what is three times that is not one. */
const longest = 65_536;
const mostStatements = 500;

/** A policy document → its statements. Element names are read as IAM writes them; any other spelling is unclear, never guessed. */
export function parsePolicy(text: string): Parsed {
  if (text.length > longest) return unreadable(`the policy is longer than ${longest} characters`);
  const document = json(text);
  if (!isRecord(document)) return unreadable('the policy is not a JSON object');
  if (repeatsKey(text)) return unreadable('the policy writes one key twice');
  if (Object.keys(document).some((key) => !['Version', 'Id', 'Statement'].includes(key))) return unreadable('the policy has an element that IAM does not know');
  if (!['2012-10-17', '2008-10-17', undefined].some((version) => version === document['Version']))
    return unreadable('the policy is of a version that IAM does not know');
  const written = document['Statement'];
  const statements: readonly unknown[] = Array.isArray(written) ? written : [written];
  if (statements.length > mostStatements) return unreadable(`the policy has more than ${mostStatements} statements`);
  const records = statements.filter(isRecord);
  if (records.length < statements.length) return unreadable('a statement is not an object');
  return {
    is: 'policy',
    denies: records.flatMap((record, index) => (record['Effect'] === 'Allow' ? [] : [statement(record, index)])),
    allows: records.flatMap((record, index) => (record['Effect'] === 'Deny' ? [] : [statement(record, index)])),
    sids: new Set(records.flatMap(({ Sid }) => (typeof Sid === 'string' ? [Sid] : []))),
  };
}
const unreadable = (why: string): Parsed => ({ is: 'unreadable', why });
const elements = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

function statement(record: Record<string, unknown>, index: number): Statement {
  return {
    index,
    principals: principals(record),
    actions: patterns(record, 'Action', 'NotAction'),
    resources: patterns(record, 'Resource', 'NotResource'),
    conditions: conditions(record['Condition']),
    clear: (record['Effect'] === 'Deny' || record['Effect'] === 'Allow') && Object.keys(record).every((key) => elements.includes(key)),
    lacking: lacks(record, 'Action', 'NotAction') || lacks(record, 'Resource', 'NotResource'),
  };
}
function principals(record: Record<string, unknown>): Principals | undefined {
  const one = either(record, 'Principal', 'NotPrincipal');
  if (!one) return undefined;
  const { not, value } = one;
  if (value === '*') return { not, everyone: true, named: [], unclear: false };
  if (!isRecord(value) || Object.keys(value).length === 0) return undefined;
  const lists = Object.entries(value).map(([type, of]) => ({ type, of: texts(of) }));
  const named = lists.flatMap(({ type, of }) => (of ?? []).map((value) => ({ type, value })));
  if (lists.some(({ type, of }) => !of || !['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(type))) return undefined;
  return {
    not,
    everyone: named.some(({ type, value }) => type === 'AWS' && value === '*'),
    named,
    unclear: named.some(({ value }) => /[*?]|\$\{/.test(value) && value !== '*'),
  };
}
function patterns(record: Record<string, unknown>, name: string, opposite: string): Patterns | undefined {
  const one = either(record, name, opposite);
  const list = one && texts(one.value);
  return list && { not: one.not, patterns: list };
}
const lacks = (record: Record<string, unknown>, ...names: readonly string[]): boolean => !names.some((name) => Object.hasOwn(record, name));
/** Exactly one of the two must be there. */
function either(record: Record<string, unknown>, name: string, opposite: string): { readonly not: boolean; readonly value: unknown } | undefined {
  const [plain, not] = [Object.hasOwn(record, name), Object.hasOwn(record, opposite)];
  return plain === not ? undefined : { not, value: record[not ? opposite : name] };
}
function conditions(value: unknown): readonly Condition[] | undefined {
  if (value === undefined) return [];
  if (!isRecord(value)) return undefined;
  const found: Condition[] = [];
  if (repeats(Object.keys(value))) return undefined;
  for (const [operator, keys] of Object.entries(value)) {
    if (!isRecord(keys) || Object.keys(keys).length === 0 || repeats(Object.keys(keys))) return undefined;
    for (const [key, values] of Object.entries(keys)) found.push({ ...operation(operator), key: key.toLowerCase(), written: key, values: scalars(values) });
  }
  return found;
}
/** Operators and keys have no case: whether two spellings of one are joined, and by which logic, is nowhere documented. */
const repeats = (names: readonly string[]): boolean => new Set(names.map((name) => name.toLowerCase())).size < names.length;
function operation(written: string): Pick<Condition, 'base' | 'ifExists' | 'set'> {
  const match = /^(?:for(?<set>anyvalue|allvalues):)?(?<base>.*?)(?<ifExists>ifexists)?$/i.exec(written);
  const set = match?.groups?.['set']?.toLowerCase();
  return {
    base: (match?.groups?.['base'] ?? written).toLowerCase(),
    ifExists: match?.groups?.['ifExists'] !== undefined,
    set: set === 'anyvalue' ? 'any' : set === 'allvalues' ? 'all' : 'none',
  };
}

function texts(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const found = list.filter((one) => typeof one === 'string');
  return found.length === list.length && found.length > 0 ? found : undefined;
}
/** Values may be booleans and numbers too; IAM compares their text. */
function scalars(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const found = list.flatMap((one) => (typeof one === 'string' || typeof one === 'boolean' || typeof one === 'number' ? [String(one)] : []));
  return found.length === list.length && found.length > 0 ? found : undefined;
}
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
/** JSON.parse keeps the last of two equal keys; another reader may keep the first. `text` is known to be JSON. */
function repeatsKey(text: string): boolean {
  const open: Set<unknown>[] = [];
  for (const [token, key] of text.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (key !== undefined) {
      const [name, keys] = [json(key), open.at(-1)];
      if (keys?.has(name)) return true;
      keys?.add(name);
    }
  }
  return false;
}
