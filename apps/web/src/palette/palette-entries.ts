import type { JobOverviewResponse, Permission } from '@pumphouse/contract';
import { goTo, toDatasetEntry, type PaletteEntry, type ThemeChoice } from './palette-entry.ts';
import {
  linkAccountPages,
  linkInstallationPages,
  linkOrganizationPages,
  linkWorkspacePages,
  type SettingsPage,
} from '../layout/settings-tree.ts';
import {
  manualTrigger,
  startsAsViewer,
  viewersProfile,
  whyNotPause,
  whyNotStart,
} from '../pages/jobs/job-rules.ts';
import { pageKeys } from '../keyboard/shortcut-table.ts';
import { shortenJobName } from '../details/job-name.ts';

/** What the palette knows without a search. */
export interface PaletteSources {
  workspaceId: string;
  organization: { id: string; name: string };
  /** The user's role in the workspace. */
  role: string | null | undefined;
  jobs: readonly JobOverviewResponse[];
  pipelineNames: readonly string[];
  datasetNames: readonly string[];
  /** Emails of members; empty if the role may not see them. */
  people: readonly { id: string; email: string }[];
  /** Whether the user owns the installation, and so sees its state. */
  ownsInstallation: boolean;
  whyNot: (permission: Permission) => string | null;
}

/** All entries that need no search, destinations before actions. */
export function listEntries(sources: PaletteSources): PaletteEntry[] {
  const { workspaceId, jobs } = sources;
  const pages = Object.entries(pageKeys).map(([keys, { word, to }]) =>
    goTo(`page ${word}`, { group: 'Pages', text: word, aside: keys }, { to, params: { workspaceId } }),
  );
  return [
    ...pages,
    ...jobs.map((job) => listJob(job, workspaceId)),
    ...listData(sources),
    ...listPeople(sources),
    ...listSettings(sources),
    ...jobs.flatMap((job) => listJobActions(job, sources)),
    ...listGeneralActions(),
  ];
}

function listJob(job: JobOverviewResponse, workspaceId: string): PaletteEntry {
  return goTo(
    `job ${job.id}`,
    {
      group: 'Jobs',
      text: shortenJobName(job.name),
      aside: job.is_archived ? 'archived' : job.name === job.ref ? '' : shortenJobName(job.ref),
      keywords: job.tags.join(' '),
    },
    { to: '/w/$workspaceId/jobs/$job', params: { workspaceId, job: job.ref } },
  );
}

function listData({ workspaceId, pipelineNames, datasetNames }: PaletteSources): PaletteEntry[] {
  return [
    ...pipelineNames.map((pipelineName) =>
      goTo(
        `pipeline ${pipelineName}`,
        { group: 'Pipelines', text: pipelineName },
        { to: '/w/$workspaceId/pipelines/$pipelineName', params: { workspaceId, pipelineName } },
      ),
    ),
    ...datasetNames.map((name) => toDatasetEntry(workspaceId, name)),
  ];
}

function listPeople({ workspaceId, people }: PaletteSources): PaletteEntry[] {
  const link = { to: '/w/$workspaceId/settings/members', params: { workspaceId } } as const;
  return people.map(({ id, email }) =>
    goTo(`person ${id}`, { group: 'People', text: email, aside: 'member' }, link),
  );
}

function listSettings({ workspaceId, organization, ownsInstallation }: PaletteSources): PaletteEntry[] {
  const list = (aside: string, pages: readonly SettingsPage[]) =>
    pages.map(({ label, link }) =>
      goTo(`settings ${link.to}`, { group: 'Settings', text: label, aside, keywords: 'settings' }, link),
    );
  return [
    ...list('workspace', linkWorkspacePages(workspaceId)),
    ...list(`organization ${organization.name}`, linkOrganizationPages(organization.id)),
    ...list('account', linkAccountPages()),
    ...(ownsInstallation ? list('installation', linkInstallationPages()) : []),
  ];
}

/** Actions that the pages of a job offer. */
function listJobActions(
  job: JobOverviewResponse,
  { workspaceId, role, whyNot }: PaletteSources,
): PaletteEntry[] {
  if (job.is_archived) return [];
  const name = shortenJobName(job.name);
  const start: PaletteEntry = {
    id: `start ${job.id}`,
    group: 'Actions',
    text: `Run ${name}`,
    whyNot: whyNot('job-run.start') ?? whyNotStart(job),
    does: {
      kind: 'start',
      jobId: job.id,
      trigger: manualTrigger(job),
      profile: startsAsViewer(role) ? viewersProfile : null,
    },
  };
  const kind = job.is_paused ? 'resume' : 'pause';
  const flip: PaletteEntry = {
    id: `${kind} ${job.id}`,
    group: 'Actions',
    text: `${job.is_paused ? 'Resume' : 'Pause'} ${name}`,
    whyNot: whyNot('job.pause'),
    does: { kind, jobId: job.id },
  };
  const { last_failed_run: last } = job;
  const failure =
    last !== null
      ? [
          goTo(
            `failure ${job.id}`,
            { group: 'Actions', text: `Open last failure of ${name}`, aside: last.reason?.summary ?? '' },
            { to: '/w/$workspaceId/runs/$jobRunId', params: { workspaceId, jobRunId: last.id } },
          ),
        ]
      : [];
  // A job without a schedule has nothing to pause.
  return [start, ...(whyNotPause(job) === null ? [flip] : []), ...failure];
}

const themes: readonly (readonly [ThemeChoice, string])[] = [
  ['light', 'Use the light theme'],
  ['dark', 'Use the dark theme'],
  ['auto', "Use the system's theme"],
];

function listGeneralActions(): PaletteEntry[] {
  const action = (id: string, text: string, does: PaletteEntry['does'], keywords = ''): PaletteEntry => ({
    id,
    group: 'Actions',
    text,
    keywords,
    whyNot: null,
    does,
  });
  return [
    action('copy-link', 'Copy link to this page', { kind: 'copy-link' }),
    ...themes.map(([theme, text]) => action(`theme ${theme}`, text, { kind: 'theme', theme }, 'mode')),
    action(
      'state-colours',
      'Switch the colors of states',
      { kind: 'state-colours' },
      'color blind palette theme',
    ),
    action('documentation', 'Open the documentation', { kind: 'documentation' }, 'docs help manual'),
    action('sign-out', 'Sign out', { kind: 'sign-out' }, 'log out logout'),
  ];
}
