import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { addPendingCommands } from './pending-commands.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { SchemaOptions } from './show-schema.ts';

/** Adds `pipeline`, `dataset` and `schema`. */
export function addPipelineCommands(program: Command, cli: Cli): void {
  const pipeline = program.command('pipeline').description('Show what pipelines have loaded');
  addPipelineList(pipeline, cli);
  addPipelineInfo(pipeline, cli);
  addPipelineRuns(pipeline, cli);
  addPendingCommands(pipeline, cli);
  const dataset = program.command('dataset').description('Show the datasets that pipelines have loaded');
  addDatasetList(dataset, cli);
  addDatasetInfo(dataset, cli);
  addSchema(program, cli);
}

function addPipelineList(pipeline: Command, cli: Cli): void {
  const list = pipeline
    .command('list')
    .description('List pipelines with their last run and the age of their data')
    .action(
      withSession(cli, async (session) => {
        const { showPipelines } = await import('./list-pipelines.ts');
        await showPipelines(session);
      }),
    );
  addExamples(list, [['pumphouse pipeline list', 'Shows which data is fresh, and which is stale.']]);
}

function addPipelineInfo(pipeline: Command, cli: Cli): void {
  const info = pipeline
    .command('info')
    .description('Show a pipeline: its last run, the age of its data, its jobs and tables')
    .argument('<pipeline>', 'The name of the pipeline')
    .action(
      withSession<[name: string]>(cli, async (session, [name]) => {
        const { showPipeline } = await import('./pipeline-info.ts');
        await showPipeline(session, name);
      }),
    );
  addExamples(info, [['pumphouse pipeline info shop', 'Shows the pipeline shop.']]);
}

function addPipelineRuns(pipeline: Command, cli: Cli): void {
  const runs = pipeline
    .command('runs')
    .description('List the runs of a pipeline, newest first')
    .argument('<pipeline>', 'The name of the pipeline')
    .option('-n, --limit <count>', 'How many runs; default 20')
    .action(
      withSession<[name: string], { limit?: string }>(cli, async (session, [name], options) => {
        const { showPipelineRuns } = await import('./pipeline-runs.ts');
        await showPipelineRuns(session, name, options);
      }),
    );
  addExamples(runs, [['pumphouse pipeline runs shop --limit 5', 'Shows the last five runs.']]);
}

function addDatasetList(dataset: Command, cli: Cli): void {
  const list = dataset
    .command('list')
    .description('List datasets with their tables and rows')
    .action(
      withSession(cli, async (session) => {
        const { showDatasets } = await import('./list-datasets.ts');
        await showDatasets(session);
      }),
    );
  addExamples(list, [['pumphouse dataset list', 'Shows what was loaded where.']]);
}

function addDatasetInfo(dataset: Command, cli: Cli): void {
  const info = dataset
    .command('info')
    .description('Show a dataset: its pipelines, the age of its data, and its tables')
    .argument('<dataset>', 'The name of the dataset')
    .action(
      withSession<[name: string]>(cli, async (session, [name]) => {
        const { showDataset } = await import('./dataset-info.ts');
        await showDataset(session, name);
      }),
    );
  addExamples(info, [['pumphouse dataset info shop_data', 'Shows the tables of the dataset.']]);
}

function addSchema(program: Command, cli: Cli): void {
  const schema = program
    .command('schema')
    .description('Show the tables and columns of a pipeline, or how they changed')
    .argument('<pipeline>', 'The name of the pipeline')
    .argument('[schema]', 'The name of the schema; default: that of the pipeline, or the only one')
    .option('--history', 'Show what each version of the schema changed')
    .action(
      withSession<[pipeline: string, schema?: string], SchemaOptions>(cli, async (session, args, options) => {
        const { showSchema } = await import('./show-schema.ts');
        await showSchema(session, args, options);
      }),
    );
  addExamples(schema, [
    ['pumphouse schema shop', 'Shows the tables and columns of the pipeline shop.'],
    ['pumphouse schema shop --history', 'Shows which run changed what.'],
  ]);
}
