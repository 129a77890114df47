import type { RaisedException, TracebackFrame } from '../python-traceback.ts';

/** The exceptions that a failure consists of, and where they were raised. Advice is derived from these only. */
export interface RaisedError {
  /** Outermost first. An exception that user code was handling when it raised another one is not part of it. */
  chain: readonly RaisedException[];
  /** The one that explains the failure, for example the one that dlt has wrapped. */
  main: RaisedException;
  /** Whether `main` was raised by a line of user code, not below a call of a library. */
  isOfUserCode: boolean;
  /** The last line of user code, such as `shop.py:24`. */
  userLine: string | null;
}

/** Derives what to do about an error; null if it does not know the error. */
export type Advise = (error: RaisedError) => string | null;

/** Finds the exception of these types that is closest to the cause. */
export function findRaised(
  { chain }: RaisedError,
  types: ReadonlySet<string> | RegExp,
): RaisedException | undefined {
  return chain.findLast(({ type }) => (types instanceof RegExp ? types.test(type) : types.has(type)));
}

/**
 * Follows the chain inwards. If user code raises an exception while it handles another one, without `from`, the
 * other one need not be its cause.
 */
export function followCauses(
  raised: readonly RaisedException[],
  isOwn: (frame: TracebackFrame) => boolean,
): RaisedException[] {
  const end = raised.findIndex(
    ({ createdFrom, frames }) => createdFrom === 'context' && isLastOwn(frames, isOwn),
  );
  return end === -1 ? [...raised] : raised.slice(0, end + 1);
}

export function isLastOwn(
  frames: readonly TracebackFrame[],
  isOwn: (frame: TracebackFrame) => boolean,
): boolean {
  const last = frames.at(-1);
  return last !== undefined && isOwn(last);
}

/** The file of the line that raised an exception. */
export function raisedIn({ frames }: RaisedException): string {
  return frames.at(-1)?.file ?? '';
}

/** What user code, or dlt for it, was using: dlt knows whether it reads or writes. */
export function nameSystem({ chain }: RaisedError): 'destination' | 'source' | 'server' {
  const isUsed = (folder: string) =>
    chain.some(({ frames }) => frames.some(({ file }) => file.includes(`/site-packages/dlt/${folder}/`)));
  if (isUsed('destinations')) return 'destination';
  return isUsed('sources') ? 'source' : 'server';
}

/** Reads a name from a message of a library; null if it is not the kind of name that such a message has. */
export function readName(message: string, pattern: RegExp): string | null {
  const name = pattern.exec(message)?.[1] ?? '';
  return /^[\p{L}\p{N}_.:/@ [\],-]{1,100}$/u.test(name) ? name : null;
}

export const startAgain = 'then start the job again.';
export const deployAgain = 'then deploy and start the job again.';
