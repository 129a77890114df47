/**
 * A tab whose address is still to be asked for. Call it in the click itself: a tab that opens after an answer is taken for a pop-up and
 * kept from opening.
 * @returns null where the browser keeps it from opening all the same
 */
export function openEmptyTab(title: string): Window | null {
  const tab = window.open('', '_blank');
  if (tab === null) return null;
  // An app is code of somebody else: it gets no hold of the console.
  tab.opener = null;
  tab.document.title = title;
  return tab;
}

/** Without the empty page in between for the way back. */
export function leadTab(tab: Window, url: string): void {
  tab.location.replace(url);
}
