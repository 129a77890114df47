import { findDashboard, type AppResponse } from '@pumphouse/contract';
import { kindOf } from './app-texts.ts';

/** What an app is to show: a dataset as one pipeline knows it, or one of its tables. */
export interface ShownData {
  pipelineName: string;
  datasetName: string;
  /** Null for the whole dataset. */
  tableName: string | null;
  /** Null if no run reported it. */
  destinationName: string | null;
}

/**
 * The start page of an app with the data in its query. dlt's dashboard reads `pipeline` and `table`; a marimo
 * notebook has all of them in `mo.query_params()`.
 */
export function pathToData({ pipelineName, datasetName, tableName }: ShownData): string {
  const query = new URLSearchParams({
    pipeline: pipelineName,
    dataset: datasetName,
    ...(tableName !== null && { table: tableName }),
  });
  return `/?${query}`;
}

/** The apps that show data. */
export function chooseDataApps(apps: readonly AppResponse[]): {
  dashboard: AppResponse | undefined;
  notebooks: AppResponse[];
} {
  const isNotebook = (app: AppResponse) => !app.is_archived && kindOf(app) === 'notebook';
  return { dashboard: findDashboard(apps), notebooks: apps.filter(isNotebook) };
}

/** Python code that reads the rows in a notebook of the workspace. */
export function writeDataCode({ pipelineName, datasetName, tableName, destinationName }: ShownData): string {
  const options = [
    quote(pipelineName),
    ...(destinationName === null ? [] : [`destination=${quote(destinationName)}`]),
    `dataset_name=${quote(datasetName)}`,
  ];
  const rows = tableName === null ? 'dataset.tables' : `dataset[${quote(tableName)}].df()`;
  return `import dlt

dataset = dlt.attach(${options.join(', ')}).dataset()
${rows}`;
}

/** A string of JSON is one of Python, too. */
const quote = (text: string) => JSON.stringify(text);

/** What to do in a workspace without a dashboard. */
export const noDashboardText =
  'The workspace has no dashboard. Deploy its folder with dlthub deploy: dlt adds one to a workspace with jobs.';
