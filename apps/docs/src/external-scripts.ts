import { createHash } from 'node:crypto';

const inlineScript = /<script((?:(?!\ssrc=)[^>])*)>([^]*?)<\/script>/g;

/** A page without inline scripts, and the files that its scripts became. */
export interface PageWithFiles {
  html: string;
  /** Content by file name. Equal scripts of several pages have the same name. */
  files: ReadonlyMap<string, string>;
}

/**
 * Moves inline scripts of a page into files, so that the server's content security policy can forbid inline scripts.
 * @param folderUrl URL of the folder of these files, with a trailing slash
 */
export function externalizeScripts(html: string, folderUrl: string): PageWithFiles {
  const files = new Map<string, string>();
  const rewritten = html.replace(inlineScript, (whole, attributes: string, code: string) => {
    if (code.trim() === '') return whole;
    const name = `inline.${hashContent(code)}.js`;
    files.set(name, code);
    return `<script${attributes} src="${folderUrl}${name}"></script>`;
  });
  return { html: rewritten, files };
}

/** Removes style attributes, which the policy forbids too. The theme's style sheet replaces those that matter. */
export function removeStyleAttributes(html: string): string {
  return html.replaceAll(/(<[a-z][^<>]*?) style="[^"]*"/g, '$1');
}

/** Returns a hash for the name of a file that may be cached indefinitely. */
export function hashContent(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
