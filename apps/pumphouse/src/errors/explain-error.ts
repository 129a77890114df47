import { ApiError } from '@pumphouse/client';
import { asObject, errorCodes, type ErrorCode } from '@pumphouse/contract';
import { CommandError } from './command-error.ts';
import { isFileError, type FileError } from './file-error.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** An error as the command prints it, and as `--json` shows it. */
export interface Explanation {
  message: string;
  code: string;
  exitCode: ExitCode;
  nextStep?: string | undefined;
  lines: readonly string[];
}

/** Explains any error: what happened, a stable code, and the next step where one is known. */
export function explainError(error: unknown): Explanation {
  if (error instanceof CommandError) {
    const { message, code, exitCode, nextStep, lines } = error;
    return { message, code, exitCode, nextStep, lines };
  }
  if (error instanceof ApiError) return explainApiError(error);
  if (isFileError(error)) return explainFileError(error);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    message: 'The command failed because of a defect in it.',
    code: 'defect',
    exitCode: exitCodes.defect,
    nextStep: 'Please report the lines below.',
    lines: stack.split('\n'),
  };
}

/** A folder without access, a full disk, a file that was removed meanwhile: no defect of the command. */
function explainFileError({ path, message }: FileError): Explanation {
  return {
    message: `${path} cannot be used (${message}).`,
    code: 'unusable_file',
    exitCode: exitCodes.usage,
    nextStep: 'Check that the path exists, that you have access to it, and that the disk is not full.',
    lines: [],
  };
}

function explainApiError({ status, code = 'http_error', detail, extra }: ApiError): Explanation {
  if (status === 401) {
    return {
      message: detail,
      code,
      exitCode: exitCodes.notSignedIn,
      nextStep: 'Run pumphouse login, or set RUNTIME__API_KEY to a valid key.',
      lines: [],
    };
  }
  const known = isErrorCode(code) ? errorCodes[code].nextStep : undefined;
  return { message: detail, code, exitCode: toExitCode(status), nextStep: known, lines: listReasons(extra) };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function toExitCode(status: number): ExitCode {
  if (status === 404 || status === 410) return exitCodes.notFound;
  if (status >= 500 || status < 300) return exitCodes.unreachable;
  return exitCodes.refused;
}

/** The reasons in `extra`: texts, `{ key, message }`, or a list of either below `reasons`. */
function listReasons(extra: unknown): string[] {
  if (Array.isArray(extra)) return extra.flatMap(listReason);
  if (typeof extra === 'object' && extra !== null && 'reasons' in extra) return listReasons(extra.reasons);
  return [];
}

function listReason(reason: unknown): string[] {
  if (typeof reason === 'string') return [reason];
  const { key, message, detail } = asObject(reason);
  const text = [message, detail].find((part) => typeof part === 'string');
  if (text === undefined) return [];
  return [typeof key === 'string' && key !== '' ? `${key}: ${text}` : text];
}
