import { getDefaultTrigger, type JobDefinition, listTriggers } from './job-definition.ts';
import { readTriggerType, TRIGGER_TYPES } from './trigger.ts';

type SelectableJob = Pick<
  JobDefinition,
  'job_ref' | 'triggers' | 'expose' | 'deliver' | 'entry_point' | 'default_trigger'
>;

const JOB_TYPE_KEYWORDS: Readonly<Record<string, string>> = {
  batch: 'batch',
  job: 'batch',
  interactive: 'interactive',
  stream: 'stream',
};

/**
 * Lists the triggers of a job that any of the selectors matches, in the order of listTriggers. Uses the
 * algorithm of dlt 1.31: a job type (`batch`, its alias `job`, `interactive`, `stream`) or a pattern on the
 * job ref matches all triggers; any other pattern matches single triggers; `schedule` and `schedule:` mean
 * `schedule:*`. Patterns follow Python's fnmatch, are case-sensitive, and `*` also matches dots and colons.
 */
export function matchTriggers(job: SelectableJob, selectors: readonly string[]): string[] {
  const triggers = listTriggers(job);
  const tests = selectors.map((selector) => buildTest(job, selector));
  return triggers.filter((trigger) => tests.some((test) => test(trigger)));
}

/**
 * Picks the trigger that starts a matched job: its default one if it matched, otherwise the first match; null
 * without a match.
 */
export function pickTrigger(
  job: Pick<JobDefinition, 'triggers' | 'default_trigger'>,
  matched: readonly string[],
): string | null {
  const preferred = getDefaultTrigger(job);
  return preferred !== null && matched.includes(preferred) ? preferred : (matched[0] ?? null);
}

/** Picks the trigger that starts a job named by its id: the default one, otherwise `manual:<ref>`. */
export function pickTriggerByRef(
  job: Pick<JobDefinition, 'job_ref' | 'triggers' | 'default_trigger'>,
): string {
  return getDefaultTrigger(job) ?? `manual:${job.job_ref}`;
}

/**
 * Resolves the trigger in a request for one run; null if the job has no such trigger. `manual:` and `manual`
 * (the API's default) mean the job's own manual trigger; a bare type means its first trigger of that type.
 */
export function resolveRequestedTrigger(job: SelectableJob, requested: string): string | null {
  const triggers = listTriggers(job);
  if (triggers.includes(requested)) return requested;
  const type = TRIGGER_TYPES.find((known) => requested === known || requested === `${known}:`);
  return triggers.find((trigger) => type !== undefined && readTriggerType(trigger) === type) ?? null;
}

/**
 * Expands job events on selectors to events on the jobs they match, without duplicates. The job itself and
 * interactive jobs are excluded. The client does this before a deploy. A selector without a match is a
 * warning.
 * @returns the new triggers by job ref, for all given jobs
 */
export function expandEventSelectors(jobs: readonly SelectableJob[]): {
  triggers: Map<string, string[]>;
  warnings: string[];
} {
  const warnings: string[] = [];
  const triggers = new Map<string, string[]>();
  for (const job of jobs) {
    const expanded = job.triggers.flatMap((trigger) => {
      const type = readTriggerType(trigger);
      if (type !== 'job.success' && type !== 'job.fail') return [trigger];
      const selector = trigger.slice(type.length + 1);
      if (selector.startsWith('jobs.') && !/[*?[]/.test(selector)) return [trigger];
      const matches = jobs.filter(
        (other) => canBeFollowed(other, job) && matchTriggers(other, [selector]).length > 0,
      );
      if (matches.length === 0) warnings.push(`job '${job.job_ref}': trigger '${trigger}' matched no job`);
      return matches.map((match) => `${type}:${match.job_ref}`);
    });
    triggers.set(job.job_ref, [...new Set(expanded)]);
  }
  return { triggers, warnings };
}

function canBeFollowed(job: SelectableJob, follower: SelectableJob): boolean {
  return job.job_ref !== follower.job_ref && job.entry_point.job_type !== 'interactive';
}

function buildTest(job: SelectableJob, selector: string): (trigger: string) => boolean {
  const jobType = JOB_TYPE_KEYWORDS[selector.endsWith(':') ? selector.slice(0, -1) : selector];
  if (jobType !== undefined) return () => job.entry_point.job_type === jobType;
  const pattern = compileGlob(completePattern(selector));
  if (pattern.test(job.job_ref)) return () => true;
  return (trigger) => pattern.test(trigger);
}

function completePattern(selector: string): string {
  if (selector.endsWith(':')) return `${selector}*`;
  return TRIGGER_TYPES.some((type) => type === selector) ? `${selector}:*` : selector;
}

/**
 * Compiles a Python fnmatch pattern to a regular expression for the whole text: `*`, `?`, `[abc]`, `[a-z]`,
 * `[!a]`.
 */
export function compileGlob(pattern: string): RegExp {
  const [first = '', ...rest] = splitAtStars(pattern);
  const last = rest.pop();
  if (last === undefined) return new RegExp(`^${first}$`, 'su');
  // A lookahead with a backreference never backtracks; otherwise many stars could take unbounded time.
  const middle = rest.map((part, index) => `(?=(?<part${index}>.*?${part}))\\k<part${index}>`).join('');
  return new RegExp(`^${first}${middle}.*${last}$`, 'su');
}

/** Splits the pattern at its stars; returns the parts as regular expression sources. */
function splitAtStars(pattern: string): string[] {
  const parts: string[] = [];
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern.charAt(index);
    const set = char === '[' ? /^\[(!|(?!!))(\][^\]]*|[^\]]+)\]/.exec(pattern.slice(index)) : null;
    if (char === '*') {
      parts.push(source);
      source = '';
    } else if (char === '?') source += '.';
    else if (set === null) source += escapeLiteral(char);
    else {
      source += compileSet(set[2] ?? '', set[1] === '!');
      index += set[0].length - 1;
    }
  }
  return [...parts, source];
}

function compileSet(members: string, isNegated: boolean): string {
  // A reversed range is an error in RegExp but matches nothing in fnmatch.
  const ranges = [...members.matchAll(/(.)-(.)|(.)/gsu)];
  const kept = ranges.flatMap(([, low, high, single]) => {
    if (single !== undefined) return [escapeSetMember(single)];
    if (low === undefined || high === undefined || low > high) return [];
    return [`${escapeSetMember(low)}-${escapeSetMember(high)}`];
  });
  if (kept.length === 0) return isNegated ? '.' : '(?!)';
  return `[${isNegated ? '^' : ''}${kept.join('')}]`;
}

function escapeLiteral(char: string): string {
  return /[\\^$.|?*+()[\]{}/]/.test(char) ? `\\${char}` : char;
}

function escapeSetMember(char: string): string {
  return /[\\\]^[-]/.test(char) ? `\\${char}` : char;
}
