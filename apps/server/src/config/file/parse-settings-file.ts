/** Parses the text of a settings file into values with their positions. Pure. */
import type * as tomlParser from 'toml-eslint-parser';
import type { AST } from 'toml-eslint-parser';
import { createRequire } from 'node:module';
import type { FilePosition, SettingProblem } from '../config-error.ts';
import { settingsParserModule } from '../../platform/program-files.ts';

/** Loaded only for a file: it takes 4 MB of memory, and most servers have variables only. */
const loadParser = (): typeof tomlParser => createRequire(import.meta.url)(settingsParserModule);

/** A value or a table in the file. */
export interface FileEntry {
  /** Its key, such as `['server', 'port']`. An array of tables has its numbers as parts. */
  path: string[];
  /** Undefined: an empty table or the head of one. */
  value: unknown;
  position: FilePosition;
}

/**
 * Lists the values of a file, without tables around them, and the heads of all tables.
 * @returns one problem if the text is not valid TOML
 */
export function parseSettingsFile(
  text: string,
  file: string,
): { entries: FileEntry[] } | { problem: SettingProblem } {
  const { ParseError, parseTOML, getStaticTOMLValue } = loadParser();
  const at = (line: number, column: number): FilePosition => ({ file, line, column: column + 1 });
  try {
    const [top] = parseTOML(text, { tomlVersion: '1.0' }).body;
    return { entries: top.body.flatMap((node) => readNode(node, [], { at, getStaticTOMLValue })) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const message = `This is not valid TOML: ${error.message}.`;
    const position = at(error.lineNumber, error.column);
    return { problem: { code: 'settings_file_syntax', message, position, key: null } };
  }
}

interface Tools extends Pick<typeof tomlParser, 'getStaticTOMLValue'> {
  at: (line: number, column: number) => FilePosition;
}

function readNode(
  node: AST.TOMLTable | AST.TOMLKeyValue,
  above: readonly string[],
  tools: Tools,
): FileEntry[] {
  const { at, getStaticTOMLValue } = tools;
  const position = at(node.loc.start.line, node.loc.start.column);
  if (node.type === 'TOMLTable') {
    const path = node.resolvedKey.map(String);
    const head = { path, value: undefined, position };
    return [head, ...node.body.flatMap((each) => readNode(each, path, tools))];
  }
  const path = [...above, ...getStaticTOMLValue(node.key)];
  if (node.value.type !== 'TOMLInlineTable')
    return [{ path, value: getStaticTOMLValue(node.value), position }];
  const head = { path, value: undefined, position };
  return [head, ...node.value.body.flatMap((each) => readNode(each, path, tools))];
}
