/**
 * What a reader of a page does: pastes a block into a terminal, writes a file into the current folder, or opens the
 * address that was printed last and sees a text. `before` is a file that a reader who moves has already.
 */
export type PageStep =
  | { kind: 'paste'; terminal: 'server' | 'client'; code: string }
  | { kind: 'file'; name: string; content: string }
  | { kind: 'before'; name: string; content: string }
  | { kind: 'open'; text: string };

const mark = /^<!-- (paste|file|before|open): (.+) -->$/gm;
const block = /^\s*```\w*\n([^]*?)^```$/m;

/**
 * Reads the steps of a page, in order: the blocks below `<!-- paste: TERMINAL -->`, `<!-- file: NAME -->` and
 * `<!-- before: NAME -->`, and the marks `<!-- open: TEXT -->`.
 * @throws Error for a mark without a block or with another terminal
 */
export function readPageSteps(markdown: string): PageStep[] {
  return [...markdown.matchAll(mark)].map((found) => {
    const [whole, kind, name = ''] = found;
    if (kind === 'open') return { kind, text: name };
    const rest = markdown.slice(found.index + whole.length);
    const code = rest.trimStart().startsWith('```') ? block.exec(rest)?.[1] : undefined;
    if (code === undefined) throw new Error(`${whole} has no block behind it.`);
    if (kind === 'file' || kind === 'before') return { kind, name, content: code };
    if (name !== 'server' && name !== 'client') throw new Error(`${whole} names no terminal.`);
    return { kind: 'paste', terminal: name, code };
  });
}
