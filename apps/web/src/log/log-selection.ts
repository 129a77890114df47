/** A place in the list: a row, and a character of what it says. */
export interface TextPlace {
  row: number;
  offset: number;
}

/** What somebody selected with the pointer or the keyboard: from where they began to where they are. */
export interface TextSelection {
  anchor: TextPlace;
  focus: TextPlace;
}

/**
 * The selection of the page as far as it lies in the rows of the log; null where it does not. One without extent counts too: a click with
 * the shift key goes on from there.
 */
export function readSelection(rows: HTMLElement): TextSelection | null {
  const selection = getSelection();
  if (!selection) return null;
  const anchor = readPlace(rows, selection.anchorNode, selection.anchorOffset);
  const focus = readPlace(rows, selection.focusNode, selection.focusOffset);
  return anchor && focus ? { anchor, focus } : null;
}

function readPlace(rows: HTMLElement, node: Node | null, nodeOffset: number): TextPlace | null {
  const element = node instanceof Element ? node : node?.parentElement;
  const row = element?.closest<HTMLElement>('[data-log-row]');
  if (!node || !row || !rows.contains(row)) return null;
  const index = Number(row.dataset['logRow']);
  const text = row.querySelector('[data-line-text]');
  if (!text?.contains(node)) return { row: index, offset: isBefore(node, text) ? 0 : Infinity };
  const range = document.createRange();
  range.selectNodeContents(text);
  range.setEnd(node, nodeOffset);
  return { row: index, offset: range.toString().length };
}

function isBefore(node: Node, text: Element | null): boolean {
  return text !== null && (node.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
}

/** Both ends in the order of the list. */
export function sortSelection({ anchor, focus }: TextSelection): [from: TextPlace, to: TextPlace] {
  const isForward = anchor.row < focus.row || (anchor.row === focus.row && anchor.offset <= focus.offset);
  return isForward ? [anchor, focus] : [focus, anchor];
}

/** Whether anything is selected. */
export function isEmptySelection({ anchor, focus }: TextSelection): boolean {
  return anchor.row === focus.row && anchor.offset === focus.offset;
}

/** The selected text. @param texts of all rows from the first to the last that it touches */
export function cutSelection(texts: readonly string[], [from, to]: [TextPlace, TextPlace]): string {
  return texts
    .map((text, index) =>
      text.slice(
        index === 0 ? from.offset : 0,
        index === texts.length - 1 ? Math.min(to.offset, text.length) : undefined,
      ),
    )
    .join('\n');
}
