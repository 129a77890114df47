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
  const positions = new Map<string, number>();
  const values: unknown[] = [];
  const bound = text.replace(parameter, (_, name: string) => {
    let position = positions.get(name);
    if (position === undefined) {
      if (!Object.hasOwn(parameters, name))
        throw new Error(`The parameter :${name} has no value in: ${text}`);
      position = values.push(parameters[name]);
      positions.set(name, position);
    }
    return `$${position}`;
  });
  return { text: bound, values };
}
