import { CommandError } from '../../errors/command-error.ts';
import { exitCodes } from '../../errors/exit-codes.ts';
import type { KindName } from '../entries/entry.ts';

/** Kinds of ids: those of resources, and of jobs and users, which a file only refers to. */
type IdKind = KindName | 'job' | 'user';

/** Ids of the server by the names of the file. */
export interface Ids {
  set(kind: IdKind, path: readonly string[], id: string): void;
  /** @throws CommandError unknown_reference */
  get(kind: IdKind, path: readonly string[]): string;
  find(kind: IdKind, path: readonly string[]): string | undefined;
  /** The name of an id, which is the last part of its path. */
  nameOf(kind: IdKind, id: string): string | undefined;
}

export function createIds(): Ids {
  const idsByAddress = new Map<string, string>();
  const namesById = new Map<string, string>();
  const addressOf = (kind: IdKind, path: readonly string[]) => JSON.stringify([kind, ...path]);

  return {
    set(kind, path, id) {
      idsByAddress.set(addressOf(kind, path), id);
      namesById.set(`${kind} ${id}`, path.at(-1) ?? '');
    },
    get(kind, path) {
      const id = idsByAddress.get(addressOf(kind, path));
      if (id !== undefined) return id;
      const name = path.at(-1) ?? '';
      throw new CommandError(
        `There is no ${kind.replace('_', ' ')} ${name} in ${path.slice(0, -1).join(' > ')}.`,
        {
          code: 'unknown_reference',
          exitCode: exitCodes.notFound,
          nextStep: 'Correct the name in the file, or create it first.',
        },
      );
    },
    find: (kind, path) => idsByAddress.get(addressOf(kind, path)),
    nameOf: (kind, id) => namesById.get(`${kind} ${id}`),
  };
}
