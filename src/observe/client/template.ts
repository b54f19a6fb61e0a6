/** What placeholders stand for in one run: `url` for `{url}`, and so on. */
export type Values = Readonly<Record<string, string>>;

const placeholders = ['url', 'host', 'port', 'dsn', 'ca', 'truststore', 'pin', 'fingerprint', 'cert', 'key'] as const;
/** One of these must be there, or the command never finds a server of ours. */
const places = ['url', 'port', 'dsn'] as const;

export const uses = (argv: readonly string[], name: (typeof placeholders)[number]): boolean => argv.some((word) => word.includes(`{${name}}`));
export const namesPlace = (argv: readonly string[]): boolean => places.some((name) => uses(argv, name));

/** Other braces than those of our placeholders are the command's own. */
export const fill = (argv: readonly string[], values: Values): readonly string[] =>
  argv.map((word) => word.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? whole) : whole)));

/** The same for wrappers that find their arguments by themselves: ENCAUDIT_URL, ENCAUDIT_PORT and so on. */
export const asVariables = (values: Values): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`ENCAUDIT_${name.toUpperCase()}`, value]));
