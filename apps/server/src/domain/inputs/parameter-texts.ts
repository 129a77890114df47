const heading = /^(\s*)(?:Args|Arguments|Parameters):\s*$/;
const entry = /^(\s*)\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s*(.*)$/;

/** Reads the texts of parameters from the section `Args:` of a docstring in Google's style. Keyed by name. */
export function readParameterTexts(docstring: string): Map<string, string> {
  const texts = new Map<string, string>();
  const lines = docstring.split('\n');
  const start = lines.findIndex((line) => heading.test(line));
  if (start === -1) return texts;
  const outer = indentOf(lines[start] ?? '');
  let inner: number | null = null;
  let name: string | null = null;
  for (const line of lines.slice(start + 1)) {
    if (line.trim() === '') continue;
    const indent = indentOf(line);
    if (indent <= outer) break;
    inner ??= indent;
    const [, , found, text = ''] = entry.exec(line) ?? [];
    if (found !== undefined && indent === inner) texts.set((name = found), text);
    else if (name !== null) texts.set(name, `${texts.get(name) ?? ''} ${line.trim()}`.trim());
  }
  return texts;
}

const indentOf = (line: string) => line.length - line.trimStart().length;
