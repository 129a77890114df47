/** A reference without `jobs.`, as users type it. */
export function shortenJobRef(ref: string): string {
  return ref.replace(/^jobs\.(?=.)/, '');
}

/** A run as users name it: `shop.load #12`. */
export function nameRun({ job_ref, number }: { job_ref: string; number: number }): string {
  return `${shortenJobRef(job_ref)} #${number}`;
}
