/**
 * A resource of this installation on an executor's backend, identified by its label or location, with its
 * owner. The owner may no longer exist: the collector, which reads the store, decides that and removes
 * orphans.
 */
export interface Resource {
  /** `control-group`: a cgroup in the machine's kernel. */
  kind: 'container' | 'volume' | 'network' | 'image' | 'folder' | 'processes' | 'control-group';
  /** Input for `removeResource` of the same executor; also shown to operators. */
  id: string;
  owner: ResourceOwner;
  /** Time of creation, or of the last change if the backend does not record the creation. */
  madeAt: Date;
  /** Null if not requested or unknown. */
  sizeBytes: number | null;
}

export type ResourceOwner =
  | { kind: 'attempt'; attemptId: string }
  /**
   * A finished or unfinished environment, or one whose builder was killed; `key` is the key of its
   * specification.
   */
  | { kind: 'environment'; path: string; key: string }
  /** Needed only while one build of an environment runs. */
  | { kind: 'build'; key: string }
  | { kind: 'cache'; organizationId: string }
  | { kind: 'local-data'; workspaceId: string; profile: string }
  /** Needed for the lifetime of the installation. */
  | { kind: 'installation' }
  /**
   * `replacedAt`: since when a later image has replaced it and none of our containers runs from it; null
   * while it is needed.
   */
  | { kind: 'runner-image'; replacedAt: Date | null }
  /** The folder in which a server receives an upload. */
  | { kind: 'upload'; startedAt: Date }
  /** Left by an interrupted removal, or by something else that has certainly ended. */
  | { kind: 'nobody' };
