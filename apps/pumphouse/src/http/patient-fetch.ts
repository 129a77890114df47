import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from '../terminal/terminal.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

type Fetch = typeof globalThis.fetch;

interface PatienceOptions {
  fetch: Fetch;
  serverUrl: string;
  terminal: Pick<Terminal, 'isLive' | 'note' | 'redraw'>;
}

/** How long to try again before the server has answered once: a wrong address should be reported soon. */
const firstPatienceMs = 3_000;
/** How long to wait for a server that has answered before: it restarts. */
const patienceMs = 90_000;
const maxPauseMs = 3_000;

const unavailableStatuses = new Set([502, 503, 504]);
/** A header of every response of a Pumphouse server. */
const serverHeader = 'x-dlthub-min-client-version';

/**
 * A fetch that waits while the server restarts, and explains a server that does not answer or is something
 * else. A request that changes something is sent again only if the server cannot have received it.
 */
export function createPatientFetch({ fetch, serverUrl, terminal }: PatienceOptions): Fetch {
  let hasAnswered = false;

  return async (input, init = {}) => {
    const startedAt = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await attemptFetch(fetch, input, init);
      const isLastTry = performance.now() - startedAt > (hasAnswered ? patienceMs : firstPatienceMs);
      if ('response' in outcome && !unavailableStatuses.has(outcome.response.status)) {
        checkServer(outcome.response, serverUrl);
        hasAnswered = true;
        terminal.redraw('');
        return outcome.response;
      }
      if ('response' in outcome && (isLastTry || !mayRepeat(init, outcome))) return outcome.response;
      if ('error' in outcome && (isLastTry || !mayRepeat(init, outcome)))
        throw explainNoAnswer(serverUrl, outcome.error);
      // On a terminal the line is redrawn; elsewhere one message says why nothing happens.
      if (attempt === 0 && !terminal.isLive) terminal.note(`Waiting for ${serverUrl} to answer`);
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      terminal.redraw(`Waiting for ${serverUrl} to answer (${seconds} s)`);
      await sleep(Math.min(200 * 2 ** attempt, maxPauseMs), undefined, { signal: init.signal ?? undefined });
    }
  };
}

type Outcome = { response: Response } | { error: unknown };

async function attemptFetch(fetch: Fetch, input: Parameters<Fetch>[0], init: RequestInit): Promise<Outcome> {
  try {
    return { response: await fetch(input, init) };
  } catch (error) {
    if (init.signal?.aborted) throw error;
    return { error };
  }
}

/** Reads can be repeated; changes only if no server has begun to work on them. Streams are sent once. */
function mayRepeat({ method = 'GET', body }: RequestInit, outcome: Outcome): boolean {
  if (body instanceof ReadableStream) return false;
  if (method === 'GET') return true;
  // A server that has lost its store in the middle of a change answers 503 too, so that is no proof.
  if ('response' in outcome) return false;
  return readSystemCode(outcome.error) === 'ECONNREFUSED';
}

/** @throws CommandError not_a_pumphouse_server */
function checkServer(response: Response, serverUrl: string): void {
  if (response.headers.has(serverHeader)) return;
  throw new CommandError(`${serverUrl} answers, but it is not a Pumphouse server.`, {
    code: 'not_a_pumphouse_server',
    exitCode: exitCodes.unreachable,
    nextStep:
      'Check the address: api_base_url in .dlt/config.toml, RUNTIME__API_BASE_URL, --server, or the proxy settings.',
  });
}

function explainNoAnswer(serverUrl: string, error: unknown): CommandError {
  const reason = describeFailure(error);
  return new CommandError(`${serverUrl} does not answer (${reason}).`, {
    code: 'server_unreachable',
    exitCode: exitCodes.unreachable,
    nextStep: 'Check that the server runs, and its address: pumphouse whoami --server https://...',
  });
}

/** The system's own code of a failed connection, such as `ECONNREFUSED`; fetch wraps it. */
function readSystemCode(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
    if (cause instanceof AggregateError && cause.errors[0] !== undefined)
      return readSystemCode(cause.errors[0]);
  }
  return undefined;
}

function describeFailure(error: unknown): string {
  let reason = error instanceof Error ? error.message : String(error);
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause.message !== '') reason = cause.message;
  return reason === '' ? (readSystemCode(error) ?? 'no reason given') : reason;
}
