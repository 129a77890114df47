/** What a start of a job takes as inputs, and what is wrong with those of a start. Pure functions. */
import type { JobInputSource, JobInputUse } from '@pumphouse/contract';
import type { JobDefinition } from '../jobs/job-definition.ts';
import type { Parameter, Signature } from './read-signature.ts';
import { isPlainObject } from '../primitives/plain-object.ts';
import { fitsType, toValueSchema } from './input-type.ts';

export interface JobInput extends Parameter {
  isRequired: boolean;
  source: JobInputSource;
}

export interface JobInputs {
  usedAs: JobInputUse;
  /** False: the code does not show them, so no start is refused. */
  isKnown: boolean;
  inputs: readonly JobInput[];
  takesAnyName: boolean;
  takesContext: boolean;
}

/** One problem of a start. It never contains the value, which may be a secret. */
export interface InputProblem {
  code: 'unknown_input' | 'wrong_input' | 'missing_input' | 'secret_input';
  name: string;
  message: string;
}

const jobLauncher = 'dlt._workspace.deployment.launchers.job';

/** Decides what the run does with an input: only dlt's launchers of functions and scripts bind it. */
export function chooseInputUse({ entry_point: { launcher, function: name } }: JobDefinition): JobInputUse {
  if (name === null) return 'options';
  return launcher === jobLauncher ? 'parameters' : 'context';
}

/** @param signature null if the code does not show it */
export function describeJobInputs(definition: JobDefinition, signature: Signature | null): JobInputs {
  const usedAs = chooseInputUse(definition);
  if (signature === null)
    return { usedAs, isKnown: false, inputs: [], takesAnyName: true, takesContext: true };
  const { parameters, takesContext, takesAnyName } = signature;
  const configured = new Set(definition.config_keys ?? []);
  return {
    usedAs,
    isKnown: true,
    inputs: parameters.map((parameter) => {
      const source = chooseSource(parameter, configured);
      return { ...parameter, source, isRequired: source === 'input' };
    }),
    // A function of this form was written for any input, before inputs became arguments.
    takesAnyName: takesAnyName || (takesContext && parameters.every(({ isInjected }) => isInjected)),
    takesContext,
  };
}

function chooseSource(
  { name, isSecret, isInjected, defaultText }: Parameter,
  configured: ReadonlySet<string>,
): JobInputSource {
  if (isSecret && (isInjected || configured.has(name))) return 'secret';
  if (isInjected) return 'configuration';
  if (defaultText !== null) return isSecret ? 'secret' : 'default';
  return configured.has(name) ? 'configuration' : 'input';
}

/** Lists the problems of a start with this input, a JSON value; undefined for none. */
export function findInputProblems(
  { isKnown, inputs, takesAnyName, takesContext }: JobInputs,
  input: unknown,
): InputProblem[] {
  if (!isKnown) return [];
  if (input !== undefined && !isPlainObject(input)) {
    const message = 'The input of the job is an object: each member is a parameter of its function.';
    return takesContext ? [] : [{ code: 'wrong_input', name: '', message }];
  }
  const given = input ?? {};
  const known = new Map(inputs.map((one) => [one.name, one]));
  const problems = Object.entries(given).flatMap(([name, value]): InputProblem[] => {
    const parameter = known.get(name);
    if (parameter) return checkValue(parameter, value);
    return takesAnyName && name !== 'run_context' ? [] : [describeUnknown(name, inputs)];
  });
  const missing = inputs.filter(({ name, isRequired }) => isRequired && !Object.hasOwn(given, name));
  return [
    ...problems,
    ...missing.map(({ name }): InputProblem => ({
      code: 'missing_input',
      name,
      message: `The input ${name} is missing: the parameter has no default.`,
    })),
  ];
}

function describeUnknown(name: string, inputs: readonly JobInput[]): InputProblem {
  const shown = name.slice(0, 50);
  const known = inputs.filter(({ source }) => source !== 'secret').map((one) => one.name);
  const message = `The job has no input ${shown}. Its inputs: ${known.join(', ') || 'none'}.`;
  return { code: 'unknown_input', name: shown, message };
}

function checkValue(parameter: JobInput, value: unknown): InputProblem[] {
  const { name, type, annotation, isSecret } = parameter;
  if (isSecret) {
    const message = `The input ${name} is a secret, and inputs are not secret. Set a variable instead.`;
    return [{ code: 'secret_input', name, message }];
  }
  if (fitsType(type, value)) return [];
  const shown = annotation ?? ('kind' in type ? type.kind : 'of its type');
  return [{ code: 'wrong_input', name, message: `The value of the input ${name} is not ${shown}.` }];
}

/** Writes the inputs as a JSON schema of the `input` of a start. Secrets are left out. */
export function toInputSchema({ inputs, takesAnyName }: JobInputs): Record<string, unknown> {
  const settable = inputs.filter(({ isSecret }) => !isSecret);
  const required = settable.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: Object.fromEntries(settable.map((one) => [one.name, toInputValueSchema(one)])),
    ...(required.length > 0 && { required }),
    additionalProperties: takesAnyName,
  };
}

export function toInputValueSchema({ type, description, defaultValue }: JobInput): Record<string, unknown> {
  return {
    ...toValueSchema(type),
    ...(description !== null && { description }),
    ...(defaultValue !== undefined && { default: defaultValue }),
  };
}
