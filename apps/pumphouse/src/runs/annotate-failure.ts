import { join, relative } from 'node:path';
import type { Terminal } from '../terminal/terminal.ts';
import type { FailureReasonResponse } from '@pumphouse/contract';

/** Where the failure is shown, and the workspace folder to which the file of a failure is relative. */
interface AnnotationScope {
  terminal: Pick<Terminal, 'env' | 'alert'>;
  folder: { path: string } | null;
}

/** Marks the failure in the summary of a GitHub Actions workflow, at the line of code if it is known. */
export function annotateFailure(
  { terminal, folder }: AnnotationScope,
  run: string,
  { summary, message, location }: Pick<FailureReasonResponse, 'summary' | 'message' | 'location'>,
): void {
  if (!isGitHubActions(terminal.env)) return;
  const file = location === null ? '' : locateFile(terminal.env, folder?.path, location.file);
  const place = location === null ? '' : `,file=${escapeValue(file)},line=${location.line}`;
  const text = message === '' || summary.endsWith(message) ? summary : `${summary}\n${message}`;
  terminal.alert(`::error title=${escapeValue(`${run} failed`)}${place}::${escapeText(text)}`);
}

/** GitHub finds a file by its path in the repository, of which the workspace may be a folder. */
function locateFile(env: NodeJS.ProcessEnv, folder: string | undefined, file: string): string {
  const repository = env['GITHUB_WORKSPACE'];
  return repository && folder !== undefined ? relative(repository, join(folder, file)) : file;
}

/** Whether the command runs in a workflow of GitHub Actions. */
export function isGitHubActions(env: NodeJS.ProcessEnv): boolean {
  return env['GITHUB_ACTIONS'] === 'true';
}

/**
 * Changes a line of a log so that GitHub Actions does not obey it: a run could print workflow commands, such as
 * `::error::`, and set masks or annotations of the workflow.
 */
export function disarmWorkflowCommand(line: string): string {
  return line.replace(/^(\s*):(?=:)/, '$1:\u200B').replaceAll('##[', '##\u200B[');
}

function escapeText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeValue(text: string): string {
  return escapeText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
