/** What a tab wants to hear of. */
export interface Interests {
  workspaceIds: readonly string[];
  /** Runs whose logs are looked at while they grow. */
  logs: readonly { workspaceId: string; jobRunId: string }[];
}

const noInterests: Interests = { workspaceIds: [], logs: [] };

/** Most of each that the server takes of one stream; what lies beyond is left to the polling of the tab. */
const most = 20;

/** All that the tabs of a browser want together, in a fixed order, so that the same wishes are the same text. */
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

/** Counts who in this tab wants what: two parts of a page may look at the same log. */
export function createOwnInterests(onChange: (interests: Interests) => void) {
  const held = new Set<Interests>();
  const tell = () => onChange(joinInterests([...held]));
  return {
    /** @returns what withdraws it */
    add(interests: Partial<Interests>): () => void {
      const own = { ...noInterests, ...interests };
      held.add(own);
      tell();
      return () => {
        held.delete(own);
        tell();
      };
    },
  };
}
