/** A token of the data plane; `expires_at` in Unix seconds. */
export interface DataplaneToken {
  token: string;
  expires_at: number;
}

/** Tokens for the logs, telemetry, files and variables of workspaces. */
export interface DataplaneTokens {
  /** Gives a token that is good for another minute at least, and issues one where none is at hand. */
  get(workspaceId: string): Promise<string>;
  /** Forgets a token that was refused. */
  forget(workspaceId: string): void;
}

const marginSeconds = 60;

/** Keeps one token for each workspace; callers at the same time share one issue. */
export function createDataplaneTokens(
  issue: (workspaceId: string) => Promise<DataplaneToken>,
): DataplaneTokens {
  const issues = new Map<string, Promise<DataplaneToken>>();

  function start(workspaceId: string): Promise<DataplaneToken> {
    const issued = issue(workspaceId);
    issues.set(workspaceId, issued);
    // A failed issue is not kept, so that the next caller tries anew.
    issued.catch(() => {
      if (issues.get(workspaceId) === issued) issues.delete(workspaceId);
    });
    return issued;
  }

  /** Nothing is awaited between the look at what is kept and the start, so that callers cannot both start. */
  async function get(workspaceId: string): Promise<string> {
    const kept = issues.get(workspaceId);
    if (kept === undefined) return (await start(workspaceId)).token;
    const { token, expires_at } = await kept;
    if (expires_at - Date.now() / 1000 > marginSeconds) return token;
    if (issues.get(workspaceId) === kept) issues.delete(workspaceId);
    return (await (issues.get(workspaceId) ?? start(workspaceId))).token;
  }

  return { get, forget: (workspaceId) => void issues.delete(workspaceId) };
}
