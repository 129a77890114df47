import type { JobRecord } from '../../store/records.ts';
import { findScriptInputProblem, maxInputBytes, readRunInput } from '../../domain/runs/run-input.ts';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * Writes the input of a start by a member as JSON.
 * @param input undefined for none
 * @throws ServiceError invalid_request, input_too_large
 */
export function writeStartInput(
  { definition }: Pick<JobRecord, 'definition'>,
  input: unknown,
): string | null {
  if (input === undefined) return null;
  const text = writeInput(input);
  if (text !== null && definition.entry_point.function === null) refuseScriptInput(input);
  return text;
}

function refuseScriptInput(input: unknown): void {
  const problem = findScriptInputProblem(input);
  if (problem !== null) throw new ServiceError('invalid_request', problem);
}

function writeInput(input: unknown): string | null {
  const body = Buffer.from(JSON.stringify(input));
  if (body.length > maxInputBytes) {
    throw new ServiceError(
      'input_too_large',
      `The input has ${body.length} bytes; at most ${maxInputBytes} are allowed.`,
    );
  }
  const reading = readRunInput(body);
  if (!reading.ok) throw new ServiceError('invalid_request', reading.problem);
  return reading.input;
}
