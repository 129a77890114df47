/** The connection to a container engine: the Docker Engine API, which Docker and Podman both speak. */
import type { IncomingMessage } from 'node:http';
import type Docker from 'dockerode';
import { EnvironmentBuildError, ExecutorError, type ExecutorErrorKind } from '../executor.ts';
import type { EngineAddress } from './engine-address.ts';

/** What the engine says of itself; asked once a connection. */
export interface EngineFacts {
  isPodman: boolean;
  /** "Docker 26.1.5" */
  label: string;
  cpus: number;
  /** Null where it does not tell. */
  memoryBytes: number | null;
}

/** An engine that does not begin to answer within this time counts as gone. Builds and pulls stream, so they may take longer. */
const answerTimeoutMilliseconds = 60_000;
/** For a question whose answer is known at once: longer than a busy engine takes, shorter than whoever asks for readiness waits. */
const pingTimeoutMilliseconds = 3000;

/** A client for the address. Nothing is sent yet. */
export async function connectEngine(
  { url, tls }: EngineAddress,
  timeout = answerTimeoutMilliseconds,
): Promise<Docker> {
  // On first use: the package brings half a second of loading that other executors need not pay.
  const { default: Client } = await import('dockerode');
  const parsed = new URL(url);
  if (parsed.protocol === 'unix:')
    return new Client({ socketPath: decodeURIComponent(parsed.pathname), timeout });
  return new Client({
    protocol: parsed.protocol === 'https:' ? 'https' : 'http',
    host: parsed.hostname,
    // A URL forgets the port that its scheme has by itself.
    port: Number(parsed.port || (parsed.protocol === 'https:' ? 443 : 80)),
    timeout,
    ...tls,
  });
}

/** Asks the engine what it is. @throws whatever the connection does */
export async function readEngineFacts(engine: Docker): Promise<EngineFacts> {
  const [version, info] = await Promise.all([
    engine.version() as Promise<{ Version?: string; Components?: { Name?: string }[] }>,
    engine.info() as Promise<{ NCPU?: number; MemTotal?: number }>,
  ]);
  const isPodman = (version.Components ?? []).some(({ Name }) => Name?.startsWith('Podman'));
  return {
    isPodman,
    label: `${isPodman ? 'Podman' : 'Docker'} ${version.Version ?? ''}`.trim(),
    cpus: info.NCPU ?? 1,
    memoryBytes: info.MemTotal || null,
  };
}

/** Lets a stream be silent for as long as it takes: a compiler says nothing for minutes, and the client's patience is for answers. */
export function allowSilence(stream: NodeJS.ReadableStream): void {
  (stream as IncomingMessage).setTimeout(0);
}

/** Asks for a sign of life. @throws when there is none within three seconds */
export async function pingEngine(address: EngineAddress): Promise<void> {
  await (await connectEngine(address, pingTimeoutMilliseconds)).ping();
}

/** Whether something that speaks the API answers at the address. */
export async function engineAnswers(address: EngineAddress): Promise<boolean> {
  try {
    await pingEngine(address);
    return true;
  } catch {
    return false;
  }
}

/** The HTTP status of an engine's refusal; null for an error of the connection or of ours. */
export function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** What stands in the way of a removal or a creation: it is in use, or there already. */
export function isConflict(error: unknown): boolean {
  // Podman has no status of its own for the name of a container that is there.
  const { cause } = (error as { json?: { cause?: unknown } } | null)?.json ?? {};
  return statusOf(error) === 409 || cause === 'that name is already in use';
}

/** The result, or null where the engine says that there is no such thing. */
export async function orNull<Result>(asked: Promise<Result>): Promise<Result | null> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The engine's own words, without the code that a client puts before them. */
export function engineWords(error: unknown): string {
  const body = (error as { json?: { message?: unknown; cause?: unknown } } | null)?.json;
  if (typeof body?.message === 'string') return body.message.trim();
  const words = error instanceof Error ? error.message : String(error);
  // Of an answer that would have been a stream, the client keeps the words only.
  return words.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
}

/**
 * A failure of the engine as the executor's own, which those that are it already stay: what the engine refuses for what is asked of it fails again (`config`), all else may
 * pass (`backend`).
 */
export function asExecutorError(error: unknown, doing: string): ExecutorError | EnvironmentBuildError {
  if (error instanceof ExecutorError || error instanceof EnvironmentBuildError) return error;
  const words = engineWords(error);
  return new ExecutorError(judgeKind(statusOf(error), words), `${doing}: ${words}`, { cause: error });
}

function judgeKind(status: number | null, words: string): ExecutorErrorKind {
  if (status === 400) return 'config';
  // Rootless engines without delegated controllers, and a kernel without one, refuse limits at each start alike.
  if (
    status !== null &&
    /cgroup|controller/i.test(words) &&
    /not (available|enabled|mounted|supported)/i.test(words)
  )
    return 'config';
  return 'backend';
}
