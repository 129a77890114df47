import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JsonObject } from '@pumphouse/contract';

const launchers = 'dlt._workspace.deployment.launchers';
const http = 'http:';

/** What only Python can tell: jobs made with dlt's decorators, and settings of a module. */
const needsPython =
  /\bdlt\.hub\b|\bfrom\s+dlt\s+import\b[^\n]*\bhub\b|\b_workspace\.deployment\b|^__(trigger|expose|require|all)__\s*[:=]/m;

/** Frameworks of apps, in the order in which dlt looks for them. */
const frameworks = [
  { pattern: /\bmarimo\.App\(/, launcher: 'marimo', interface: 'gui', category: 'notebook' },
  { pattern: /\bFastMCP\(/, launcher: 'mcp', interface: 'mcp', category: 'mcp' },
  {
    pattern: /^\s*(import\s+streamlit\b|from\s+streamlit\b)/m,
    launcher: 'streamlit',
    interface: 'gui',
    category: 'dashboard',
  },
] as const;

/**
 * Describes a script that has no decorated jobs, without Python: dlt makes the same definition of it.
 * @returns null if the script, or a module of the workspace that it imports, may have jobs that only Python sees
 */
export async function describePlainScript(root: string, path: string): Promise<JsonObject | null> {
  const source = await readFile(join(root, path), 'utf8');
  if (await mayHaveJobs(root, path, source, new Set())) return null;
  const module = path.replace(/\.py$/, '').replaceAll('/', '.');
  const name = module.split('.').at(-1) ?? module;
  const framework = frameworks.find(({ pattern }) => pattern.test(source));
  // A notebook's title belongs to its description, and only Python knows it.
  if (framework?.launcher === 'marimo' && /app_title/.test(source)) return null;
  if (framework?.launcher === 'mcp') return null;
  const description = readDocstring(source);
  if (description === null) return null;
  return {
    engine_version: 2,
    job_ref: `jobs.${name}`,
    entry_point: {
      module,
      function: null,
      job_type: framework ? 'interactive' : 'batch',
      launcher: `${launchers}.${framework?.launcher ?? 'module'}`,
    },
    triggers: framework ? [http] : [],
    execute: framework ? { concurrency: 1 } : {},
    expose: {
      ...(framework && { interface: framework.interface, category: framework.category }),
      manual: true,
    },
    ...(description !== '' && { description }),
    ...(framework && { default_trigger: http }),
  };
}

/** Follows imports within the workspace: a job imported from another file belongs to this one too. */
async function mayHaveJobs(
  root: string,
  path: string,
  source: string,
  visited: Set<string>,
): Promise<boolean> {
  visited.add(path);
  if (needsPython.test(source)) return true;
  for (const imported of listImports(source)) {
    const found = locateModule(root, dirname(path), imported);
    if (found === null || visited.has(found)) continue;
    if (await mayHaveJobs(root, found, await readFile(join(root, found), 'utf8'), visited)) return true;
  }
  return false;
}

function listImports(source: string): string[] {
  const statements = source.matchAll(/^\s*(?:from\s+([.\w]+)\s+import|import\s+([\w., ]+))/gm);
  return [...statements].flatMap(([, from, names = '']) =>
    from === undefined ? names.split(',').map((name) => name.trim().split(/\s+as\s+/)[0] ?? '') : [from],
  );
}

/** The file of a module of the workspace; null for an installed one. */
function locateModule(root: string, folder: string, name: string): string | null {
  const base = name.startsWith('.') ? folder : '.';
  const parts = name.replace(/^\.+/, '').replaceAll('.', '/');
  const candidates = [`${parts}.py`, `${parts}/__init__.py`].map((each) => join(base, each));
  return candidates.find((each) => existsSync(join(root, each))) ?? null;
}

/**
 * The docstring of a module: a text literal before all statements.
 * @returns null if only Python can tell it: it has escapes, or is put together of several literals
 */
function readDocstring(source: string): string | null {
  const begin = source.replace(/^\uFEFF?(?:[ \t]*(?:#[^\n]*)?\r?\n)*/, '');
  const match =
    /^([rRuU]?)("""|''')([\s\S]*?)\2([^\n]*)/.exec(begin) ??
    /^([rRuU]?)(["'])((?:\\.|[^\\\n])*?)\2([^\n]*)/.exec(begin);
  if (match === null) return '';
  const [, prefix = '', , text = '', rest = ''] = match;
  const hasEscapes = text.includes('\\') && !/r/i.test(prefix);
  return hasEscapes || !/^\s*(#.*)?$/.test(rest) ? null : text.trim();
}
