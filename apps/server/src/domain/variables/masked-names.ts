import { MASK } from './mask-text.ts';
import { MIN_SECRET_LENGTH } from './secret-values.ts';

/** A pipeline and the dataset it wrote to; '' for none. */
export interface DatasetOfPipeline {
  pipelineName: string;
  datasetName: string;
}

export const isMasked = (name: string): boolean => name.includes(MASK);

/**
 * Finds the pipeline and dataset that were stored masked, among those that a later attempt of the job reported.
 * @returns null if none can be meant or several, and if the attempt has reported the masked name too: it has a secret
 */
export function findMeant(
  masked: DatasetOfPipeline,
  reported: readonly DatasetOfPipeline[],
): DatasetOfPipeline | null {
  const isPipeline = createMatch(
    masked.pipelineName,
    reported.map(({ pipelineName }) => pipelineName),
  );
  const ofPipeline = reported.filter(({ pipelineName }) => isPipeline(pipelineName));
  const isDataset = createMatch(
    masked.datasetName,
    ofPipeline.map(({ datasetName }) => datasetName),
  );
  const ofBoth = ofPipeline.filter(({ datasetName }) => isDataset(datasetName));
  const [meant, ...others] = ofBoth.length > 0 ? ofBoth : leaveDataset(masked, ofPipeline);
  if (!meant || others.length > 0) return null;
  const isSame = meant.pipelineName === masked.pipelineName && meant.datasetName === masked.datasetName;
  return isSame ? null : meant;
}

/** Finds the name that was stored masked; null if none can be meant or several. */
export function findMeantName(masked: string, names: readonly string[]): string | null {
  const [meant, ...others] = names.filter(createMatch(masked, names));
  return meant === undefined || others.length > 0 || meant === masked ? null : meant;
}

/** A dataset that is not masked stays as it is, where it is not the one that the pipeline has now. */
function leaveDataset(
  { datasetName }: DatasetOfPipeline,
  ofPipeline: readonly DatasetOfPipeline[],
): DatasetOfPipeline[] {
  if (isMasked(datasetName)) return [];
  const names = new Set(ofPipeline.map(({ pipelineName }) => pipelineName));
  return [...names].map((pipelineName) => ({ pipelineName, datasetName }));
}

/** A name that was reported as it was stored means only itself. */
function createMatch(masked: string, names: readonly string[]): (name: string) => boolean {
  if (names.includes(masked)) return (name) => name === masked;
  return (name) => canMean(masked, name);
}

/** Reports whether masking values of a secrets file in a name can have made this of it. */
function canMean(masked: string, name: string): boolean {
  const [start = '', ...rest] = masked.split(MASK);
  const end = rest.pop();
  if (end === undefined || !name.startsWith(start)) return masked === name;
  let position = start.length;
  for (const part of rest) {
    const found = name.indexOf(part, position + MIN_SECRET_LENGTH);
    if (found < 0) return false;
    position = found + part.length;
  }
  return name.endsWith(end) && name.length - end.length >= position + MIN_SECRET_LENGTH;
}
