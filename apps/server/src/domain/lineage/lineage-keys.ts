/** A node of the lineage graph as named in a request. */
export type LineageNodeName =
  | { kind: 'job'; ref: string }
  | { kind: 'pipeline'; name: string }
  | { kind: 'dataset'; name: string }
  | { kind: 'table'; datasetName: string; name: string };

export const jobKey = (ref: string): string => `job:${ref}`;
export const pipelineKey = (name: string): string => `pipeline:${name}`;
export const datasetKey = (name: string): string => `dataset:${name}`;

/** Both names are encoded, so that their separator is unambiguous. */
export const tableKey = (datasetName: string, name: string): string =>
  `table:${encodeURIComponent(datasetName)}/${encodeURIComponent(name)}`;

/** Parses a key; undefined if it is not the key of a node. */
export function parseLineageKey(key: string): LineageNodeName | undefined {
  const [, kind, rest = ''] = /^(job|pipeline|dataset|table):(.+)$/s.exec(key) ?? [];
  if (kind === 'job') return { kind, ref: rest };
  if (kind === 'pipeline' || kind === 'dataset') return { kind, name: rest };
  return kind === 'table' ? parseTable(rest) : undefined;
}

function parseTable(rest: string): LineageNodeName | undefined {
  const parts = rest.split('/').map(decode);
  const [datasetName, name] = parts;
  if (parts.length !== 2 || !datasetName || !name) return undefined;
  return { kind: 'table', datasetName, name };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign.
    return undefined;
  }
}
