/** The name of a job as people say it. One without a display name is named by its ref, whose `jobs.` says nothing. */
export function shortenJobName(nameOrRef: string): string {
  return nameOrRef.replace(/^jobs\.(?=.)/, '');
}
