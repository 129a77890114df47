/** Where in the server's changes a tab's page was loaded: whatever the page fetches is newer. */
export interface PageLoad {
  /** As the server wrote it into the page. */
  position: string;
  /** In ms since 1970. */
  atMs: number;
}

/** A tab, with the workspaces that it follows. */
export interface FollowingPage {
  workspaceIds: readonly string[];
  /** Null if the server did not write a position into the page. */
  load: PageLoad | null;
}

/** The server keeps changes for a minute. */
const maxAgeMs = 40_000;

/** Reads the position of this page. Time counts from the start of the navigation, before the server took it. */
export function readPageLoad(): PageLoad | null {
  const position = document.querySelector<HTMLMetaElement>('meta[name="live-position"]')?.content;
  return position ? { position, atMs: performance.timeOrigin } : null;
}

/**
 * Chooses the position after which a stream has to send changes, so that the pages miss none in these workspaces
 * although they fetched data before.
 * @returns null if there is none: a page may have older data
 */
export function choosePosition(
  pages: readonly FollowingPage[],
  workspaceIds: readonly string[],
  nowMs: number,
): string | null {
  const concerned = pages.filter((page) => page.workspaceIds.some((id) => workspaceIds.includes(id)));
  let oldest: PageLoad | null = null;
  for (const { load } of concerned) {
    if (load === null || nowMs - load.atMs > maxAgeMs) return null;
    if (oldest === null || load.atMs < oldest.atMs) oldest = load;
  }
  return oldest?.position ?? null;
}
