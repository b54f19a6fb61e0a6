import { isSecretName, type Env } from './environment.ts';

export const hidden = '***';
/** Takes secrets out of text of the user's: a command line, or what a command said. What it leaves may be shown. */
export type Mask = (text: string) => string;

const secretWord =
  '(?:pass(?:word|wd|phrase)?|pwd|secret|token|bearer|credentials?|api-?_?key|access-?_?key|private-?_?key|auth(?:orization)?|session|cookie|sig(?:nature)?)';
/** `--password=x`, `token=x`, `"secret": "x"`, `Authorization: Bearer x`, also within a script or a query. */
const assigned = new RegExp(`([\\w-]*${secretWord}[\\w-]*["']?\\s*[=:]\\s*["']?)(?:(Basic|Bearer|Digest|Token)\\s+)?([^\\s"'&;,)}]+)`, 'gi');
const bearer = /\b(Basic|Bearer)\s+[^\s"']+/gi;
/** `-u name:secret`, `--user name:secret` within one text. */
const userOption = /((?:^|\s)(?:-u|-U|--user|--proxy-user)[\s=]*)([^\s:"']+:[^\s"']+)/g;
const userinfo = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']*@/gi;
/** What is long and looks drawn by lot. */
const random = /(?<![\w/.{-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-z])(?=[\w+/=-]*(?:[A-Z]|\d[\w+/=-]*\d[\w+/=-]*\d))[A-Za-z0-9+=_-]{20,}(?![\w/.}-])/g;

/** A mask for this environment: values of variables that are called like secrets are hidden wherever they stand. */
export function maskFor(env: Env): Mask {
  const values = Object.entries(env)
    .flatMap(([name, value]) => (value !== undefined && value.length >= 6 && isSecretName(name) ? [value] : []))
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const known = values.reduce((masked, value) => masked.replaceAll(value, hidden), text);
    return known
      .replace(userinfo, `$1${hidden}@`)
      .replace(bearer, `$1 ${hidden}`)
      .replace(assigned, (whole, before: string, scheme: string | undefined, value: string) =>
        value === hidden || /^\{\w+\}/.test(value) ? whole : `${before}${scheme ? `${scheme} ` : ''}${hidden}`,
      )
      .replace(userOption, `$1${hidden}`)
      .replace(random, hidden);
  };
}

const secretOption = new RegExp(`^--?[\\w-]*${secretWord}[\\w-]*$`, 'i');
/** Options whose next word is a secret, though they are not called so. */
const shortOptions: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['curl', new Set(['-u', '-U', '--user', '--proxy-user', '-b'])],
  ['wget', new Set(['--user'])],
  ['redis-cli', new Set(['-a'])],
  ['mysql', new Set(['-p'])],
  ['mariadb', new Set(['-p'])],
]);
/** An argv without its secrets: what is shown, and what the subject's id is made of. */
export function maskArgv(argv: readonly string[], mask: Mask): readonly string[] {
  const program = argv[0]?.split('/').at(-1) ?? '';
  const own = shortOptions.get(program);
  return argv.map((word, i) => {
    const before = argv[i - 1] ?? '';
    if (/\{\w+\}/.test(word) && !/\s/.test(word)) return mask(word);
    if (i > 0 && !word.startsWith('-') && (secretOption.test(before) || own?.has(before))) return hidden;
    if (own?.has('-p') && /^-p./.test(word)) return `-p${hidden}`;
    return mask(word);
  });
}
