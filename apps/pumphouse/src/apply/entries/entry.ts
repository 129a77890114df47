/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A secret: the reference that the file has, or null for one that is stored on the server. */
export class SecretValue {
  readonly reference: string | null;

  constructor(reference: string | null) {
    this.reference = reference;
  }
}

export type Attribute = Json | SecretValue;

/** Attributes by name; an inner map gives names with a dot, such as `scope.tags`. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** The kinds of resources in the order in which they are created and changed. They are removed in the reverse order. */
export const kindNames = [
  'organization',
  'cost_rates',
  'workspace',
  'workspace_member',
  'member',
  'invitation',
  'variable',
  'alert_channel',
  'alert_rule',
  'event_subscription',
] as const;
export type KindName = (typeof kindNames)[number];

/** A resource of the file or of the server. Both have the same names of attributes. */
export interface Entry {
  kind: KindName;
  /** Organization first, then workspace, then the name in it. A variable has its profile before its name. */
  path: readonly string[];
  attributes: Attributes;
}

/** The identity of a resource. */
export function addressOf({ kind, path }: Pick<Entry, 'kind' | 'path'>): string {
  return JSON.stringify([kind, ...path]);
}

/** Flattens the inner maps of the named properties. Undefined properties are left out. */
export function flattenAttributes(
  value: Readonly<Record<string, unknown>>,
  innerMaps: readonly string[] = [],
): Attributes {
  const pairs = Object.entries(value).flatMap(([name, property]): [string, unknown][] =>
    innerMaps.includes(name) && typeof property === 'object' && property !== null
      ? Object.entries(property).map(([inner, each]): [string, unknown] => [`${name}.${inner}`, each])
      : [[name, property]],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- schemas and responses contain JSON only
  return Object.fromEntries(pairs.filter(([, property]) => property !== undefined)) as Attributes;
}

/** The reverse of `flattenAttributes`. */
export function nestAttributes(attributes: Attributes): Record<string, unknown> {
  const nested: Record<string, unknown> = {};
  const inner: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const [outer = '', ...rest] = name.split('.');
    if (rest.length === 0) nested[outer] = value;
    else nested[outer] = Object.assign((inner[outer] ??= {}), { [rest.join('.')]: value });
  }
  return nested;
}
