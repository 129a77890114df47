/** The step and package, which dlt writes before the reason. The page shows them separately. */
const preamble = /^Pipeline execution failed at `step=[^`]*`[^\n]*\n+/;
const exceptionClass = /^<class '(?:[\w.]+\.)?(\w+)'>\s*/;
const resource =
  /^In processing pipe `[^`]*`: extraction of resource `([^`]*)` in [^\n]*? caused an exception: /;

/**
 * Extracts the reason from dlt's message about a failed step, as one line: "charges: invalid literal for
 * int() with base 10: '12,00 EUR'". Messages in another format are returned unchanged.
 */
export function shortenPipelineError(message: string | null | undefined): string {
  const text = message?.trim() ?? '';
  if (text === '') return 'No reason reported';
  const body = text.replace(preamble, '');
  const name = exceptionClass.exec(body)?.[1];
  const label = body.replace(exceptionClass, '');
  const ofResource = label.replace(resource, '$1: ');
  const reason = ofResource === label && name !== undefined ? `${name}: ${label}` : ofResource;
  return reason.replaceAll(/\s+/g, ' ').trim();
}
