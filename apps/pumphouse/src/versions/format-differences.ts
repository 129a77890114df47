import type { CodeFileComparisonResponse, ConfigurationFileComparisonResponse } from '@pumphouse/contract';
import type { Terminal, Tone } from '../terminal/terminal.ts';
import type { ChangeCounts, ChangedFile } from './changed-files.ts';

export type TextHunk = CodeFileComparisonResponse['hunks'][number];
type SettingChange = ConfigurationFileComparisonResponse['settings'][number];

/** How one file differs: its text or its settings, or why neither is shown. */
export interface FileDifference extends ChangedFile {
  outcome: string;
  hunks?: readonly TextHunk[];
  settings?: readonly SettingChange[];
}

const marks: Record<string, readonly [mark: string, tone: Tone]> = {
  added: ['+', 'good'],
  removed: ['-', 'bad'],
  changed: ['~', 'warning'],
};

/** `2 added, 1 changed`, or `none`. */
export function formatCounts({ added, removed, changed }: Omit<ChangeCounts, 'unchanged'>): string {
  const parts = [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return shown.length === 0 ? 'none' : shown.join(', ');
}

/** One line for each file: its mark, and its path. */
export function formatChangedFiles(terminal: Pick<Terminal, 'tone'>, files: readonly ChangedFile[]): string {
  return files.map((file) => `  ${formatFile(terminal, file)}\n`).join('');
}

function formatFile(terminal: Pick<Terminal, 'tone'>, { path, change }: ChangedFile): string {
  const [mark, tone] = marks[change] ?? [' ', 'quiet'];
  return terminal.tone(tone, `${mark} ${path}`);
}

/** A file's difference as a unified diff, or as the settings that changed. */
export function formatDifference(terminal: Pick<Terminal, 'tone'>, file: FileDifference): string {
  const header = terminal.tone('strong', `--- ${file.path} (${file.change})`);
  if (file.outcome !== 'compared') return `${header}\n  ${explainOutcome(file)}\n`;
  if (file.settings) {
    const lines = file.settings.flatMap((setting) => formatSetting(terminal, setting));
    return [header, ...(lines.length === 0 ? ['  Only comments or layout differ'] : lines), ''].join('\n');
  }
  return [header, ...(file.hunks ?? []).flatMap((hunk) => formatHunk(terminal, hunk)), ''].join('\n');
}

function explainOutcome({ outcome, settings }: FileDifference): string {
  if (outcome === 'binary') return 'A binary file, which is not compared';
  if (outcome === 'link') return 'A link, which is not compared';
  if (outcome === 'too_large') return settings ? 'Too many settings to compare' : 'Too large to compare';
  if (outcome === 'unparsable') return 'It is not valid TOML, so its settings are not compared';
  return 'Only the list of files is compared';
}

function formatHunk(terminal: Pick<Terminal, 'tone'>, hunk: TextHunk): string[] {
  const range = (start: number, count: number) => (count === 1 ? String(start) : `${start},${count}`);
  const title = `@@ -${range(hunk.old_start, hunk.old_lines)} +${range(hunk.new_start, hunk.new_lines)} @@`;
  return [terminal.tone('accent', title), ...hunk.lines.flatMap((line) => formatLine(terminal, line))];
}

function formatLine(
  terminal: Pick<Terminal, 'tone'>,
  { kind, text, no_newline_at_end }: TextHunk['lines'][number],
): string[] {
  const clean = hideControls(text);
  const line =
    kind === 'added'
      ? terminal.tone('good', `+${clean}`)
      : kind === 'removed'
        ? terminal.tone('bad', `-${clean}`)
        : ` ${clean}`;
  return no_newline_at_end ? [line, '\\ No newline at end of file'] : [line];
}

function formatSetting(terminal: Pick<Terminal, 'tone'>, { key, before, after }: SettingChange): string[] {
  const lines: string[] = [];
  if (before !== null) lines.push(terminal.tone('bad', `-${key} = ${hideControls(before)}`));
  if (after !== null) lines.push(terminal.tone('good', `+${key} = ${hideControls(after)}`));
  return lines;
}

/** Deployed files are not the user's own: their escape sequences must not reach the terminal. */
export function hideControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => (character === '\t' ? '\t' : '�'));
}
