/**
 * The connection to a container engine through the Docker Engine API, which Docker and Podman both support.
 */
import type { IncomingMessage } from 'node:http';
import type Docker from 'dockerode';
import { EnvironmentBuildError } from '../contract/environment-builder.ts';
import { ExecutorError, type ExecutorErrorKind } from '../contract/executor-error.ts';
import type { EngineAddress } from './engine-address.ts';

/** The engine's properties; queried once per connection. */
export interface EngineDetails {
  isPodman: boolean;
  /** "Docker 26.1.5" */
  label: string;
  cpus: number;
  /** Null if the engine does not report it. */
  memoryBytes: number | null;
  /** Whether the engine runs without root. */
  isRootless: boolean;
}

/**
 * An engine that does not start to respond within this time counts as down. Builds and pulls stream, so they
 * may take longer.
 */
const answerTimeoutMilliseconds = 60_000;
/**
 * For a call that is answered immediately: longer than a busy engine takes, shorter than readiness checks
 * wait.
 */
const pingTimeoutMilliseconds = 3000;

/** Creates a client for the address. Sends nothing yet. */
export async function connectEngine(
  { url, tls }: EngineAddress,
  timeout = answerTimeoutMilliseconds,
): Promise<Docker> {
  // Imported on first use: the package takes half a second to load, which other executors need not pay.
  const { default: Client } = await import('dockerode');
  const parsed = new URL(url);
  if (parsed.protocol === 'unix:')
    return new Client({ socketPath: decodeURIComponent(parsed.pathname), timeout });
  return new Client({
    protocol: parsed.protocol === 'https:' ? 'https' : 'http',
    host: parsed.hostname,
    // A URL drops the default port of its scheme.
    port: Number(parsed.port || (parsed.protocol === 'https:' ? 443 : 80)),
    timeout,
    ...tls,
  });
}

/**
 * Queries the engine's properties.
 * @throws the connection's errors
 */
export async function readEngineDetails(engine: Docker): Promise<EngineDetails> {
  const [version, info] = await Promise.all([
    engine.version() as Promise<{ Version?: string; Components?: { Name?: string }[] }>,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dockerode declares any
    engine.info() as Promise<{ NCPU?: number; MemTotal?: number; SecurityOptions?: string[] | null }>,
  ]);
  const isPodman = (version.Components ?? []).some(({ Name }) => Name?.startsWith('Podman'));
  return {
    isPodman,
    label: `${isPodman ? 'Podman' : 'Docker'} ${version.Version ?? ''}`.trim(),
    cpus: info.NCPU ?? 1,
    memoryBytes: info.MemTotal || null,
    // Both engines report it as an option of security, such as "name=rootless".
    isRootless: (info.SecurityOptions ?? []).some((option) => /\brootless\b/.test(option)),
  };
}

/**
 * Removes the timeout of a stream: a compiler may print nothing for minutes, and the client's timeout is
 * meant for responses.
 */
export function allowSilence(stream: NodeJS.ReadableStream): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- docker-modem returns the response of Node's HTTP client
  (stream as IncomingMessage).setTimeout(0);
}

/**
 * Pings the engine.
 * @throws if it does not respond within three seconds
 */
export async function pingEngine(address: EngineAddress): Promise<void> {
  await (await connectEngine(address, pingTimeoutMilliseconds)).ping();
}

/** Whether an engine responds at the address. */
export async function engineAnswers(address: EngineAddress): Promise<boolean> {
  try {
    await pingEngine(address);
    return true;
  } catch {
    return false;
  }
}

/** The HTTP status of an engine's error; null for an error of the connection or of this server. */
export function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** Whether a removal or a creation failed because the object is in use, or already exists. */
export function isConflict(error: unknown): boolean {
  // Podman has no specific status for an existing container name.
  return statusOf(error) === 409 || readErrorBody(error).cause === 'that name is already in use';
}

/** The result, or null if the engine reports that the object does not exist. */
export async function orNull<Result>(asked: Promise<Result>): Promise<Result | null> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The body of an engine's error response; empty for other errors. */
function readErrorBody(error: unknown): { message?: unknown; cause?: unknown } {
  if (typeof error !== 'object' || error === null || !('json' in error)) return {};
  return typeof error.json === 'object' && error.json !== null ? error.json : {};
}

/** The engine's own message, without the status code that the client prepends. */
export function engineMessage(error: unknown): string {
  const body = readErrorBody(error);
  if (typeof body.message === 'string') return body.message.trim();
  const text = error instanceof Error ? error.message : String(error);
  // For a response that would have been a stream, the client keeps only the message.
  return text.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
}

/**
 * Converts an engine's error to the executor's; existing executor errors are returned unchanged. An invalid
 * request would fail again (`config`), all other errors may be temporary (`backend`).
 */
export function asExecutorError(error: unknown, doing: string): ExecutorError | EnvironmentBuildError {
  if (error instanceof ExecutorError || error instanceof EnvironmentBuildError) return error;
  const text = engineMessage(error);
  return new ExecutorError(deriveKindStatus(statusOf(error), text), `${doing}: ${text}`, { cause: error });
}

function deriveKindStatus(status: number | null, text: string): ExecutorErrorKind {
  if (status === 400) return 'config';
  // Rootless engines without delegated controllers, and kernels without a controller, reject limits at every
  // start.
  if (
    status !== null &&
    /cgroup|controller/i.test(text) &&
    /not (available|enabled|mounted|supported)/i.test(text)
  )
    return 'config';
  return 'backend';
}
