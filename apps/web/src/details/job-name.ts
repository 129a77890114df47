/** Removes the prefix `jobs.`, which every ref of a job without a display name has. */
export function shortenJobName(nameOrRef: string): string {
  return nameOrRef.replace(/^jobs\.(?=.)/, '');
}
