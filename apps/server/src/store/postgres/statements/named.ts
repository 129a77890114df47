/** A statement as Postgres gets it: `$1`, `$2` in the text, and their values. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Builds a statement from a text with parameters like `:workspaceId`. A name may occur repeatedly: all its
 * occurrences are one parameter. TypeScript demands a value for each name that it sees in the text; names in
 * texts that are built at run time are checked here.
 * @example named('select id from jobs where workspace_id = :workspaceId', { workspaceId })
 */
export function named<const Text extends string>(text: Text, parameters: Parameters<Text>): Statement {
  return bindParameters(text, parameters);
}

/** The parameters of a text: exactly those it names, or any if the text is only known at run time. */
type Parameters<Text extends string> = Record<string extends Text ? string : NamesIn<Text>, unknown>;

type NamesIn<Text extends string> = Text extends `${string}:${infer After}`
  ? After extends `:${infer AfterCast}`
    ? NamesIn<AfterCast>
    : NameAtStart<After> | NamesIn<After>
  : never;

type NameAtStart<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? First extends LowerCaseLetter
    ? `${First}${LettersAtStart<Rest>}`
    : never
  : never;

type LettersAtStart<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? First extends LowerCaseLetter | Uppercase<LowerCaseLetter> | Digit
    ? `${First}${LettersAtStart<Rest>}`
    : ''
  : '';

type LowerCaseLetter =
  | 'a'
  | 'b'
  | 'c'
  | 'd'
  | 'e'
  | 'f'
  | 'g'
  | 'h'
  | 'i'
  | 'j'
  | 'k'
  | 'l'
  | 'm'
  | 'n'
  | 'o'
  | 'p'
  | 'q'
  | 'r'
  | 's'
  | 't'
  | 'u'
  | 'v'
  | 'w'
  | 'x'
  | 'y'
  | 'z';
type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

/** A colon that belongs to a cast (`::text`) begins no name. */
const parameter = /(?<!:):([a-z][A-Za-z0-9]*)/g;

function bindParameters(text: string, parameters: Readonly<Record<string, unknown>>): Statement {
  const { bound, names } = parseText(text);
  const values = names.map((name) => {
    if (!Object.hasOwn(parameters, name)) throw new Error(`The parameter :${name} has no value in: ${text}`);
    return parameters[name];
  });
  return { text: bound, values };
}

interface ParsedText {
  /** The text with positions instead of names. */
  bound: string;
  /** The name at each position. */
  names: string[];
}

/** Enough for all constant texts; lists with filters may have more. */
const maxParsedTexts = 500;
const parsedTexts = new Map<string, ParsedText>();

/** Parses a text once: the search for names took longer than the rest of a short statement. */
function parseText(text: string): ParsedText {
  const known = parsedTexts.get(text);
  if (known) return known;
  const names: string[] = [];
  const bound = text.replace(parameter, (_, name: string) => {
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  const parsed = { bound, names };
  if (parsedTexts.size < maxParsedTexts) parsedTexts.set(text, parsed);
  return parsed;
}
