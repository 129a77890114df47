import type { ApplyFile } from '../file/apply-file.ts';
import { addressOf, kindNames, SecretValue, type Entry } from '../entries/entry.ts';
import { arrangePeople } from './arrange-people.ts';
import type { Change } from './change.ts';
import { checkNames } from './check-names.ts';
import { compareAttributes } from './compare-attributes.ts';
import { isExhaustive } from './exhaustive.ts';
import { keepAccess } from './keep-access.ts';

/** What a plan is made from. */
export interface PlanInput {
  file: ApplyFile;
  /** The resources of the file. */
  wanted: readonly Entry[];
  /** The resources of the server, as far as the file has a section for them. */
  existing: readonly Entry[];
  /** The e-mail address of the caller, who owns what an apply creates. */
  caller: string;
  writesSecrets: boolean;
}

/** What an apply would do. */
export interface Plan {
  /** In the order in which they are made. */
  changes: Change[];
  warnings: string[];
  /** Why the server cannot be changed as the file describes. With a problem, nothing is applied. */
  problems: string[];
  /** The number of secrets that both the server and the file have. The server does not return them for a comparison. */
  uncomparedSecrets: number;
}

/** Compares a file with a server. Pure: applying the changes gives a state for which the plan is empty. */
export function makePlan({ file, wanted, existing, caller, writesSecrets }: PlanInput): Plan {
  const state = [...existing, ...listOwnedAfterCreation(wanted, existing, caller)];
  const arranged = arrangePeople(leaveOutAbsentArchived(wanted, state), state, file);
  const stateByAddress = new Map(state.map((entry) => [addressOf(entry), entry]));
  const changes = arranged.flatMap((entry) => {
    const change = compareEntry(entry, stateByAddress.get(addressOf(entry)), writesSecrets);
    return change ? [change] : [];
  });
  const { kept, warnings, problems } = keepAccess(
    [...changes, ...listRemovals(arranged, state, file)],
    state,
    caller,
  );
  return {
    changes: arrange(kept),
    warnings,
    problems: [...problems, ...kept.flatMap(findForbiddenChange), ...checkNames(kept, state)],
    uncomparedSecrets: writesSecrets ? 0 : countUncompared(arranged, stateByAddress),
  };
}

function compareEntry(entry: Entry, existing: Entry | undefined, writesSecrets: boolean): Change | null {
  const { kind, path, attributes } = entry;
  if (existing === undefined) {
    const all = Object.entries(attributes).filter(([, after]) => after !== null || kind !== 'invitation');
    if (kind === 'invitation' && all.length === 0) return null;
    const created = all.map(([name, after]) => ({ name, before: undefined, after }));
    return { action: 'create', kind, path, attributes: created, before: {}, after: attributes };
  }
  const before = existing.attributes;
  const changed = compareAttributes(before, attributes, { writesSecrets });
  if (changed.length === 0) return null;
  const isNewKind = kind === 'alert_rule' && changed.some(({ name }) => name === 'kind');
  // Each kind of a rule has its own conditions, and its own defaults.
  const stays = Object.entries(before).filter(
    ([name]) => !isNewKind || !(name.startsWith('conditions.') || name === 'severity'),
  );
  return {
    action: 'update',
    kind,
    path,
    attributes: changed,
    before,
    after: { ...Object.fromEntries(stays), ...attributes },
  };
}

/** Leaves out workspaces that the file archives and that do not exist: they are not created. */
function leaveOutAbsentArchived(wanted: readonly Entry[], state: readonly Entry[]): Entry[] {
  const isIn = (path: readonly string[]) => (workspace: Entry) =>
    workspace.path[0] === path[0] && workspace.path[1] === path[1];
  const existing = state.filter(({ kind }) => kind === 'workspace');
  const absent = wanted.filter(
    ({ kind, path, attributes }) =>
      kind === 'workspace' && attributes['archived'] === true && !existing.some(isIn(path)),
  );
  return wanted.filter(({ path }) => path.length < 2 || !absent.some(isIn(path)));
}

/** The caller becomes the owner of organizations and workspaces that the apply creates. */
function listOwnedAfterCreation(
  wanted: readonly Entry[],
  existing: readonly Entry[],
  caller: string,
): Entry[] {
  const addresses = new Set(existing.map(addressOf));
  const owner = { role: 'owner' };
  return wanted
    .filter((entry) => !addresses.has(addressOf(entry)))
    .flatMap(({ kind, path }): Entry[] => {
      if (kind === 'organization') return [{ kind: 'member', path: [...path, caller], attributes: owner }];
      if (kind === 'workspace')
        return [{ kind: 'workspace_member', path: [...path, caller], attributes: owner }];
      return [];
    });
}

function listRemovals(wanted: readonly Entry[], state: readonly Entry[], file: ApplyFile): Change[] {
  const addresses = new Set(wanted.map(addressOf));
  // A user with a role in a workspace of the file is in the file, even if the members of the organization omit the user.
  const people = new Set(
    wanted
      .filter(({ kind }) => kind === 'workspace_member')
      .map(({ path }) => addressOf({ kind: 'member', path: [path[0] ?? '', path[2] ?? ''] })),
  );
  return state
    .filter(
      (entry) =>
        isExhaustive(file, entry) && !addresses.has(addressOf(entry)) && !people.has(addressOf(entry)),
    )
    .map(({ kind, path, attributes }) => ({
      action: 'remove',
      kind,
      path,
      attributes: [],
      before: attributes,
      after: {},
    }));
}

/** The server cannot change the kind of a channel. */
function findForbiddenChange({ action, kind, path, attributes }: Change): string[] {
  const isOtherKind =
    action === 'update' && kind === 'alert_channel' && attributes.some(({ name }) => name === 'kind');
  return isOtherKind
    ? [`The kind of the alert channel ${path.at(-1)} cannot be changed. Give the new channel another name.`]
    : [];
}

/** Creations and changes by kind, then removals in the reverse order; workspaces are archived at the end. */
function arrange(changes: readonly Change[]): Change[] {
  const rank = (change: Change) => {
    const index = kindNames.indexOf(change.kind);
    if (
      change.attributes.some(
        ({ name, after }) => name === 'archived' && after === true && change.action === 'update',
      )
    )
      return 3 * kindNames.length;
    if (change.action === 'remove') return 2 * kindNames.length - index;
    // An organization always keeps an owner.
    return change.kind === 'member' && change.after['role'] === 'owner' ? index - 0.5 : index;
  };
  return changes.toSorted((one, other) => rank(one) - rank(other));
}

function countUncompared(wanted: readonly Entry[], state: ReadonlyMap<string, Entry>): number {
  return wanted.reduce((count, entry) => {
    const before = state.get(addressOf(entry))?.attributes ?? {};
    const secrets = Object.entries(entry.attributes).filter(([, value]) => value instanceof SecretValue);
    return count + secrets.filter(([name]) => before[name] instanceof SecretValue).length;
  }, 0);
}
