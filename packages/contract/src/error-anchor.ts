/**
 * The anchor of a code in docs/operate/errors.md: the generator of the documentation turns underscores into hyphens.
 * Apart from the codes, so that the console does not load their texts.
 */
export function errorAnchor(code: string): string {
  return code.replaceAll('_', '-');
}
