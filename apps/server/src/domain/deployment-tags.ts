/** Reads `__tags__` from the source of a deployment module. The server never runs uploaded code. Pure. */
import type { PythonStatement, PythonToken } from './python-statements.ts';
import { readPythonStatements } from './python-statements.ts';

export interface DeploymentTags {
  tags: string[];
  /** Why `__tags__` has no effect; null if it was read, or is not there. */
  problem: string | null;
}

const tagsName = '__tags__';
export const maxTagCount = 50;
export const maxTagLength = 100;
const noTags: DeploymentTags = { tags: [], problem: null };

/**
 * The tags that the module declares: the last assignment counts. dlt takes any iterable; here it has to be written as a list, tuple or
 * set of strings. A single string is one tag, as in `expose.tags`.
 */
export function readDeploymentTags(source: string): DeploymentTags {
  if (!source.includes(tagsName)) return noTags;
  const statements = readPythonStatements(source);
  if (!statements) return refuse('the file cannot be read as Python');
  return statements.reduce((found, statement) => readStatement(statement) ?? found, noTags);
}

/** What a statement makes of the tags; null if it does not set them. */
function readStatement({ tokens, isIndented, line }: PythonStatement): DeploymentTags | null {
  const [first] = tokens;
  const isFirst = isTagsName(first);
  const isImport = first?.text === 'from' || first?.text === 'import';
  const isSet = tokens.some((token, index) => isTagsName(token) && isAssignment(tokens[index + 1]));
  if (!isFirst && !isSet && !(isImport && tokens.some(isTagsName))) return null;
  const value = isFirst && !isIndented ? findValue(tokens) : null;
  if (value?.length === 0) return null;
  const tags = value && readTags(value);
  if (!tags) return refuse(`line ${line} does not set it to a list of plain strings`);
  return checkTags([...new Set(tags)].filter((tag) => tag !== ''));
}

function isTagsName(token: PythonToken | undefined): boolean {
  return token?.kind === 'name' && token.text === tagsName;
}

function isAssignment(token: PythonToken | undefined): boolean {
  return token?.kind === 'other' && /^(:=|[^=!<>]*=|<<=|>>=)$/.test(token.text);
}

/** The tokens behind `__tags__ =` or `__tags__: list[str] =`; none for an annotation alone, null for other statements. */
function findValue(tokens: readonly PythonToken[]): PythonToken[] | null {
  if (tokens[1]?.text === '=') return tokens.slice(2);
  if (tokens[1]?.text !== ':') return null;
  const sign = tokens.findIndex(({ kind, text }) => kind === 'other' && text === '=');
  return sign < 0 ? [] : tokens.slice(sign + 1);
}

/** The strings of a literal: a list, a tuple, a set, a string, or None. */
function readTags(value: readonly PythonToken[]): string[] | null {
  const [first, last] = [value[0], value.at(-1)];
  if (value.length === 1 && first?.kind === 'name' && first.text === 'None') return [];
  const isBracketed = ['[]', '()', '{}'].includes(`${first?.text}${last?.text}`);
  const tags: string[] = [];
  let isNext = true;
  for (const token of isBracketed ? value.slice(1, -1) : value) {
    if (token.kind === 'string' && token.value !== null) {
      // Python joins strings that stand side by side.
      if (isNext) tags.push(token.value);
      else tags.push(`${tags.pop() ?? ''}${token.value}`);
      isNext = false;
    } else if (token.kind === 'other' && token.text === ',' && !isNext) isNext = true;
    else return null;
  }
  return tags;
}

function checkTags(tags: string[]): DeploymentTags {
  if (tags.length > maxTagCount) return refuse(`it has ${tags.length} tags, and the most is ${maxTagCount}`);
  const long = tags.find((tag) => tag.length > maxTagLength);
  if (long !== undefined)
    return refuse(`the tag "${long.slice(0, 20)}..." has more than ${maxTagLength} characters`);
  if (tags.some((tag) => /\p{Cc}/u.test(tag) || !tag.isWellFormed()))
    return refuse('a tag has a control character');
  return { tags, problem: null };
}

function refuse(problem: string): DeploymentTags {
  return { tags: [], problem };
}
