/**
 * Reads `__tags__` from the source of a deployment module. The server never runs uploaded code. Pure
 * functions.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import { listFrom, readString } from '../primitives/python-nodes.ts';

export interface DeploymentTags {
  tags: string[];
  /** Why `__tags__` has no effect; null if it was read or is absent. */
  problem: string | null;
}

const tagsName = '__tags__';
export const maxTagCount = 50;
export const maxTagLength = 100;
const noTags: DeploymentTags = { tags: [], problem: null };

/**
 * Reads the tags that the module declares; the last assignment counts. dlt accepts any iterable; this reader
 * requires a list, tuple or set of string literals without escapes. A single string is one tag, as in
 * `expose.tags`.
 */
export function readDeploymentTags(source: string): DeploymentTags {
  if (!source.includes(tagsName)) return noTags;
  let found = noTags;
  parser.parse(source).iterate({
    enter: (entered) => {
      const isTags = entered.name === 'VariableName' && source.slice(entered.from, entered.to) === tagsName;
      if (isTags) found = readChange(entered.node, source) ?? found;
    },
  });
  return found;
}

/** Reads the change that a statement makes to `__tags__`; null if it only reads the variable. */
function readChange(mention: SyntaxNode, source: string): DeploymentTags | null {
  let part = mention;
  for (let node = mention.parent; node; node = node.parent) {
    if (node.name === 'AssignStatement') return readAssignment(node, part, source);
    const isChange =
      node.name === 'ImportStatement' ||
      (['UpdateStatement', 'NamedExpression'].includes(node.name) && part.from === node.from) ||
      (node.name === 'ExpressionStatement' && mention.from === node.from);
    if (isChange) return refuseLine(mention, source);
    part = node;
  }
  return null;
}

/** @param part the child of the assignment that mentions `__tags__` */
function readAssignment(assignment: SyntaxNode, part: SyntaxNode, source: string): DeploymentTags | null {
  const signs = assignment.getChildren('AssignOp');
  const lastSign = signs.at(-1);
  // Either an annotation without a value, or a mention on the right-hand side.
  if (!lastSign || part.from > lastSign.from) return null;
  const isOnlyTarget = signs.length === 1 && part.name === 'VariableName' && part.from === assignment.from;
  const block = assignment.parent?.name === 'StatementGroup' ? assignment.parent.parent : assignment.parent;
  const isAlways = block?.name === 'Script';
  const tags = isOnlyTarget && isAlways ? readStrings(listValues(lastSign), source) : null;
  return tags === null ? refuseLine(part, source) : checkTags([...new Set(tags)].filter((tag) => tag !== ''));
}

/** Lists the nodes to the right of the assignment sign, without the brackets of a list, tuple or set. */
function listValues(sign: SyntaxNode): SyntaxNode[] {
  const values = listFrom(sign.nextSibling);
  const [only] = values;
  const isCollection = /^(?:Array|Tuple|Set)Expression$/.test(only?.name ?? '');
  return only && values.length === 1 && isCollection ? listFrom(only.firstChild).slice(1, -1) : values;
}

/** Reads comma-separated plain string literals; null if there is anything else. */
function readStrings(values: readonly SyntaxNode[], source: string): string[] | null {
  const [only] = values;
  if (values.length === 1 && only?.name === 'None') return [];
  const strings: string[] = [];
  for (const [index, value] of values.entries()) {
    if (index % 2 === 1 && value.name === ',') continue;
    const text = index % 2 === 0 ? readString(value, source) : null;
    if (text === null) return null;
    strings.push(text);
  }
  return strings;
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

function refuseLine(node: SyntaxNode, source: string): DeploymentTags {
  const line = source.slice(0, node.from).split('\n').length;
  return refuse(`line ${line} does not set it to a list of plain strings`);
}

function refuse(problem: string): DeploymentTags {
  return { tags: [], problem };
}
