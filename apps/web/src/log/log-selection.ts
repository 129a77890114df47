/** A text position in the list: row and character offset. */
export interface TextPosition {
  row: number;
  offset: number;
}

/** A text selection from anchor to focus. */
export interface TextSelection {
  anchor: TextPosition;
  focus: TextPosition;
}

/**
 * Returns the page's selection within the log rows; null if it lies outside. A collapsed selection counts
 * too, since a shift-click extends it.
 */
export function readSelection(rows: HTMLElement): TextSelection | null {
  const selection = getSelection();
  if (!selection) return null;
  const anchor = readPosition(rows, selection.anchorNode, selection.anchorOffset);
  const focus = readPosition(rows, selection.focusNode, selection.focusOffset);
  return anchor && focus ? { anchor, focus } : null;
}

function readPosition(rows: HTMLElement, node: Node | null, nodeOffset: number): TextPosition | null {
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

/** Both ends in list order. */
export function sortSelection({ anchor, focus }: TextSelection): [from: TextPosition, to: TextPosition] {
  const isForward = anchor.row < focus.row || (anchor.row === focus.row && anchor.offset <= focus.offset);
  return isForward ? [anchor, focus] : [focus, anchor];
}

/** Whether the selection is empty. */
export function isEmptySelection({ anchor, focus }: TextSelection): boolean {
  return anchor.row === focus.row && anchor.offset === focus.offset;
}

/**
 * Returns the selected text. @param texts of all rows from the first to the last that the selection touches
 */
export function cutSelection(texts: readonly string[], [from, to]: [TextPosition, TextPosition]): string {
  return texts
    .map((text, index) =>
      text.slice(
        index === 0 ? from.offset : 0,
        index === texts.length - 1 ? Math.min(to.offset, text.length) : undefined,
      ),
    )
    .join('\n');
}
