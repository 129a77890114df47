/** What a tab subscribes to. */
export interface Interests {
  workspaceIds: readonly string[];
  /** Runs whose growing logs are open. */
  logs: readonly { workspaceId: string; jobRunId: string }[];
}

const noInterests: Interests = { workspaceIds: [], logs: [] };

/** The server's limit per stream for workspaces and for logs. Interests beyond it rely on polling. */
const most = 20;

/** Merges the interests of all tabs, in a fixed order, so that equal interests serialize equally. */
export function joinInterests(all: readonly Interests[]): Interests {
  const logs = new Map(
    all.flatMap((each) => each.logs.map((log) => [`${log.workspaceId}/${log.jobRunId}`, log] as const)),
  );
  const workspaceIds = new Set(all.flatMap((each) => each.workspaceIds));
  return {
    workspaceIds: [...workspaceIds].toSorted().slice(0, most),
    logs: [...logs.keys()]
      .toSorted()
      .slice(0, most)
      .flatMap((key) => logs.get(key) ?? []),
  };
}

export const sameInterests = (one: Interests, other: Interests) =>
  JSON.stringify(one) === JSON.stringify(other);

/** Tracks the interests of this tab's components: two components may follow the same log. */
export function createOwnInterests(onChange: (interests: Interests) => void) {
  const held = new Set<Interests>();
  const report = () => onChange(joinInterests([...held]));
  return {
    /** @returns a function that removes the interests */
    add(interests: Partial<Interests>): () => void {
      const own = { ...noInterests, ...interests };
      held.add(own);
      report();
      return () => {
        held.delete(own);
        report();
      };
    },
  };
}
