/**
 * Something of this installation on an executor's backend, known by its label or its place, and what it is there for. The owner may
 * be gone: who knows the store decides that, and has what nothing owns removed.
 */
export interface Belonging {
  /** `control-group`: of the machine's kernel. */
  kind: 'container' | 'volume' | 'network' | 'image' | 'folder' | 'processes' | 'control-group';
  /** Good for `removeBelonging` of the same executor, and for people. */
  id: string;
  owner: BelongingOwner;
  /** When it was made, or last changed where the backend knows nothing better. */
  madeAt: Date;
  /** Null where it was not asked for, or is not known. */
  sizeBytes: number | null;
}

export type BelongingOwner =
  | { kind: 'attempt'; attemptId: string }
  /** One that is built, or is being built, or whose builder was killed; `key` is that of its specification. */
  | { kind: 'environment'; path: string; key: string }
  /** What one build of an environment needs while it lasts, and nobody afterwards. */
  | { kind: 'build'; key: string }
  | { kind: 'cache'; organizationId: string }
  | { kind: 'local-data'; workspaceId: string; profile: string }
  /** Needed as long as there is the installation. */
  | { kind: 'installation' }
  /** `replacedAt`: since when a later image does its work and no container of ours runs from it; null while it is needed. */
  | { kind: 'runner-image'; replacedAt: Date | null }
  /** Left by a removal that was cut short, or by anything else that has ended for sure. */
  | { kind: 'nobody' };
