/**
 * Returns the part of a page that the search finds: only the title of a decision and no tables of the API, which
 * would hide the pages that users look for.
 */
export function selectSearchedText(markdown: string, path: string): string {
  if (path.startsWith('decisions/')) return /^# .+$/m.exec(markdown)?.[0] ?? '';
  if (path.startsWith('reference/api/')) return markdown.replaceAll(/^\|.*\n/gm, '');
  return markdown;
}
