import { isPlainObject } from '../primitives/plain-object.ts';

/** Why user code started in an interpreter that had imported nothing ahead. */
export interface PlainStart {
  /** A module of the workspace that has the name of one of Python or of the environment. */
  module: string | null;
  /** A file whose code can change how dlt is imported. */
  file: string | null;
  /** The line in the file; null if the file cannot be read ahead. */
  line: number | null;
}

const maxLength = 300;

/** The name of the module, or the file with the line. */
export const namePlainStart = ({ module, file, line }: PlainStart): string =>
  module ?? (line === null ? `${file}` : `${file}:${line}`);

/** Reads what a bootstrap adds to a message; null if there is nothing, or nothing that makes sense. */
export function readPlainStart(value: unknown): PlainStart | null {
  if (!isPlainObject(value)) return null;
  const module = readText(value['module']);
  if (module !== null) return { module, file: null, line: null };
  const file = readText(value['file']);
  if (file === null) return null;
  const line = value['line'];
  return { module, file, line: typeof line === 'number' && Number.isSafeInteger(line) ? line : null };
}

function readText(value: unknown): string | null {
  const isText =
    typeof value === 'string' &&
    value !== '' &&
    value.length <= maxLength &&
    !value.includes('\0') &&
    value.isWellFormed();
  return isText ? value : null;
}
