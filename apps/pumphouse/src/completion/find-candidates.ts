import type { Argument, Command, Option } from 'commander';

/** A candidate of a completion. */
export interface Candidate {
  value: string;
  description: string;
}

/** Kinds of names that only the server, or a file of the user, knows. */
export type NameKind =
  'input' | 'job' | 'number' | 'organization' | 'pipeline' | 'run' | 'server' | 'version' | 'workspace';

/** What can follow the words of a command line. */
export interface Position {
  /** Known without a server. */
  candidates: Candidate[];
  /** Names to look up as well. */
  kinds: NameKind[];
  /** The text before the cursor that candidates must begin with. */
  partial: string;
  /** What candidates begin with, such as `--workspace=`. */
  prefix: string;
  /** The arguments before the cursor, such as the job whose runs are wanted. */
  given: string[];
  /** The commands that lead to this position, such as `configuration info`. */
  path: string;
  server: string | undefined;
  workspace: string | undefined;
}

const kindsByName: Readonly<Record<string, NameKind>> = {
  job: 'job',
  number: 'number',
  organization: 'organization',
  pipeline: 'pipeline',
  run: 'run',
  selector: 'job',
  version: 'version',
  from: 'version',
  to: 'version',
  workspace: 'workspace',
};
const kindsByOption: Readonly<Record<string, NameKind>> = {
  '--input': 'input',
  '--job': 'job',
  '--organization': 'organization',
  '--pipeline': 'pipeline',
  '--server': 'server',
  '--workspace': 'workspace',
};

/**
 * Finds what can follow the words of a command line.
 * @param words what follows `pumphouse`; the last is the word at the cursor, which may be empty
 */
export function findPosition(program: Command, words: readonly string[]): Position {
  const reader = createReader(program);
  for (const word of words.slice(0, -1)) reader.read(word);
  return describe(reader.state(), trimQuote(words.at(-1) ?? ''));
}

interface State {
  /** The command whose arguments or subcommands follow, and those above it. */
  chain: Command[];
  given: string[];
  used: Set<Option>;
  /** The option whose value follows. */
  pending: Option | null;
  isAfterDashes: boolean;
  values: Map<string, string>;
}

function createReader(program: Command) {
  const state: State = {
    chain: [program],
    given: [],
    used: new Set(),
    pending: null,
    isAfterDashes: false,
    values: new Map(),
  };

  function readOption(word: string): void {
    const [name = word, value] = word.split(/=(.*)/s);
    const option = listOptions(state.chain).find(({ short, long }) => short === name || long === name);
    if (!option) return;
    state.used.add(option);
    if (value !== undefined) state.values.set(name, value);
    else if (option.required) state.pending = option;
  }

  function read(word: string): void {
    // bash splits --option=value into three words.
    if (word === '=') return;
    if (state.pending) {
      state.values.set(state.pending.long ?? '', trimQuote(word));
      state.pending = null;
    } else if (!state.isAfterDashes && word === '--') state.isAfterDashes = true;
    else if (!state.isAfterDashes && word.startsWith('-')) readOption(word);
    else {
      const found = state.given.length === 0 ? findSubcommand(state.chain, word) : undefined;
      if (found) state.chain = [found, ...state.chain];
      else state.given.push(trimQuote(word));
    }
  }

  return { read, state: () => state };
}

function findSubcommand([command]: readonly Command[], word: string): Command | undefined {
  return command?.commands.find(
    (candidate) => candidate.name() === word || candidate.aliases().includes(word),
  );
}

function listOptions(chain: readonly Command[]): Option[] {
  return chain.flatMap(({ options }) => options).filter(({ hidden }) => !hidden);
}

function describe(state: State, typed: string): Position {
  const { chain, given, pending, values } = state;
  const inline = state.isAfterDashes ? null : /^(--[\w-]+=)(.*)$/s.exec(typed);
  const option =
    pending ??
    (inline && listOptions(chain).find(({ long }) => `${long}=` === inline[1] && !pending)) ??
    null;
  const found = option
    ? { candidates: toCandidates(option.argChoices), kinds: listKinds(kindsByOption[option.long ?? '']) }
    : findNext(state, typed);
  return {
    ...found,
    partial: inline && option ? (inline[2] ?? '') : typed === '=' ? '' : typed,
    prefix: inline && option && !pending ? (inline[1] ?? '') : '',
    given,
    path: chain
      .map((command) => command.name())
      .toReversed()
      .slice(1)
      .join(' '),
    server: values.get('--server'),
    workspace: values.get('--workspace'),
  };
}

function findNext(
  { chain, given, used, isAfterDashes }: State,
  typed: string,
): Pick<Position, 'candidates' | 'kinds'> {
  const [command] = chain;
  if (!command) return { candidates: [], kinds: [] };
  if (typed.startsWith('-') && !isAfterDashes) return { candidates: listUnused(chain, used), kinds: [] };
  const subcommands = command.commands.filter((candidate) => !isHidden(candidate));
  if (subcommands.length > 0 && given.length === 0) {
    return {
      candidates: subcommands.map((candidate) => ({
        value: candidate.name(),
        description: candidate.description(),
      })),
      kinds: [],
    };
  }
  const argument = findArgument(command.registeredArguments, given.length);
  if (!argument) return { candidates: [], kinds: [] };
  const kinds = argument
    .name()
    .split('|')
    .flatMap((part) => listKinds(kindsByName[part]));
  return { candidates: toCandidates(argument.argChoices), kinds };
}

/** Commander keeps this to itself. */
function isHidden(command: Command): boolean {
  return command.name().startsWith('__');
}

function listUnused(chain: readonly Command[], used: ReadonlySet<Option>): Candidate[] {
  const options = listOptions(chain).filter((option) => !used.has(option) || option.variadic);
  const listed = options.flatMap(({ long, description }) => (long ? [{ value: long, description }] : []));
  return [...listed, { value: '--help', description: 'Show the help of a command' }];
}

/** The last argument may be repeated. */
function findArgument(declared: readonly Argument[], index: number): Argument | undefined {
  const last = declared.at(-1);
  return declared[index] ?? (last?.variadic ? last : undefined);
}

function toCandidates(choices: readonly string[] | undefined): Candidate[] {
  return (choices ?? []).map((value) => ({ value, description: '' }));
}

function listKinds(kind: NameKind | undefined): NameKind[] {
  return kind === undefined ? [] : [kind];
}

/** A word that the user has begun to quote. */
function trimQuote(word: string): string {
  return word.replace(/^(["'])(.*?)\1?$/s, '$2');
}
