/** The line of code that declares a schedule. */
export function showScheduleLine(cron: string): string {
  return `@job(trigger=trigger.schedule(${JSON.stringify(cron)}))`;
}
