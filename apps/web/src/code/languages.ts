/** Languages whose code is highlighted; `ini` includes TOML. */
export type CodeLanguage = 'python' | 'ini' | 'sql' | 'yaml' | 'json';

const byEnding: Record<string, CodeLanguage> = {
  py: 'python',
  pyi: 'python',
  toml: 'ini',
  cfg: 'ini',
  ini: 'ini',
  sql: 'sql',
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
};

/** The language of a file by its name; null if it is not highlighted. */
export function languageOf(path: string): CodeLanguage | null {
  return byEnding[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ''] ?? null;
}
