/** What an incident says. Parts come from user code: plain text, and bounded here. */
export interface IncidentText {
  /** One line. */
  title: string;
  details: readonly string[];
  facts: readonly IncidentFact[];
  /** Pages of the console; the first one is the main one. */
  links: readonly IncidentLink[];
}

export interface IncidentFact {
  label: string;
  value: string;
}

/** `path` begins below the public URL. */
export interface IncidentLink {
  label: string;
  path: string;
}

const maxTitleLength = 200;
const maxDetailLength = 500;
const maxDetails = 12;
const maxValueLength = 200;
const maxFactRows = 12;

/** Bounds the texts of an incident; facts without a value are left out. */
export function boundIncident({
  title,
  details = [],
  facts = [],
  links,
}: {
  title: string;
  details?: readonly string[];
  facts?: readonly (readonly [label: string, value: string | number | null])[];
  links: readonly IncidentLink[];
}): IncidentText {
  return {
    title: cut(title, maxTitleLength),
    details: details.slice(0, maxDetails).map((line) => cut(line, maxDetailLength)),
    facts: facts
      .filter(([, value]) => value !== null && value !== '')
      .slice(0, maxFactRows)
      .map(([label, value]) => ({ label, value: cut(formatValue(value), maxValueLength) })),
    links,
  };
}

/** Paths of console pages of a workspace. */
export function createConsolePaths(workspaceId: string) {
  const at = (path: string) => `/w/${workspaceId}${path}`;
  return {
    job: (jobId: string): IncidentLink => ({ label: 'Open job', path: at(`/jobs/${jobId}`) }),
    backfill: (jobId: string, backfillId: string): IncidentLink => ({
      label: 'Open backfill',
      path: at(`/jobs/${jobId}?tab=backfill&backfill=${backfillId}`),
    }),
    run: (jobRunId: string): IncidentLink => ({ label: 'Open run', path: at(`/runs/${jobRunId}`) }),
    /** The errors of a log, where the cause is. */
    log: (jobRunId: string): IncidentLink => ({
      label: 'Open log',
      path: at(`/runs/${jobRunId}?tab=log&show=errors`),
    }),
    pipeline: (name: string, tab?: string): IncidentLink => ({
      label: 'Open pipeline',
      path: at(`/pipelines/${encodeURIComponent(name)}${tab === undefined ? '' : `?tab=${tab}`}`),
    }),
    usage: (): IncidentLink => ({ label: 'Open usage', path: at('/settings/usage') }),
    jobs: (): IncidentLink => ({ label: 'Open jobs', path: at('/jobs') }),
    alerts: (): IncidentLink => ({ label: 'Open alerts', path: at('/alerts') }),
  };
}

export type ConsolePaths = ReturnType<typeof createConsolePaths>;

/** Control characters, line ends and marks that change the direction of text. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

function cut(text: string, maxLength: number): string {
  const line = text.replace(unprintable, ' ').trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).trimEnd()}…`;
}

const formatValue = (value: string | number | null): string =>
  typeof value === 'number' ? value.toLocaleString('en-US') : (value ?? '');

const units = [
  { name: 'day', seconds: 86_400 },
  { name: 'hour', seconds: 3600 },
  { name: 'minute', seconds: 60 },
] as const;

/** Formats a duration such as `2 hours` in the largest unit that fits at least twice, or once exactly. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const unit = units.find((each) => whole >= 2 * each.seconds || whole === each.seconds);
  const count = unit ? Math.floor(whole / unit.seconds) : whole;
  const name = unit?.name ?? 'second';
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
