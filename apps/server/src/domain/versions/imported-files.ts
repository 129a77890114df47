import { type ModuleReference, readPythonReferences } from './python-references.ts';

export interface CodeOfJob {
  /** The module of the job's entry point, such as `pipelines.orders`. */
  module: string;
  /** Paths of all files of the deployment. */
  paths: readonly string[];
  /** Texts of Python files by path. A file without a text is not searched for references. */
  texts: ReadonlyMap<string, string>;
}

/** A job that reaches more files imports practically the whole workspace. */
const maxFiles = 2000;

/**
 * Lists the files of a deployment that a job can reach, by static analysis: the module of its entry point, the
 * modules that it imports, directly or indirectly, and other files and folders that a string literal of these
 * modules names. Imports that code computes are not found. Yields to other work between modules.
 */
export async function listImportedFiles({ module, paths, texts }: CodeOfJob): Promise<Set<string>> {
  const index = indexPaths(paths);
  const reached = new Set<string>();
  const waiting: string[] = [];
  const reach = (found: Iterable<string>) => {
    for (const path of found) {
      if (reached.has(path) || reached.size >= maxFiles) continue;
      reached.add(path);
      waiting.push(path);
    }
  };
  reach(resolveModule(index, '', module.replace(/\.py$/, '').split('.')));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const text = texts.get(path);
    if (text === undefined) continue;
    const references = readPythonReferences(text);
    for (const reference of references.modules) reach(resolveReference(index, path, reference));
    for (const literal of references.texts) reach(resolveText(index, path, literal));
    await new Promise((resume) => setImmediate(resume));
  }
  return reached;
}

interface PathIndex {
  paths: ReadonlySet<string>;
  folders: ReadonlySet<string>;
  /** Files that are not Python modules, by their name without folders. */
  otherFiles: ReadonlyMap<string, readonly string[]>;
}

function indexPaths(paths: readonly string[]): PathIndex {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = folderOf(path); folder !== '' && !folders.has(folder); folder = folderOf(folder))
      folders.add(folder);
  }
  const others = paths.filter((path) => !isPython(path));
  return { paths: new Set(paths), folders, otherFiles: Map.groupBy(others, nameOf) };
}

function resolveReference(index: PathIndex, importer: string, reference: ModuleReference): string[] {
  const { level, parts, names } = reference;
  // Python searches the folder of a script only if it is executed by path, as some launchers do.
  const roots = level === 0 ? [...new Set(['', folderOf(importer)])] : [climb(importer, level)];
  for (const root of roots) {
    const found = [
      ...resolveModule(index, root, parts),
      ...names.flatMap((name) => resolveModule(index, root, [...parts, name])),
    ];
    if (found.length > 0) return found;
  }
  return [];
}

/** Lists the file of a module and those of the packages that contain it; what follows a module is a name in it. */
function resolveModule({ paths, folders }: PathIndex, root: string, parts: readonly string[]): string[] {
  const own = join(root, '__init__.py');
  const found = root !== '' && paths.has(own) ? [own] : [];
  let path = root;
  for (const [at, part] of parts.entries()) {
    path = join(path, part);
    const isPackage = folders.has(path);
    const file = [join(path, '__init__.py'), `${path}.py`].find((candidate) => paths.has(candidate));
    if (file !== undefined) found.push(file);
    if (!isPackage) return file === undefined && at === 0 ? [] : found;
  }
  const main = join(path, '__main__.py');
  return paths.has(main) ? [...found, main] : found;
}

/** Lists the files that a text names, by the end of their path, or that lie in a folder that it names. */
function resolveText({ folders, otherFiles }: PathIndex, importer: string, text: string): string[] {
  const name = text.replace(/^(?:\.{1,2}\/)+|\/+$/g, '');
  const files = (otherFiles.get(nameOf(name)) ?? []).filter(
    (path) => path === name || path.endsWith(`/${name}`),
  );
  if (files.length > 0) return files;
  const folder = [name, join(folderOf(importer), name)].find((candidate) => folders.has(candidate));
  if (folder === undefined) return [];
  return [...otherFiles.values()].flat().filter((path) => path.startsWith(`${folder}/`));
}

const isPython = (path: string) => path.endsWith('.py');
const join = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`);
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The folder that a relative import with this many dots starts in. */
function climb(importer: string, level: number): string {
  let folder = folderOf(importer);
  for (let step = 1; step < level; step += 1) folder = folderOf(folder);
  return folder;
}
