import type { RaisedException, TracebackFrame } from './python-traceback.ts';
import type { RunFailureReason } from './run-failures.ts';
import { maximumReasonSummary } from '@pumphouse/contract';
import { adviseOnError } from './advice/advise.ts';
import { adviseOnIndex } from './advice/advise-index.ts';
import { followCauses, isLastOwn } from './advice/raised-error.ts';
import { readLastTraceback } from './python-traceback.ts';
import { readRunFailureCode, runFailures } from './run-failures.ts';

/** Why a run or an attempt failed, from the best available source. */
export interface FailureReason {
  /**
   * `pipeline`: dlt reported the step; `exception`: a traceback in the log; `runtime`: observed from outside.
   */
  kind: 'pipeline' | 'exception' | 'runtime';
  /** One line of at most 120 characters. */
  summary: string;
  exceptionType: string | null;
  /** At most 2 kB. */
  message: string;
  step: string | null;
  pipelineName: string | null;
  table: string | null;
  location: FailureLocation | null;
  /** What to do about it; null if its exception does not tell, undefined for a run of an older release. */
  advice?: string | null;
}

/** A stack frame in user code. */
export interface FailureLocation {
  /** Relative to the workspace. */
  file: string;
  line: number;
  function: string | null;
}

/** dlt's report of the failed pipeline run. */
export interface FailedPipelineRun {
  pipelineName: string;
  step: string | null;
  message: string | null;
  /** In Python's format; null if the report contained no exception. */
  traceback: string | null;
  /** Tables with a failed load job. */
  failedTables: readonly string[];
}

/** Output of an attempt that can explain why its code failed. */
export interface FailureEvidence {
  /** The last lines that it wrote to stderr. */
  stderr: readonly string[];
  /** The last failed pipeline run of the attempt. */
  pipelineRun: FailedPipelineRun | null;
  /** Name of the folder that contained its code, inside a folder named `work`. */
  workFolderName: string;
}

const messageBytes = 2048;
const maxNameLength = 200;

/** Frames and exceptions of this package belong to dlt: it detects the problem but seldom causes it. */
const dltModule = /^dlt(hub)?\./;
const stepFailed = 'dlt.pipeline.exceptions.PipelineStepFailed';

/**
 * Finds why user code failed; null if there is no evidence. Uses dlt's report, unless the process ended with
 * an exception that was not caused by a failed step: user code may have caught that one and continued.
 */
export function findReason(evidence: FailureEvidence): FailureReason | null {
  const raised = readLastTraceback(evidence.stderr);
  const isOfStep = raised.length === 0 || raised.some(({ type }) => type === stepFailed);
  const report = isOfStep ? evidence.pipelineRun : null;
  const reported = report?.traceback ? readLastTraceback(report.traceback.split('\n')) : [];
  const exception = chooseException(reported) ?? chooseException(raised);
  if (!exception && !report) return null;
  const stepMessage = report?.message ?? raised.find(({ type }) => type === stepFailed)?.message ?? '';
  const step = report?.step ?? /`step=(\w{1,40})`/.exec(stepMessage.slice(0, maxNameLength))?.[1] ?? null;
  const message = boundMessage(exception?.message ?? report?.message ?? '');
  const codeLocation = { workFolderName: evidence.workFolderName, exception };
  const location = findLocation(raised, codeLocation) ?? findLocation(reported, codeLocation);
  return {
    kind: step === null ? 'exception' : 'pipeline',
    summary: summarize(exception?.type ?? null, message),
    exceptionType: exception && cut(cleanLine(exception.type), maxNameLength),
    message,
    step: step && cut(cleanLine(step), maxNameLength),
    pipelineName: report && cut(cleanLine(report.pipelineName), maxNameLength),
    table: report && findTable(report),
    location,
    advice: adviseOn(reported.length > 0 ? reported : raised, { ...codeLocation, location }),
  };
}

function adviseOn(
  raised: readonly RaisedException[],
  { workFolderName, exception, location }: CodeLocation & { location: FailureLocation | null },
): string | null {
  if (!exception) return null;
  const isOwn = (frame: TracebackFrame) => ownLocation(frame, workFolderName) !== null;
  return adviseOnError({
    chain: followCauses(raised, isOwn),
    main: exception,
    isOfUserCode: isLastOwn(exception.frames, isOwn),
    userLine: location && `${location.file}:${location.line}`,
  });
}

/** A failure as all lists, pages, APIs and logs show it. */
interface ExplainedFailure extends FailureReason {
  code: string;
  /** A heading: the class of the exception without its module, otherwise the title of the code. */
  title: string;
  nextStep: string;
}

/**
 * Explains a failure: the reason from user code, otherwise the text of the failure code. The only source of
 * the title, the cause and the next step, so that all views agree. Null without a failure.
 */
export function explainFailed({ failure, reason }: Failed): ExplainedFailure | null {
  if (!failure) return null;
  const meaning = runFailures[readRunFailureCode(failure.code)];
  const shown = reason ?? reasonOfCode(failure);
  const className = cleanLine(shown.exceptionType?.split('.').at(-1) ?? '');
  const nextStep = shown.advice ?? meaning.nextStep;
  return { ...shown, code: failure.code, title: className || meaning.title, nextStep };
}

/** The stored failure of a run or an attempt. */
export interface Failed {
  failure: { code: string; detail: string } | null;
  reason: FailureReason | null;
}

function reasonOfCode({ code, detail }: { code: string; detail: string }): FailureReason {
  const message = boundMessage(detail.trim() || runFailures[readRunFailureCode(code)].cause);
  return {
    kind: 'runtime',
    summary: summarize(null, message),
    exceptionType: null,
    message,
    step: null,
    pipelineName: null,
    table: null,
    location: null,
    advice: adviseOnIndex({ code, detail }),
  };
}

/** Reports whether the code of the run failed by itself, so that its output may explain why. */
export function isOfUserCode({ code }: Pick<RunFailureReason, 'code'>): boolean {
  return code === 'exit_code';
}

/**
 * Chooses the outermost exception that is not dlt's own. If all are dlt's, as for a broken schema contract,
 * chooses the innermost one in the chain of causes.
 */
function chooseException(raised: readonly RaisedException[]): RaisedException | null {
  for (const exception of raised) {
    if (!dltModule.test(exception.type) || exception.createdFrom !== 'cause') return exception;
  }
  return null;
}

interface CodeLocation {
  workFolderName: string;
  exception: RaisedException | null;
}

/**
 * Finds the last frame in user code of the chosen exception; otherwise of the exceptions that it led to,
 * otherwise of those that led to it.
 */
function findLocation(
  raised: readonly RaisedException[],
  { workFolderName, exception }: CodeLocation,
): FailureLocation | null {
  const at = raised.findIndex(
    ({ type, message }) => type === exception?.type && message === exception.message,
  );
  const index = at === -1 ? raised.length - 1 : at;
  const inOrder = [...raised.slice(0, index + 1).toReversed(), ...raised.slice(index + 1)];
  for (const { frames } of inOrder) {
    for (const frame of frames.toReversed()) {
      const own = ownLocation(frame, workFolderName);
      if (own) return own;
    }
  }
  return null;
}

function ownLocation(frame: TracebackFrame, workFolderName: string): FailureLocation | null {
  const root = `/work/${workFolderName}/`;
  const start = frame.file.indexOf(root);
  if (start === -1 || frame.file.includes('/site-packages/')) return null;
  const file = cut(cleanLine(frame.file.slice(start + root.length)), maxNameLength * 2);
  const name = frame.function === null ? null : cut(cleanLine(frame.function), maxNameLength);
  return { file, line: frame.line, function: name };
}

/** dlt names a failed job `<table>.<id>.<format>`. */
function findTable({ failedTables, message }: FailedPipelineRun): string | null {
  const [table, another] = failedTables;
  const named =
    table !== undefined && another === undefined
      ? table
      : (/`job_id=([^`.]{1,200})\./.exec((message ?? '').slice(0, messageBytes))?.[1] ?? null);
  return named === null ? null : cut(cleanLine(named), maxNameLength);
}

function summarize(type: string | null, message: string): string {
  const name = type?.split('.').at(-1) ?? '';
  const line = cleanLine(message.split('\n').find((each) => each.trim() !== '') ?? '');
  return cut([cleanLine(name), line].filter((part) => part !== '').join(': '), maximumReasonSummary);
}

/** Limits a message to 2 kB of UTF-8 without characters that Postgres or a terminal would interpret. */
function boundMessage(text: string): string {
  const clean = text
    .slice(0, messageBytes)
    .replace(controlSequences, '')
    .replace(controlCharacters, ' ')
    .toWellFormed()
    .trim();
  const bytes = Buffer.from(clean);
  if (bytes.length <= messageBytes) return clean;
  return bytes
    .subarray(0, messageBytes)
    .toString()
    .replace(/\uFFFD+$/, '');
}

/** Terminal escape sequences such as colors. */
// eslint-disable-next-line no-control-regex
const controlSequences = /\u001B\[[0-9;?]{0,20}[A-Za-z]/g;
// eslint-disable-next-line no-control-regex
const controlCharacters = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]/g;

function cleanLine(text: string): string {
  return text
    .replace(controlSequences, '')
    .replace(controlCharacters, ' ')
    .replaceAll('\n', ' ')
    .toWellFormed()
    .trim();
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1)}…`.toWellFormed();
}
