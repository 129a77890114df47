import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
} from 'yaml';
import type { FilePosition, FileProblem } from './file-problem.ts';

/** One document of a file: its value, and where each part of it is. */
export interface FilePart {
  value: unknown;
  positions: Positions;
}

/** Positions by path. A path that has none, such as one inside an alias, is at the closest part around it. */
export interface Positions {
  at(path: readonly PropertyKey[]): FilePosition;
}

type Visit = (path: readonly PropertyKey[], offset: number) => void;

/** Parses the documents of a YAML 1.2 file. Messages contain no text of the file, which may be a secret. */
export function parseYaml(text: string, file: string): { parts: FilePart[]; problems: FileProblem[] } {
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter, prettyErrors: false });
  const documents = Array.isArray(parsed) ? parsed : [];
  const toPosition = (offset: number): FilePosition => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const mistakes = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  const problems = mistakes.map(({ message, pos: [offset] }) => ({
    position: toPosition(offset),
    message: `This is not valid YAML: ${message.replace(/\.$/, '')}.`,
  }));
  if (problems.length > 0) return { parts: [], problems };
  return { parts: documents.map((document) => readPart(document, toPosition)), problems };
}

function readPart(document: Document, toPosition: (offset: number) => FilePosition): FilePart {
  const offsets = new Map<string, number>();
  visit(document.contents, [], (path, offset) => offsets.set(keyOf(path), offset));
  return {
    value: document.toJS(),
    positions: {
      at(path) {
        for (let length = path.length; length > 0; length -= 1) {
          const offset = offsets.get(keyOf(path.slice(0, length)));
          if (offset !== undefined) return toPosition(offset);
        }
        return toPosition(offsets.get(keyOf([])) ?? 0);
      },
    },
  };
}

function visit(node: unknown, path: readonly PropertyKey[], found: Visit): void {
  if (!isNode(node)) return;
  const offset = node.range?.[0];
  if (offset !== undefined && !path.length) found(path, offset);
  if (isAlias(node)) return;
  if (isMap(node)) {
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const inner = [...path, String(pair.key.value)];
      found(inner, pair.key.range?.[0] ?? 0);
      visit(pair.value, inner, found);
    }
  }
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      if (!isNode(item)) continue;
      found([...path, index], item.range?.[0] ?? 0);
      visit(item, [...path, index], found);
    }
  }
}

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));
