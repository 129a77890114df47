/**
 * Opens an empty tab for a URL that is still being requested. Call it in the click handler: browsers block
 * tabs that open after a response as pop-ups.
 * @returns null if the browser blocks the tab anyway
 */
export function openEmptyTab(title: string): Window | null {
  const tab = window.open('', '_blank');
  if (tab === null) return null;
  // An app is untrusted code, so it must not get a reference to the console.
  tab.opener = null;
  tab.document.title = title;
  return tab;
}

/** Replaces the empty page, so that it is not in the tab's history. */
export function leadTab(tab: Window, url: string): void {
  tab.location.replace(url);
}
