import { toOneLine } from '../runs/job-name.ts';

/** The step and package, which dlt writes before the reason. */
const preamble = /^Pipeline execution failed at `step=[^`]*`[^\n]*\n+/;
const exceptionClass = /^<class '(?:[\w.]+\.)?(\w+)'>\s*/;

/** The reason in dlt's message about a failed step, as one line. */
export function shortenPipelineError(message: string | null | undefined): string {
  return toOneLine((message ?? '').trim().replace(preamble, '').replace(exceptionClass, '$1: '));
}
