import type { RaisedException, TracebackFrame } from './python-traceback.ts';
import type { RunFailureReason } from './run-failures.ts';
import { maximumReasonSummary } from '@pumphouse/contract';
import { readLastTraceback } from './python-traceback.ts';
import { readRunFailureCode, runFailures } from './run-failures.ts';

/** Why a run, or an attempt, failed, in the words of who knows it best. */
export interface FailureReason {
  /** `pipeline`: dlt reported the step; `exception`: a traceback in the log; `runtime`: what was seen from outside. */
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
}

/** A frame of the user's own code. */
export interface FailureLocation {
  /** Relative to the workspace. */
  file: string;
  line: number;
  function: string | null;
}

/** What dlt reported of the pipeline run that failed. */
export interface FailedPipelineRun {
  pipelineName: string;
  step: string | null;
  message: string | null;
  /** In the form in which Python prints it; null where no exception came with the report. */
  traceback: string | null;
  /** Tables of which a load job failed. */
  failedTables: readonly string[];
}

/** What an attempt left that tells why its code failed. */
export interface FailureEvidence {
  /** The end of what it wrote to stderr, line by line. */
  stderr: readonly string[];
  /** The last pipeline run of it that failed. */
  pipelineRun: FailedPipelineRun | null;
  /** The name of the folder in which its code lay, below one that is called `work`. */
  workFolderName: string;
}

const messageBytes = 2048;
const longestName = 200;

/** Frames and exceptions of this package are dlt's own: what is wrong was found there, and is seldom there. */
const dltModule = /^dlt(hub)?\./;
const stepFailed = 'dlt.pipeline.exceptions.PipelineStepFailed';

/**
 * Why user code failed; null where nothing tells. dlt's report tells of it, unless the process ended by an exception that did not come
 * of a failed step: user code may have caught that one and gone on.
 */
export function findReason(evidence: FailureEvidence): FailureReason | null {
  const raised = readLastTraceback(evidence.stderr);
  const isOfStep = raised.length === 0 || raised.some(({ type }) => type === stepFailed);
  const report = isOfStep ? evidence.pipelineRun : null;
  const reported = report?.traceback ? readLastTraceback(report.traceback.split('\n')) : [];
  const told = chooseException(reported) ?? chooseException(raised);
  if (!told && !report) return null;
  const stepMessage = report?.message ?? raised.find(({ type }) => type === stepFailed)?.message ?? '';
  const step = report?.step ?? /`step=(\w{1,40})`/.exec(stepMessage.slice(0, longestName))?.[1] ?? null;
  const message = boundMessage(told?.message ?? report?.message ?? '');
  const place = { workFolderName: evidence.workFolderName, told };
  return {
    kind: step === null ? 'exception' : 'pipeline',
    summary: summarize(told?.type ?? null, message),
    exceptionType: told && cut(cleanLine(told.type), longestName),
    message,
    step: step && cut(cleanLine(step), longestName),
    pipelineName: report && cut(cleanLine(report.pipelineName), longestName),
    table: report && findTable(report),
    location: findLocation(raised, place) ?? findLocation(reported, place),
  };
}

/** A failure as every list, page, API and log shows it. */
interface ExplainedFailure extends FailureReason {
  code: string;
  /** A heading: the class of the exception without its module, else the title of the code. */
  title: string;
  nextStep: string;
}

/**
 * The only source of the name, the cause and the next step of a failure, so that no two places give different ones: the reason that user
 * code left, else the text of the failure's code. Null where nothing failed.
 */
export function explainFailed({ failure, reason }: Failed): ExplainedFailure | null {
  if (!failure) return null;
  const { title, nextStep } = runFailures[readRunFailureCode(failure.code)];
  const told = reason ?? reasonOfCode(failure);
  const className = cleanLine(told.exceptionType?.split('.').at(-1) ?? '');
  return { ...told, code: failure.code, title: className || title, nextStep };
}

/** A run or an attempt: what is stored of its failure. */
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
  };
}

/** Whether the code of the run failed by itself, so that what it wrote may tell why. */
export function isOfUserCode({ code }: Pick<RunFailureReason, 'code'>): boolean {
  return code === 'exit_code';
}

/** The outermost exception that is not dlt's own; where all are, as of a broken schema contract, the innermost that it was raised from. */
function chooseException(raised: readonly RaisedException[]): RaisedException | null {
  for (const exception of raised) {
    if (!dltModule.test(exception.type) || exception.cameOf !== 'cause') return exception;
  }
  return null;
}

/** Where the told exception passed last through the user's own code, else where those that came of it did, else those that it came of. */
function findLocation(
  raised: readonly RaisedException[],
  { workFolderName, told }: { workFolderName: string; told: RaisedException | null },
): FailureLocation | null {
  const at = raised.findIndex(({ type, message }) => type === told?.type && message === told.message);
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
  const file = cut(cleanLine(frame.file.slice(start + root.length)), longestName * 2);
  const name = frame.function === null ? null : cut(cleanLine(frame.function), longestName);
  return { file, line: frame.line, function: name };
}

/** dlt names the job that failed `<table>.<id>.<format>`. */
function findTable({ failedTables, message }: FailedPipelineRun): string | null {
  const [table, another] = failedTables;
  const named =
    table !== undefined && another === undefined
      ? table
      : (/`job_id=([^`.]{1,200})\./.exec((message ?? '').slice(0, messageBytes))?.[1] ?? null);
  return named === null ? null : cut(cleanLine(named), longestName);
}

function summarize(type: string | null, message: string): string {
  const name = type?.split('.').at(-1) ?? '';
  const line = cleanLine(message.split('\n').find((each) => each.trim() !== '') ?? '');
  return cut([cleanLine(name), line].filter((part) => part !== '').join(': '), maximumReasonSummary);
}

/** At most 2 kB of UTF-8, and nothing that Postgres or a terminal would take for more than text. */
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

/** Colours and the like, as they are written to terminals. */
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
