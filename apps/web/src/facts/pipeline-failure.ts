/** What dlt writes before the reason: which step, which package. The page says that beside it. */
const preamble = /^Pipeline execution failed at `step=[^`]*`[^\n]*\n+/;
const exceptionClass = /^<class '(?:[\w.]+\.)?(\w+)'>\s*/;
const resource =
  /^In processing pipe `[^`]*`: extraction of resource `([^`]*)` in [^\n]*? caused an exception: /;

/**
 * The reason in what dlt says of a step that failed, in one line: "charges: invalid literal for int() with base 10: '12,00 EUR'". A message
 * of another form is taken as it is.
 */
export function shortenPipelineError(message: string | null | undefined): string {
  const text = message?.trim() ?? '';
  if (text === '') return 'It reported no reason';
  const body = text.replace(preamble, '');
  const name = exceptionClass.exec(body)?.[1];
  const words = body.replace(exceptionClass, '');
  const ofResource = words.replace(resource, '$1: ');
  const reason = ofResource === words && name !== undefined ? `${name}: ${words}` : ofResource;
  return reason.replaceAll(/\s+/g, ' ').trim();
}
