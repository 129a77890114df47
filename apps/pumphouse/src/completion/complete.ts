import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Session } from '../session/session.ts';
import { findPosition, type Candidate, type NameKind, type Position } from './find-candidates.ts';
import { formatCandidates, readThroughCache } from './name-cache.ts';

/** A shell waits for the answer, so names of a slow server are not worth more. */
const patienceMs = 1000;

/** Completes a command line. Nothing is printed about errors: they would appear in the line that is typed. */
export async function complete(
  program: Command,
  owner: NodeJS.Process,
  words: readonly string[],
): Promise<string> {
  const position = findPosition(program, words);
  const names = position.kinds.length === 0 ? [] : await readNames(owner, position);
  const matching = [...position.candidates, ...names].filter(
    ({ value }) => value.startsWith(position.partial) && !/[\r\n\t]/.test(value),
  );
  return formatCandidates(
    matching.map(({ value, description }) => ({ value: position.prefix + value, description })),
  );
}

async function readNames(owner: NodeJS.Process, position: Position): Promise<Candidate[]> {
  const { openSession } = await import('../session/open-session.ts');
  const { nameReaders } = await import('./look-up-names.ts');
  const { server, workspace } = position;

  async function lookUp(): Promise<Candidate[]> {
    const session = await openSession(owner, {
      quiet: true,
      ...(server !== undefined && { server }),
      ...(workspace !== undefined && { workspace }),
    });
    const lists = position.kinds.map((kind) =>
      readThroughCache(owner.env, describeKey(session, kind, position), () =>
        nameReaders[kind](session, position),
      ).catch((): Candidate[] => []),
    );
    return (await Promise.all(lists)).flat();
  }

  const isLate = Symbol('late');
  const reading = lookUp().catch((): Candidate[] => []);
  const names = await Promise.race([reading, sleep(patienceMs, isLate, { ref: false })]);
  if (typeof names !== 'symbol') return names;
  // A request that still waits would keep the process, and with it the shell.
  owner.stdout.write(formatCandidates(position.candidates));
  return owner.exit(0);
}

/** Names of different servers, workspaces and jobs are kept apart. */
function describeKey(session: Session, kind: NameKind, position: Position): (string | undefined)[] {
  const ofJob = kind === 'number' || kind === 'input' ? position.given[0] : undefined;
  const ofHistory = kind === 'version' ? position.path : undefined;
  return [session.serverUrl, position.workspace ?? session.folder?.workspaceId, kind, ofJob, ofHistory];
}
