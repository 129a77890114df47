import type { LogLine } from '../domain/logs/log-line.ts';
import type { OlderRequest, OlderRoute } from './route.ts';
import { Readable } from 'node:stream';
import { bytesOf } from '../platform/bytes-of.ts';
import { contentWithoutSource, parseLogLine } from '../domain/logs/log-line.ts';
import { get } from './route.ts';
import { runOf } from './runs.ts';
import { ServiceError } from '../platform/service-error.ts';
import { toDetailedRun } from './run-serializers.ts';

/** Reads the stored log, as one document that is written while it is read: a log can have 100 MB. */
async function readLog(request: OlderRequest) {
  const { call, release, reply } = request;
  const run = await call('get_job_run', { params: runOf(request) });
  const lines = await openLog(request);
  void reply.type('application/json');
  const before = `{"run":${JSON.stringify(toDetailedRun(run, release))},"logs":`;
  const write = release.readsLogLines ? writeLines : writeText;
  return Readable.from(write(before, lines), { objectMode: false });
}

/** Releases before 0.21 read the log from the start of a run, before it has one. */
async function openLog(request: OlderRequest): Promise<AsyncIterable<LogLine>> {
  try {
    return parseLines(await request.call('get_job_run_logs', { params: runOf(request) }));
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'not_found') return Readable.from([]);
    throw error;
  }
}

/** Not readline, which does not throw the errors of its input. */
async function* splitLines(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytesOf(stream)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function* parseLines(ndjson: Readable): AsyncGenerator<LogLine> {
  for await (const line of splitLines(ndjson)) yield parseLogLine(line);
}

async function* writeLines(before: string, lines: AsyncIterable<LogLine>): AsyncGenerator<string> {
  yield `${before}[`;
  let separator = '';
  for await (const line of lines) {
    const { line_num, reported_at } = line;
    const content = contentWithoutSource(line);
    yield separator + JSON.stringify({ line_num, phase: phaseOf(line), content, reported_at });
    separator = ',';
  }
  yield ']}';
}

/** The client adds the last newline itself, and expects null for an empty log. */
async function* writeText(before: string, lines: AsyncIterable<LogLine>): AsyncGenerator<string> {
  yield before;
  let start = '"';
  for await (const line of lines) {
    yield start + JSON.stringify(contentWithoutSource(line)).slice(1, -1);
    start = '\\n';
  }
  yield start === '"' ? 'null}' : '"}';
}

function phaseOf({ source }: Pick<LogLine, 'source'>): 'program' | 'setup' {
  return source === 'user' ? 'program' : 'setup';
}

async function followLog(request: OlderRequest) {
  const events = await request.call('get_job_run_log_stream', { params: runOf(request) });
  return Readable.from(renameFields(events), { objectMode: false });
}

const dataStart = 'data: ';
const errorStart = 'event: error';

/** Renames the fields of each event; comments, which keep the connection open, stay. */
async function* renameFields(events: Readable): AsyncGenerator<string> {
  let isError = false;
  for await (const line of splitLines(events)) {
    if (line.startsWith('event:')) isError = line === errorStart;
    yield `${line.startsWith(dataStart) && !isError ? toOlderEvent(line) : line}\n`;
  }
}

function toOlderEvent(line: string): string {
  const event = parseLogLine(line.slice(dataStart.length));
  const { line_num, reported_at } = event;
  const content = contentWithoutSource(event);
  return dataStart + JSON.stringify({ channel: phaseOf(event), line_num, content, reported_at });
}

/** Logs of runs. */
export const logRoutes: readonly OlderRoute[] = [
  get('/workspaces/:workspace_id/runs/:run_id/logs', readLog),
  get('/workspaces/:workspace_id/runs/:run_id/logs/stream', followLog),
];
