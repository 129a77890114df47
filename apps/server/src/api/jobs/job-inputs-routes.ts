import type { GetJobInputs } from '../../services/inputs/get-job-inputs.ts';
import type { Handlers } from '../handler.ts';
import { toInputSchema, toInputValueSchema } from '../../domain/inputs/job-inputs.ts';

export function createJobInputHandlers(services: {
  getJobInputs: GetJobInputs;
}): Pick<Handlers, 'get_job_inputs'> {
  return {
    async get_job_inputs({ params: { workspace_id: workspaceId, job_id: jobId } }) {
      const read = await services.getJobInputs(workspaceId, jobId);
      return {
        job_id: jobId,
        used_as: read.usedAs,
        is_known: read.isKnown,
        inputs: read.inputs.map((input) => ({
          name: input.name,
          is_required: input.isRequired,
          source: input.source,
          value_schema: toInputValueSchema(input),
          annotation: input.annotation,
          default_text: input.defaultText,
          description: input.description,
        })),
        takes_any_name: read.takesAnyName,
        input_schema: toInputSchema(read),
      };
    },
  };
}
