/** A data plane token; `expires_at` in Unix seconds. */
export interface DataplaneToken {
  token: string;
  expires_at: number;
}

/** Tokens for the logs, telemetry, files and variables of workspaces. */
export interface DataplaneTokens {
  /** Returns a token that is valid for at least another minute, and issues one if needed. */
  get(workspaceId: string): Promise<string>;
  /** Drops a token that was rejected. */
  forget(workspaceId: string): void;
}

const marginSeconds = 60;

/**
 * Keeps one token per workspace; concurrent callers share one request for it. A map, because the few tokens
 * need no eviction, and lru-cache would add to every page of the console.
 */
export function createDataplaneTokens(
  issue: (workspaceId: string) => Promise<DataplaneToken>,
): DataplaneTokens {
  const issues = new Map<string, Promise<DataplaneToken>>();

  function start(workspaceId: string): Promise<DataplaneToken> {
    const issued = issue(workspaceId);
    issues.set(workspaceId, issued);
    // Drop a failed request, so that the next caller tries again.
    issued.catch(() => {
      if (issues.get(workspaceId) === issued) issues.delete(workspaceId);
    });
    return issued;
  }

  /** Do not await between checking and starting, so that two callers cannot both start a request. */
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
