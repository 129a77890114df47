/**
 * The terminals into which a user pastes the blocks of README.md. `owner` is the alternative to the link,
 * without a browser; `archive` is the alternative to `server`, without a checkout.
 */
const terminals = ['server', 'archive', 'owner', 'client'] as const;
export type Terminal = (typeof terminals)[number];

export interface ReadmeBlock {
  terminal: Terminal;
  code: string;
}

/**
 * The shell blocks that README.md marks with `<!-- paste: TERMINAL -->`, in order.
 * @throws Error for a marker without a block
 */
export function readReadmeBlocks(markdown: string): ReadmeBlock[] {
  return [...markdown.matchAll(/^<!-- paste: (\w+) -->$/gm)].map((mark) => {
    const rest = markdown.slice(mark.index + mark[0].length);
    const code = /^\s*```sh\n([^]*?)^```$/m.exec(rest)?.[1];
    const terminal = terminals.find((name) => name === mark[1]);
    if (code === undefined || !rest.trimStart().startsWith('```sh') || terminal === undefined)
      throw new Error(`${mark[0]} in README.md has no shell block of a terminal behind it.`);
    return { terminal, code };
  });
}
