/** Maximum ancestors of the hovered element to check, enough for a chip in a link in a cell. */
const maxDepth = 4;

/** Shows the full text of a truncated element as its tooltip on hover. One listener serves all lists. */
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
      // The element was truncated before the window became wider.
      if (element.dataset['cutTitle'] !== undefined) element.removeAttribute('title');
      element = element.parentElement;
    }
  });
}

function isCut(element: HTMLElement): boolean {
  return element.scrollWidth > element.clientWidth && getComputedStyle(element).textOverflow === 'ellipsis';
}
