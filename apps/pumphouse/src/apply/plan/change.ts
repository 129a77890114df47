import type { Attribute, Attributes, KindName } from '../entries/entry.ts';

export interface AttributeChange {
  name: string;
  /** Undefined: the attribute is not set. */
  before: Attribute | undefined;
  after: Attribute;
}

/** What happens to one resource. */
export interface Change {
  action: 'create' | 'update' | 'remove';
  kind: KindName;
  path: readonly string[];
  /** The attributes that change; for a creation, all attributes in the file. */
  attributes: readonly AttributeChange[];
  /** All attributes of the server before; empty for a creation. */
  before: Attributes;
  /** All attributes after the change that the file or the server has; empty for a removal. */
  after: Attributes;
}
