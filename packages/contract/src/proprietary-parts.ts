/**
 * Parts of the proprietary package `dlthub`, which neither a server nor its runs have. `dlt.hub`, which is part of
 * dlt, only passes them on; of its own it has `dlt.hub.run`.
 */
const replacements: ReadonlyMap<string, string> = new Map([
  [
    'transformation',
    'read with `pipeline.dataset()` in a job, and load the result with `pipeline.run()`, instead',
  ],
  ['runner', 'call `pipeline.run()` in a job instead'],
  ['data_quality', 'declare checks of the pipeline in `[pumphouse.pipelines.<name>]` of config.toml instead'],
  ['current', 'use `dlt.current` instead'],
]);
const otherReplacement = 'docs/move/hosted.md lists what to use instead';

const partName = /\b(?:dlt\.hub|dlthub)\.(\w+)/;
/** Of Python, of dlt, and of the hook that environments have. */
const missingMessage =
  /No module named '?dlthub(?![\w-])|install "dlt\[hub\]"|the proprietary package dlthub/;

/**
 * Describes a part of the package in one sentence: that it is missing, and what to use instead.
 * @param name a dotted path, such as `dlt.hub.transformation`
 * @param place where it is used, as text in brackets
 */
export function describeProprietaryPart(name: string, place = ''): string {
  const instead = replacements.get(partName.exec(name)?.[1] ?? '') ?? otherReplacement;
  return `\`${name}\`${place} belongs to the proprietary package dlthub, which Pumphouse does not have: ${instead}.`;
}

/** Explains an exception about a part of the package in one sentence; null for any other. */
export function explainMissingPart(message: string): string | null {
  if (!missingMessage.test(message)) return null;
  return describeProprietaryPart(partName.exec(message)?.[0] ?? 'dlthub');
}
