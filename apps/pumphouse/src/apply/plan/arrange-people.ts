import type { ApplyFile } from '../file/apply-file.ts';
import { addressOf, type Attributes, type Entry } from '../entries/entry.ts';
import { grantPrefix } from '../kinds/people.ts';
import { isExhaustive } from './exhaustive.ts';

/**
 * Turns the roles of users who are not members yet into invitations, each with all roles of its user. A pending
 * invitation loses its role in a workspace whose members are exhaustive and do not include the user.
 */
export function arrangePeople(
  entries: readonly Entry[],
  existing: readonly Entry[],
  file: ApplyFile,
): Entry[] {
  const members = new Set(existing.filter(({ kind }) => kind === 'member').map(({ path }) => personOf(path)));
  const invitations = new Map<string, { path: readonly string[]; attributes: Attributes }>();
  const grant = (organization: string, email: string, attributes: Attributes) => {
    const path = [organization, email];
    const before = invitations.get(personOf(path))?.attributes;
    invitations.set(personOf(path), { path, attributes: { ...before, ...attributes } });
  };
  const others = entries.filter((entry) => {
    const { kind, path, attributes } = entry;
    const [organization = ''] = path;
    const email = path.at(-1) ?? '';
    if ((kind !== 'member' && kind !== 'workspace_member') || members.has(personOf([organization, email])))
      return true;
    const role = attributes['role'] ?? null;
    grant(organization, email, kind === 'member' ? { role } : { [`${grantPrefix}${path[1]}`]: role });
    return false;
  });
  for (const { path, attribute } of listLostGrants(entries, existing, file)) {
    const [organization = '', email = ''] = path;
    // An invitation that is removed needs no changed role.
    const isRemoved =
      !invitations.has(personOf(path)) && isExhaustive(file, { kind: 'invitation', path, attributes: {} });
    if (!isRemoved) grant(organization, email, { [attribute]: null });
  }
  return [...others, ...[...invitations.values()].map((each): Entry => ({ kind: 'invitation', ...each }))];
}

function listLostGrants(entries: readonly Entry[], existing: readonly Entry[], file: ApplyFile) {
  const wanted = new Set(entries.map(addressOf));
  return existing
    .filter(({ kind }) => kind === 'invitation')
    .flatMap(({ path, attributes }) =>
      Object.keys(attributes)
        .filter((attribute) => {
          if (!attribute.startsWith(grantPrefix)) return false;
          const [organization = '', email = ''] = path;
          const workspace = attribute.slice(grantPrefix.length);
          const section = file.organizations[organization]?.workspaces?.[workspace];
          const address = addressOf({ kind: 'workspace_member', path: [organization, workspace, email] });
          return section?.exhaustive?.includes('members') === true && !wanted.has(address);
        })
        .map((attribute) => ({ path, attribute })),
    );
}

const personOf = ([organization, email]: readonly string[]): string => JSON.stringify([organization, email]);
