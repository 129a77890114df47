import { posix } from 'node:path';

/** Pages outside docs/ that are part of the site: their paths in the repository and in the site. */
const pagesOutsideDocs: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'ARCHITECTURE.md': 'contribute/architecture.md',
  'CONTRIBUTING.md': 'contribute/contributing.md',
  'SECURITY.md': 'operate/report-a-vulnerability.md',
};

/** The front page is docs/index.md; README.md is only the target of links to it. */
export const copiedPages = Object.keys(pagesOutsideDocs).filter((path) => path !== 'README.md');

/** Returns the path in the site of a file of the repository; null for a file that is not part of the site. */
export function toSitePath(repositoryPath: string): string | null {
  if (repositoryPath.startsWith('docs/')) return repositoryPath.slice('docs/'.length);
  return pagesOutsideDocs[repositoryPath] ?? null;
}

const fence = /^ *(?:```|~~~)/;
/** An inline link without a scheme: `[` text `](` target `)`. */
const relativeLink = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^()\s]+)\)/g;

/**
 * Rewrites the relative links of a page from the repository's paths to the site's. A link to a file or folder that
 * is not part of the site becomes its text.
 * @param from the page's path in the repository
 * @param isFile whether a path of the repository is a file
 */
export function rewriteLinks(markdown: string, from: string, isFile: (path: string) => boolean): string {
  const folder = posix.dirname(toSitePath(from) ?? from);
  const rewrite = (whole: string, image: string, text: string, target: string): string => {
    const [path = '', anchor] = target.split('#', 2);
    const repositoryPath = posix.join(posix.dirname(from), path);
    const sitePath = toSitePath(repositoryPath);
    if (sitePath === null || !isFile(repositoryPath)) return image === '' ? text : whole;
    const relative = posix.relative(folder, sitePath);
    const written = relative.startsWith('.') ? relative : `./${relative}`;
    return `${image}[${rewriteText(text)}](${written}${anchor === undefined ? '' : `#${anchor}`})`;
  };
  const rewriteText = (text: string): string => text.replace(relativeLink, rewrite);
  let isFenced = false;
  return markdown
    .split('\n')
    .map((line) => {
      if (fence.test(line)) isFenced = !isFenced;
      return isFenced ? line : rewriteText(line);
    })
    .join('\n');
}

/** Returns the first heading of a page as plain text, or the path if it has none. */
export function titleOf(markdown: string, path: string): string {
  const title = /^# (.+)$/m.exec(markdown)?.[1] ?? path;
  return title.replaceAll('`', '');
}
