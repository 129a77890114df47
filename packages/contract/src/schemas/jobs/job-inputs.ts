import { z } from 'zod';
import { namedEnum, openEnum, responseObject, uuid } from '../primitives.ts';

/**
 * What the members of an input become: `parameters` of the job's function, or `options` of a script. `context`:
 * the code reads them from `run_context` itself.
 */
export const jobInputUse = namedEnum('JobInputUse', ['parameters', 'options', 'context']);
export type JobInputUse = z.output<typeof jobInputUse>;

/** Where the value of a parameter comes from if no input has its name. */
export const jobInputSource = namedEnum('JobInputSource', ['input', 'default', 'configuration', 'secret']);
export type JobInputSource = z.output<typeof jobInputSource>;

const jobInput = responseObject('JobInput', {
  name: z.string(),
  /** Starts without it are refused. */
  is_required: z.boolean(),
  /** `secret`: a start cannot set it; set a variable instead. */
  source: openEnum(jobInputSource),
  /** A JSON schema of the values. An empty one: any value. */
  value_schema: z.record(z.string(), z.unknown()),
  /** The type as the code writes it; null for none. */
  annotation: z.string().nullable(),
  /** The default as the code writes it; null for none. */
  default_text: z.string().nullable(),
  /** Its text in the docstring of the function. */
  description: z.string().nullable(),
});
export type JobInput = z.output<typeof jobInput>;

/** The inputs that a start of a job takes, as its deployed code declares them. */
export const jobInputsResponse = responseObject('JobInputsResponse', {
  job_id: uuid,
  used_as: openEnum(jobInputUse),
  /** False: the code does not show them without running it. Starts are not checked, and the run decides. */
  is_known: z.boolean(),
  /** In the order of the code, without `run_context`. */
  inputs: z.array(jobInput),
  /** Starts may also have inputs with other names. */
  takes_any_name: z.boolean(),
  /** A JSON schema (2020-12) of the `input` of `start_job`. */
  input_schema: z.record(z.string(), z.unknown()),
});
export type JobInputsResponse = z.output<typeof jobInputsResponse>;
