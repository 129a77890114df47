import { RequirementFileError, type RequirementsFile } from '@pumphouse/contract';
import { isPlainObject } from '../primitives/plain-object.ts';
import { readName } from './requirements.ts';

/**
 * Finds a line of a requirements file that the client has left out of the manifest it sent. Without uv, dlt's
 * client leaves out what it cannot read, such as `-r base.txt`; with uv, the manifest has what the lines resolve to.
 */
export function findDroppedLine(
  { lines, errors }: RequirementsFile,
  manifest: unknown,
): RequirementFileError | null {
  const sent = readMain(manifest);
  const declared = new Map(lines.map(({ text }) => [readName(text), text]));
  if (sent.some((line) => isResolved(line, declared.get(readName(line)))))
    return errors.find((error) => !error.isResolvable) ?? null;
  if (errors[0]) return errors[0];
  const names = new Set(sent.map(readName));
  // A resolver leaves out a line whose marker never holds.
  const dropped = lines.find(({ text }) => !text.includes(';') && !names.has(readName(text)));
  if (!dropped) return null;
  return new RequirementFileError(
    `${dropped.place}: the client has left out the line, which it does not understand.`,
    'Install uv where you deploy, or write the line as "name==1.0" without options, in UTF-8 without a byte order mark.',
  );
}

/** Reports whether only a resolver can have written the line: nobody declared its name or its version. */
function isResolved(line: string, declared: string | undefined): boolean {
  return declared === undefined || (line.includes('==') && !declared.includes('=='));
}

function readMain(manifest: unknown): string[] {
  const groups = isPlainObject(manifest) ? manifest['groups'] : undefined;
  const main = isPlainObject(groups) ? groups['main'] : undefined;
  return Array.isArray(main) ? main.filter((line) => typeof line === 'string') : [];
}
