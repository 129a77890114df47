import type { JobOverviewResponse } from '@pumphouse/contract';
import { pageKeys } from '../keyboard/shortcut-table.ts';

/** An entry of the command palette. */
export interface PaletteEntry {
  id: string;
  text: string;
  /** Small text after the label. */
  aside?: string;
  /** Why the action is unavailable; null if it is available. */
  whyNot: string | null;
  kind: 'page' | 'job' | 'pipeline' | 'action';
  does:
    | { kind: 'go'; link: PageLink }
    | { kind: 'start' | 'pause' | 'resume'; jobId: string; jobRef: string }
    | { kind: 'copy-link' };
}

/** Options of a link to a page of a workspace. */
type PageLink =
  | { to: (typeof pageKeys)[keyof typeof pageKeys]['to']; params: { workspaceId: string } }
  | { to: '/w/$workspaceId/jobs/$job'; params: { workspaceId: string; job: string } }
  | { to: '/w/$workspaceId/pipelines/$pipelineName'; params: { workspaceId: string; pipelineName: string } }
  | { to: '/w/$workspaceId/runs/$jobRunId'; params: { workspaceId: string; jobRunId: string } };

interface Sources {
  workspaceId: string;
  jobs: readonly JobOverviewResponse[];
  pipelineNames: readonly string[];
  whyNot: (permission: 'job-run.start' | 'job.pause') => string | null;
}

/** All entries, destinations before actions. */
export function listEntries({ workspaceId, jobs, pipelineNames, whyNot }: Sources): PaletteEntry[] {
  const pages = Object.entries(pageKeys).map(([keys, { word, to }]) => ({
    id: `page ${word}`,
    text: word,
    aside: keys,
    whyNot: null,
    kind: 'page' as const,
    does: goTo({ to, params: { workspaceId } }),
  }));
  const jobPages = jobs.map((job) => ({
    id: `job ${job.id}`,
    text: job.name,
    aside: job.name === job.ref ? 'Job' : job.ref,
    whyNot: null,
    kind: 'job' as const,
    does: goTo({ to: '/w/$workspaceId/jobs/$job', params: { workspaceId, job: job.ref } }),
  }));
  const pipelinePages = pipelineNames.map((name) => ({
    id: `pipeline ${name}`,
    text: name,
    aside: 'Pipeline',
    whyNot: null,
    kind: 'pipeline' as const,
    does: goTo({
      to: '/w/$workspaceId/pipelines/$pipelineName',
      params: { workspaceId, pipelineName: name },
    }),
  }));
  const actions = jobs.flatMap((job) => listJobActions(job, { workspaceId, whyNot }));
  const copy: PaletteEntry = {
    id: 'copy-link',
    text: 'Copy link to this page',
    whyNot: null,
    kind: 'action',
    does: { kind: 'copy-link' },
  };
  return [...pages, ...jobPages, ...pipelinePages, ...actions, copy];
}

const goTo = (link: PageLink): PaletteEntry['does'] => ({ kind: 'go', link });

function listJobActions(
  job: JobOverviewResponse,
  { workspaceId, whyNot }: Pick<Sources, 'workspaceId' | 'whyNot'>,
): PaletteEntry[] {
  if (job.is_archived) return [];
  const act = (
    kind: 'start' | 'pause' | 'resume',
    query: string,
    permission: 'job-run.start' | 'job.pause',
  ) => ({
    id: `${kind} ${job.id}`,
    text: `${query} ${job.name}`,
    whyNot: whyNot(permission),
    kind: 'action' as const,
    does: { kind, jobId: job.id, jobRef: job.ref },
  });
  const failure: PaletteEntry[] =
    job.last_run?.status === 'failed'
      ? [
          {
            id: `failure ${job.id}`,
            text: `Open last failure of ${job.name}`,
            aside: job.last_run.reason?.summary ?? '',
            whyNot: null,
            kind: 'action',
            does: goTo({
              to: '/w/$workspaceId/runs/$jobRunId',
              params: { workspaceId, jobRunId: job.last_run.id },
            }),
          },
        ]
      : [];
  const pause = job.is_paused ? act('resume', 'Resume', 'job.pause') : act('pause', 'Pause', 'job.pause');
  return [act('start', 'Run', 'job-run.start'), pause, ...failure];
}

const maxShown = 40;

/**
 * Entries that contain all typed words, entries that start with the text first. A leading `>` limits the
 * result to actions. Without input, the pages are listed.
 */
export function findEntries(entries: readonly PaletteEntry[], typed: string): PaletteEntry[] {
  const isAction = typed.startsWith('>');
  const query = typed.replace(/^>/, '').toLowerCase().trim();
  if (query === '' && !isAction) return entries.filter(({ kind }) => kind === 'page');
  const parts = query.split(/\s+/);
  const found = entries.filter((entry) => {
    const text = `${entry.text} ${entry.aside ?? ''}`.toLowerCase();
    return (!isAction || entry.kind === 'action') && parts.every((part) => text.includes(part));
  });
  const rank = (entry: PaletteEntry) => (entry.text.toLowerCase().startsWith(query) ? 0 : 1);
  return found.toSorted((one, other) => rank(one) - rank(other)).slice(0, maxShown);
}
