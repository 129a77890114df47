import type { ErrorCodeMeaning } from './meaning.ts';

export const pipelinesErrorCodes = {
  nothing_pending: {
    status: 404,
    cause: 'The pipeline has no load packages that are extracted and not loaded.',
    nextStep: 'Nothing is left to do. A run may have finished or dropped them meanwhile.',
  },
  pending_loaded_again: {
    status: 409,
    cause:
      'The packages belong to the interval of a run that did not complete. The run that loads the interval asks the source for it, or has done so: their rows would be there twice.',
    nextStep: 'Start the job, or retry the window of its backfill. Or drop the packages.',
  },
  pipeline_held: {
    status: 409,
    cause:
      'Another run writes with the same pipeline or to the same dataset, and `on_held = "fail"` is set. The message names the run.',
    nextStep: 'Start the job again after that run, or remove `on_held` so that its runs wait.',
  },
  pipeline_folder_lost: {
    status: 409,
    cause:
      'The attempt does not own this working folder of a pipeline: another run has taken it over, or it was dropped.',
    nextStep: 'None: the run goes on, and keeps what it has itself.',
  },
  pipeline_folders_too_large: {
    status: 413,
    cause: 'Pending load packages of the workspace and profile take more than `PUMPHOUSE_PENDING_MAX_GB`.',
    nextStep:
      'Finish or drop what is pending, or raise the limit. The run goes on, and its packages are not kept.',
  },
  pipeline_parts_missing: {
    status: 409,
    cause: 'Contents of a working folder are not stored yet. `extra.sha256` lists some of them.',
    nextStep: 'None: the process of the run uploads them and repeats the call.',
  },
  pipeline_deadlock: {
    status: 409,
    cause:
      'The run waits for a pipeline or dataset of another run, which waits for one of this run, or for a database file that this run has open. The youngest request fails.',
    nextStep:
      'Let all jobs write with their pipelines in the same order, and close connections to a database file before. Or start the job again.',
  },
  too_many_pipelines: {
    status: 409,
    cause: 'One run asked to write with more pipelines and datasets than one run may.',
    nextStep: 'Split the job, or set `exclusive = "off"` for it.',
  },
  trace_removed: {
    status: 404,
    cause: 'The trace was past its retention; the pipeline run itself is still stored.',
    nextStep: 'Have the server keep traces longer with PUMPHOUSE_RETENTION.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
