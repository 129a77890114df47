/** Writes docs/operate/kubernetes-values.md from the comments of the chart's values.yaml. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { chartFolder } from '../fixtures/helm.ts';
import { repositoryFolder } from '../fixtures/server.ts';

export const referencePath = join(repositoryFolder, 'docs', 'operate', 'kubernetes-values.md');

const introduction = `# Values of the chart

Generated from \`deploy/kubernetes/chart/values.yaml\` by \`node testing/chart/write-manifests.ts\`.
[Installing on Kubernetes](kubernetes-install.md) explains how to use them. \`values.schema.json\` rejects any other key. Secrets are never values:
each is the name of a Secret that exists already.
`;

interface Row {
  path: string;
  /** Null for a group of values. */
  defaultText: string | null;
  meaning: string;
}

export async function writeValuesReference(): Promise<string> {
  const values = await readValues();
  const sections = pairsOf(values).map(({ key, value, comment }) => {
    const rows =
      isMap(value) && !isLeaf(key, value) ? listRows(value, key) : [describeLeaf(key, value, comment)];
    const text = isMap(value) && !isLeaf(key, value) ? comment : '';
    return `## ${key}\n\n${text ? `${text}\n\n` : ''}${formatTable(rows)}`;
  });
  return [introduction, ...sections].join('\n');
}

/** Lists the paths of all values, such as image.server.tag. */
export async function listValuePaths(): Promise<string[]> {
  return listRows(await readValues(), '')
    .filter(({ defaultText }) => defaultText !== null)
    .map(({ path }) => path);
}

async function readValues(): Promise<YAMLMap> {
  const { contents } = parseDocument(await readFile(join(chartFolder, 'values.yaml'), 'utf8'));
  if (!isMap(contents)) throw new Error('values.yaml is not a map');
  return contents;
}

function listRows(map: YAMLMap, prefix: string): Row[] {
  return pairsOf(map).flatMap(({ key, value, comment }) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (!isMap(value) || isLeaf(key, value)) return [describeLeaf(path, value, comment)];
    const group = comment ? [{ path, defaultText: null, meaning: comment }] : [];
    return [...group, ...listRows(value, path)];
  });
}

/** A value that users replace as a whole. */
function isLeaf(key: string, map: YAMLMap): boolean {
  return map.items.length === 0 || key === 'resources';
}

function describeLeaf(path: string, value: unknown, comment: string): Row {
  const plain: unknown = isScalar(value) ? value.value : (value as YAMLMap).toJSON();
  return { path, defaultText: typeof plain === 'string' ? plain : JSON.stringify(plain), meaning: comment };
}

function pairsOf(map: YAMLMap): { key: string; value: unknown; comment: string }[] {
  return map.items.map(({ key, value }, index) => {
    if (!isScalar(key)) throw new Error('a key of values.yaml is not plain');
    // The comment of the first key belongs to its map. A blank line separates that of the file.
    const comments = key.commentBefore ?? (index === 0 ? map.commentBefore : null) ?? '';
    const comment = comments.split('\n\n').at(-1) ?? '';
    return { key: String(key.value), value, comment: comment.replaceAll(/\s+/g, ' ').trim() };
  });
}

function formatTable(rows: readonly Row[]): string {
  const escape = (text: string) => text.replaceAll('|', '\\|');
  const lines = rows.map(({ path, defaultText, meaning }) => {
    const shown = defaultText === null || defaultText === '' ? '' : `\`${escape(defaultText)}\``;
    return `| \`${path}\` | ${shown} | ${escape(meaning)} |`;
  });
  return `| value | default | meaning |\n| --- | --- | --- |\n${lines.join('\n')}\n`;
}
