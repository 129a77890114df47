import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCodeOf } from '../../platform/error-code.ts';
import { ConfigError, type SettingProblem } from '../config-error.ts';
import { findReadProblem, findWriteProblem, type FileAccess } from './check-file-access.ts';
import { parseSettingsFile } from './parse-settings-file.ts';
import { readEntries, type FileSetting } from './read-entries.ts';

/**
 * Reads a settings file completely.
 * @throws ConfigError with every problem: a wrong file is never used in part
 */
export function openSettingsFile(given: string): FileSetting[] {
  const path = resolve(given);
  const { text, file, folder } = readTextFile(path);
  const unsafe = findWriteProblem(path, { file, folder, userId: process.getuid?.() ?? null });
  if (unsafe !== null) throw failFile('settings_file_unsafe', unsafe);
  const parsed = parseSettingsFile(text, path);
  if ('problem' in parsed) throw createFileError([parsed.problem]);
  const { found, problems } = readEntries(parsed.entries);
  const readable = findReadProblem(path, file, found);
  if (readable !== null) throw failFile('settings_file_unsafe', readable);
  if (problems.length > 0) throw createFileError(problems);
  return found;
}

/** Asks the opened file for its owner, so that the answer is about the text that was read. */
function readTextFile(path: string): { text: string; file: FileAccess; folder: FileAccess } {
  let opened: number | null = null;
  try {
    opened = openSync(path, 'r');
    const file = fstatSync(opened);
    // Editors of other systems begin a file with this mark.
    const text = readFileSync(opened, 'utf8').replace(/^\uFEFF/, '');
    return { text, file, folder: statSync(dirname(path)) };
  } catch (error) {
    throw failFile(
      'settings_file_unreadable',
      `The settings file ${path} cannot be read (${errorCodeOf(error)}). Give a file that this user can read, or set PUMPHOUSE_CONFIG=none to use only variables.`,
    );
  } finally {
    if (opened !== null) closeSync(opened);
  }
}

function failFile(code: SettingProblem['code'], message: string): ConfigError {
  return new ConfigError(message, [{ code, message, position: null, key: null }]);
}

function createFileError(problems: readonly SettingProblem[]): ConfigError {
  const lines = problems.map(formatProblem);
  return new ConfigError(`The settings file cannot be used:\n  ${lines.join('\n  ')}`, problems);
}

/** One line: file, line and column as compilers write them, the stable code, and the message. */
export function formatProblem({ code, message, position }: SettingProblem): string {
  if (position === null) return `${code}: ${message}`;
  return `${position.file}:${position.line}:${position.column}: ${code}: ${message}`;
}
