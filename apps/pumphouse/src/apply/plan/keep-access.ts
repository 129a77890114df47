import type { Entry } from '../entries/entry.ts';
import type { Change } from './change.ts';

/**
 * Keeps the caller's own access, and an owner in each organization: a file with a mistake must not lock its
 * user out.
 */
export function keepAccess(
  changes: readonly Change[],
  state: readonly Entry[],
  caller: string,
): { kept: Change[]; warnings: string[]; problems: string[] } {
  const isOwn = ({ kind, path }: Change) =>
    (kind === 'member' || kind === 'workspace_member') && path.at(-1) === caller;
  const ownRemovals = changes.filter((change) => change.action === 'remove' && isOwn(change));
  const ownUpdates = changes.filter((change) => change.action === 'update' && isOwn(change));
  const kept = changes.filter((change) => !ownRemovals.includes(change));
  return {
    kept,
    warnings: ownRemovals.map(
      ({ path }) =>
        `${caller} is not in the file, and stays in ${path.slice(0, -1).join(' > ')}: apply never removes the access of its caller.`,
    ),
    problems: [
      ...ownUpdates.map(
        ({ path }) =>
          `${caller} cannot change their own role in ${path.slice(0, -1).join(' > ')}. Let another owner apply this.`,
      ),
      ...findOwnerless(kept, state).map(
        (organization) => `${organization} would have no owner. Make another member an owner first.`,
      ),
    ],
  };
}

/** Organizations that had an owner and would have none. Invited owners do not count: they may never join. */
function findOwnerless(changes: readonly Change[], state: readonly Entry[]): string[] {
  const owners = state.filter(({ kind, attributes }) => kind === 'member' && attributes['role'] === 'owner');
  const keyOf = (path: readonly string[]) => JSON.stringify(path);
  const lost = new Set(
    changes
      .filter(({ kind, after }) => kind === 'member' && after['role'] !== 'owner')
      .map(({ path }) => keyOf(path)),
  );
  const gained = new Set(
    changes
      .filter(({ kind, after }) => kind === 'member' && after['role'] === 'owner')
      .map(({ path }) => path[0]),
  );
  const organizations = new Set(owners.map(({ path }) => path[0] ?? ''));
  return [...organizations].filter(
    (organization) =>
      !gained.has(organization) &&
      owners.filter(({ path }) => path[0] === organization).every(({ path }) => lost.has(keyOf(path))),
  );
}
