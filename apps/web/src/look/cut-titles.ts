/** How far above the pointer a text that is cut may begin: a chip in a link in a cell. */
const maxDepth = 4;

/** Gives each text that is cut for want of room its whole text as a tooltip, when it is pointed at. One listener serves all lists. */
export function titleCutTexts(page: Document): void {
  page.addEventListener('pointerover', ({ target }) => {
    let element = target instanceof HTMLElement ? target : null;
    for (let depth = 0; element !== null && depth < maxDepth; depth += 1) {
      if (element.title !== '' && element.dataset['cutTitle'] === undefined) return;
      if (isCut(element)) {
        element.dataset['cutTitle'] = '';
        element.title = element.textContent.trim();
        return;
      }
      // It was cut before the window became wider.
      if (element.dataset['cutTitle'] !== undefined) element.removeAttribute('title');
      element = element.parentElement;
    }
  });
}

function isCut(element: HTMLElement): boolean {
  return element.scrollWidth > element.clientWidth && getComputedStyle(element).textOverflow === 'ellipsis';
}
