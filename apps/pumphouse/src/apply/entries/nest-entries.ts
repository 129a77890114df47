import { nestAttributes, SecretValue, type Attributes, type Entry, type KindName } from './entry.ts';

type Nested = Record<string, unknown>;

/** The section of each kind that is a map by name, in an organization or a workspace. */
const sections: Partial<Record<KindName, string>> = {
  cost_rates: 'cost_rates',
  alert_channel: 'alert_channels',
  alert_rule: 'alert_rules',
  event_subscription: 'event_subscriptions',
};

/**
 * Arranges entries of a server as a file has them; the reverse of `listEntries`. Secrets become references to
 * variables of the environment with names made from theirs.
 */
export function nestEntries(entries: readonly Entry[]): Nested {
  const organizations: Nested = {};
  for (const { kind, path, attributes } of entries) {
    const [organization = '', second = ''] = path;
    const outer = reach(organizations, organization);
    const name = path.at(-1) ?? '';
    if (kind === 'organization') Object.assign(outer, nestAttributes(attributes));
    else if (kind === 'member') reach(outer, 'members')[name] = attributes['role'];
    else if (kind === 'invitation') addInvitation(outer, name, attributes);
    else if (kind === 'cost_rates') reach(outer, 'cost_rates')[name] = nestAttributes(attributes);
    else addToWorkspace(reach(outer, 'workspaces', second), { kind, path, attributes });
  }
  return { version: 1, organizations };
}

function addToWorkspace(workspace: Nested, { kind, path, attributes }: Entry): void {
  const name = path.at(-1) ?? '';
  const section = sections[kind];
  if (kind === 'workspace') {
    const { archived, ...others } = attributes;
    Object.assign(workspace, others, archived === true && { archived });
  } else if (kind === 'workspace_member') reach(workspace, 'members')[name] = attributes['role'];
  else if (kind === 'variable') addVariable(workspace, path, attributes);
  else if (section !== undefined) {
    // A channel can have the same name but another address.
    const secretName = kind === 'event_subscription' ? `${name}_events` : name;
    reach(workspace, section)[name] = describe(secretName, attributes);
  }
}

/** The host of a channel or subscription is left out: it is part of the secret address. */
function describe(secretName: string, attributes: Attributes): Nested {
  const nested = nestAttributes(attributes);
  const pairs = Object.entries(nested).filter(([key]) => key !== 'host');
  return Object.fromEntries(
    pairs.map(([key, value]) => [
      key,
      value instanceof SecretValue ? referenceTo(`${secretName}_${key}`) : value,
    ]),
  );
}

function addVariable(workspace: Nested, path: readonly string[], { value, secret }: Attributes): void {
  const [, , profile = '', name = ''] = path;
  const scope = profile === '' ? workspace : reach(workspace, 'profiles', profile);
  reach(scope, 'variables')[name] =
    secret === undefined ? value : { secret: referenceTo(profile === '' ? name : `${name}_${profile}`) };
}

function addInvitation(organization: Nested, email: string, { role, ...grants }: Attributes): void {
  if (role !== 'collaborator') reach(organization, 'members')[email] = role;
  for (const [name, workspaceRole] of Object.entries(grants)) {
    const workspace = name.slice(name.indexOf('.') + 1);
    reach(organization, 'workspaces', workspace, 'members')[email] = workspaceRole;
  }
}

function referenceTo(name: string): string {
  return `\${env:${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}}`;
}

/** Returns the inner map at a path. Creates it if it does not exist. */
function reach(map: Nested, ...path: readonly string[]): Nested {
  return path.reduce((outer: Nested, key) => {
    if (!Object.hasOwn(outer, key)) outer[key] = {};
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this module fills the maps
    return outer[key] as Nested;
  }, map);
}
