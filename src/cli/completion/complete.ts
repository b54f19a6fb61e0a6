import type { Argument, Command, Option } from 'commander';
import { formats } from '../formats.ts';

/** A word that may stand at the cursor, and what it means. */
export interface Candidate {
  readonly value: string;
  readonly about: string;
}
/** `words`: the candidates; `partial`: the same, and more may follow without a space; `files`, `folders`: the shell knows them, after `prefix` of the word. */
export interface Completion {
  readonly kind: 'words' | 'partial' | 'files' | 'folders';
  readonly prefix: string;
  readonly candidates: readonly Candidate[];
}
/** What only our own data knows; asked for when it is needed. */
export interface Ids {
  readonly rules: () => Promise<readonly Candidate[]>;
  readonly frameworks: () => Promise<readonly Candidate[]>;
  readonly controls: () => Promise<readonly (Candidate & { readonly framework: string })[]>;
}

const severities = ['critical', 'high', 'medium', 'low', 'info', 'none'];
const plain = (values: readonly string[]): readonly Candidate[] => values.map((value) => ({ value, about: '' }));
const words = (candidates: readonly Candidate[]): Completion => ({ kind: 'words', prefix: '', candidates });
const nothing = words([]);
const paths = (kind: 'files' | 'folders', prefix = ''): Completion => ({ kind, prefix, candidates: [] });

/** What can stand in the place of `current`, after `before` (without the name of the program). Candidates begin with `current`. */
export async function complete(program: Command, before: readonly string[], current: string, ids: Ids): Promise<Completion> {
  const found = await offered(program, before, current, ids);
  return { ...found, candidates: found.candidates.filter(({ value }) => value.startsWith(current)) };
}
async function offered(program: Command, before: readonly string[], current: string, ids: Ids): Promise<Completion> {
  const { command, option, operands, onlyOperands } = read(program, before);
  if (option) return valuesOf(option, current, ids);
  if (current.startsWith('-') && !onlyOperands) {
    const [flag = '', ...rest] = current.split('=');
    const given = rest.length > 0 ? optionNamed(command, flag) : undefined;
    return given ? prefixed(`${flag}=`, await valuesOf(given, rest.join('='), ids)) : words(flags(command));
  }
  if (command.name() === 'help' && command.parent === program) return words(commands(operands.reduce<Command | undefined>(child, program)));
  const argument = command.registeredArguments[operands.length] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  const values = argument ? await valuesOfArgument(argument, current, ids) : nothing;
  return operands.length === 0 ? { ...values, candidates: [...commands(command), ...values.candidates] } : values;
}

interface Position {
  readonly command: Command;
  readonly option?: Option; // whose value is at the cursor
  readonly operands: readonly string[];
  readonly onlyOperands: boolean; // after --
}
function read(program: Command, before: readonly string[]): Position {
  let command = program;
  let option: Option | undefined;
  let onlyOperands = false;
  const operands: string[] = [];
  for (const word of before) {
    if (option) option = undefined;
    else if (onlyOperands) operands.push(word);
    else if (word === '--') onlyOperands = true;
    else if (word.startsWith('-') && word !== '-') option = waiting(command, word);
    else {
      const below = operands.length === 0 ? child(command, word) : undefined;
      if (below) command = below;
      else operands.push(word);
    }
  }
  return { command, ...(option && { option }), operands, onlyOperands };
}
const child = (command: Command | undefined, word: string): Command | undefined =>
  command?.commands.find((one) => one.name() === word || one.aliases().includes(word));
const optionNamed = (command: Command, flag: string): Option | undefined => command.options.find(({ long, short }) => long === flag || short === flag);
/** The option whose value comes next: `--fail-on`, `-f`, and `-qf`, but not `--fail-on=high` nor `-fjson`. */
function waiting(command: Command, word: string): Option | undefined {
  if (word.startsWith('--')) return valued(optionNamed(command, word));
  const letters = word.slice(1);
  const at = letters.split('').findIndex((letter) => valued(optionNamed(command, `-${letter}`)));
  return at >= 0 && at === letters.length - 1 ? optionNamed(command, `-${letters[at]}`) : undefined;
}
const valued = (option: Option | undefined): Option | undefined => (option?.required || option?.optional ? option : undefined);

/** A name that begins with __ is for scripts. */
const commands = (command: Command | undefined): readonly Candidate[] =>
  (command?.commands ?? []).filter((one) => !one.name().startsWith('__')).map((one) => ({ value: one.name(), about: one.description() }));
const flags = (command: Command): readonly Candidate[] => [
  ...command.options
    .filter(({ hidden }) => !hidden)
    .flatMap(({ long, short, description }) => [long, short].flatMap((value) => (value ? [{ value, about: description }] : []))),
  { value: '--help', about: 'show the help' },
];

async function valuesOf(option: Option, current: string, ids: Ids): Promise<Completion> {
  const inner = /[<[](.+)[>\]]$/.exec(option.flags)?.[1] ?? '';
  if (option.argChoices) return words(plain(option.argChoices));
  if (inner === 'fmt[=path]') return reports(current);
  if (option.long === '--framework') return listed(current, await ids.frameworks());
  if (option.long === '--fail-on-control')
    return listed(
      current,
      (await ids.controls()).map(({ framework, value, about }) => ({ value: `${framework}:${value}`, about })),
    );
  if (inner === 'severity') return words(plain(severities));
  if (inner === 'glob') return words(await ids.rules());
  return inner === 'file' || inner === 'path' ? paths('files') : inner === 'dir' ? paths('folders') : nothing;
}
/** `json`, or `json=` and a path. */
function reports(current: string): Completion {
  const equals = current.indexOf('=');
  return equals < 0 ? { kind: 'partial', prefix: '', candidates: plain(formats) } : paths('files', current.slice(0, equals + 1));
}
/** Ids between commas: those before the last one stay. */
const listed = (current: string, candidates: readonly Candidate[]): Completion => prefixed(current.slice(0, current.lastIndexOf(',') + 1), words(candidates));
const prefixed = (prefix: string, { kind, prefix: inner, candidates }: Completion): Completion => ({
  kind,
  prefix: prefix + inner,
  candidates: candidates.map(({ value, about }) => ({ value: prefix + value, about })),
});

async function valuesOfArgument(argument: Argument, current: string, ids: Ids): Promise<Completion> {
  const name = argument.name();
  if (argument.argChoices) return words(plain(argument.argChoices));
  if (name === 'target') return current.startsWith('@') ? paths('files', '@') : nothing;
  if (name === 'id') return words(await ids.rules());
  if (name === 'rule|control') return words([...(await ids.rules()), ...(await ids.controls())]);
  if (name === 'framework') return words(await ids.frameworks());
  if (name === 'dir') return paths('folders');
  return ['file', 'result', 'old', 'new'].includes(name) ? paths('files') : nothing;
}
