import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { formatBytes } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { SelectedFile } from './select-files.ts';

/** Code of this size is unusual: data, an environment or a history was probably not excluded. */
const warnBytes = 50_000_000;
/** More than any server accepts by default (PUMPHOUSE_MAX_UNPACKED_MB). */
const maxBytes = 500_000_000;
const listedItems = 5;

interface LargeItem {
  /** What to write into `.gitignore`. */
  pattern: string;
  sizeBytes: number;
}

/**
 * Warns about a large workspace, and refuses one that no server would accept, before anything is uploaded.
 * @throws CommandError workspace_too_large with the largest items and the lines for `.gitignore`
 */
export function checkSize(terminal: Terminal, files: readonly SelectedFile[]): void {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (totalBytes < warnBytes) return;
  const largest = listLargest(files);
  const lines = largest.map(({ pattern, sizeBytes }) => `${formatBytes(sizeBytes).padStart(9)}  ${pattern}`);
  const nextStep = `If no run needs them, add to .gitignore: ${largest.map(({ pattern }) => pattern).join('  ')}`;
  if (totalBytes <= maxBytes) {
    terminal.note(`The code has ${formatBytes(totalBytes)}. The largest parts:`);
    for (const line of [...lines, nextStep]) terminal.note(line);
    return;
  }
  throw new CommandError(
    `The code has ${formatBytes(totalBytes)}; at most ${formatBytes(maxBytes)} can be uploaded. The largest parts:`,
    { code: 'workspace_too_large', exitCode: exitCodes.refused, nextStep, lines },
  );
}

/** The largest top-level folders and files, largest first. */
export function listLargest(files: readonly Pick<SelectedFile, 'path' | 'sizeBytes'>[]): LargeItem[] {
  const sizes = new Map<string, number>();
  for (const { path, sizeBytes } of files) {
    const [first = path, ...rest] = path.split('/');
    const pattern = rest.length === 0 ? `/${first}` : `/${first}/`;
    sizes.set(pattern, (sizes.get(pattern) ?? 0) + sizeBytes);
  }
  return [...sizes]
    .map(([pattern, sizeBytes]) => ({ pattern, sizeBytes }))
    .toSorted((left, right) => right.sizeBytes - left.sizeBytes)
    .slice(0, listedItems);
}
