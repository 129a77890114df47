import { Modal, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useState, type KeyboardEvent } from 'react';
import classes from './command-palette.module.css';
import { api } from '../api/api.ts';
import { describeError } from '../ui/answers.tsx';
import { findEntries, listEntries, type PaletteEntry } from './palette-entries.ts';
import { operation } from '../api/operation.ts';
import { useWorkspace } from '../workspace/use-workspace.ts';

interface PaletteProps {
  workspaceId: string;
  onClose: () => void;
}

/** Finds pages, jobs and pipelines by name and runs actions on them. */
export default function CommandPalette({ workspaceId, onClose }: PaletteProps) {
  const listId = useId();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const found = findEntries(useEntries(workspaceId), typed);
  const perform = usePerform(workspaceId);
  const chosen = found[Math.min(at, found.length - 1)];

  function choose(entry: PaletteEntry | undefined): void {
    if (!entry || entry.whyNot !== null) return;
    onClose();
    void perform(entry);
  }

  function takeKey(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined) setAt((at + step + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter') choose(chosen);
    else return;
    event.preventDefault();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size="lg"
      yOffset="10vh"
      attributes={{ content: { 'aria-label': 'Search or run a command' } }}
    >
      <TextInput
        size="md"
        variant="unstyled"
        px="md"
        placeholder="Search jobs, pipelines and pages; type > for actions"
        aria-label="Search or run a command"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={chosen ? idOf(listId, chosen) : undefined}
        data-autofocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={takeKey}
      />
      <div id={listId} role="listbox" aria-label="Results" className={classes.list}>
        {found.map((entry) => (
          <Entry
            key={entry.id}
            entry={entry}
            id={idOf(listId, entry)}
            isChosen={entry === chosen}
            onChoose={() => choose(entry)}
          />
        ))}
        {found.length === 0 && <p className={classes.none}>No results</p>}
      </div>
    </Modal>
  );
}

const idOf = (listId: string, entry: PaletteEntry) => `${listId}-${entry.id.replaceAll(' ', '-')}`;

function Entry({
  entry,
  id,
  isChosen,
  onChoose,
}: {
  entry: PaletteEntry;
  id: string;
  isChosen: boolean;
  onChoose: () => void;
}) {
  return (
    // The input above handles the keys and marks the active option by aria-activedescendant.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={id}
      tabIndex={-1}
      role="option"
      aria-selected={isChosen}
      aria-disabled={entry.whyNot !== null}
      className={classes.entry}
      onClick={onChoose}
      ref={(element) => {
        if (isChosen) element?.scrollIntoView({ block: 'nearest' });
      }}
    >
      <span>{entry.text}</span>
      <span className={classes.aside}>{entry.whyNot ?? entry.aside}</span>
    </div>
  );
}

function useEntries(workspaceId: string): PaletteEntry[] {
  const { params, whyNot } = useWorkspace();
  const jobs = useQuery(operation('list_job_overviews', { params, query: { limit: 1000 } }));
  const pipelines = useQuery(operation('list_pipeline_freshness', { params, query: {} }));
  return listEntries({
    workspaceId,
    jobs: jobs.data?.items ?? [],
    pipelineNames: pipelines.data?.items.map(({ pipeline_name }) => pipeline_name) ?? [],
    whyNot,
  });
}

function usePerform(workspaceId: string) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const scope = { workspace_id: workspaceId };

  async function start(jobId: string): Promise<void> {
    const answer = await api.call('trigger_jobs', { params: scope, body: { job_ids: [jobId] } });
    const [started] = answer.succeeded;
    if (started?.job_run_id) {
      return navigate({
        to: '/w/$workspaceId/runs/$jobRunId',
        params: { workspaceId, jobRunId: started.job_run_id },
      });
    }
    const reasons = answer.skipped.flatMap((each) => each.reasons ?? []);
    notifications.show({
      title: 'Run not started',
      message: reasons.join(' ') || 'The server gave no reason.',
    });
  }

  async function act(entry: PaletteEntry): Promise<void> {
    const { does } = entry;
    if (does.kind === 'go') return navigate(does.link);
    if (does.kind === 'copy-link') return navigator.clipboard.writeText(location.href);
    if (does.kind === 'start') return start(does.jobId);
    const operationId = does.kind === 'pause' ? 'pause_job' : 'resume_job';
    await api.call(operationId, { params: { ...scope, job_id: does.jobId } });
    await queryClient.invalidateQueries({ queryKey: ['list_job_overviews'] });
    notifications.show({ message: entry.text.replace(/^(Pause|Resume) /, '$1d ') });
  }

  return async (entry: PaletteEntry) => {
    try {
      await act(entry);
    } catch (error) {
      const action = entry.text.charAt(0).toLowerCase() + entry.text.slice(1);
      const message = describeError(error).detail;
      notifications.show({ color: 'red', title: `Could not ${action}`, message });
    }
  };
}
