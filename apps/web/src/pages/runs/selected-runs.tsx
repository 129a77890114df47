import type { RunOverviewResponse } from '@pumphouse/contract';
import { CloseButton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './runs.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { ButtonLink } from '../../ui/links.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import {
  describeCancellable,
  describeCancelling,
  listCancellable,
  listEndedJobs,
  maxStartedJobs,
  nameOfRun,
  toComparison,
  whyNotCompare,
} from './selected-actions.ts';
import { ExportButton } from './export-button.tsx';
import { formatNoun } from '../../ui/format.ts';
import type { RunSearch } from './run-list.ts';
import { useRunBatch, type BatchResult } from './use-run-batch.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface SelectedRunsProps {
  runs: readonly RunOverviewResponse[];
  selected: ReadonlySet<string>;
  search: RunSearch;
  onSelect: (selected: ReadonlySet<string>) => void;
}

/** Actions for the selected runs, and the result of the last one. */
export default function SelectedRuns({ runs, selected, search, onSelect }: SelectedRunsProps) {
  const { whyNot } = useWorkspace();
  const [question, setQuestion] = useState<'cancel' | 'again' | null>(null);
  const batch = useRunBatch();
  const chosen = runs.filter(({ id }) => selected.has(id));
  const [cancellable, ended] = [listCancellable(chosen), listEndedJobs(chosen)];
  const finish = () => {
    onSelect(new Set());
    setQuestion(null);
  };
  return (
    <>
      {chosen.length > 0 && (
        <div className={classes.selected} role="group" aria-label="Selected runs">
          <span role="status">{formatNoun(chosen.length, 'run')} selected</span>
          <CompareButton runs={chosen} />
          <ActionButton
            color="red"
            whyNot={whyNot('job-run.cancel') ?? (cancellable.length === 0 ? 'All of them have ended.' : null)}
            onClick={() => setQuestion('cancel')}
          >
            Cancel runs…
          </ActionButton>
          <ActionButton
            whyNot={whyNot('job-run.start') ?? whyNotStart(ended.length)}
            onClick={() => setQuestion('again')}
          >
            Run again…
          </ActionButton>
          <ExportButton search={search} runs={chosen} />
          <ActionButton onClick={() => onSelect(new Set())}>Clear selection</ActionButton>
        </div>
      )}
      {batch.result !== null && <Result result={batch.result} onDismiss={batch.dismiss} />}
      {question === 'cancel' && (
        <Confirm
          title={`Cancel ${formatNoun(cancellable.length, 'run')}?`}
          action={`Cancel ${formatNoun(cancellable.length, 'run')}`}
          isPending={batch.cancel.isPending}
          error={batch.cancel.error}
          onConfirm={() => batch.cancel.mutate(cancellable, { onSuccess: finish })}
          onClose={() => setQuestion(null)}
        >
          <p>{describeCancellable(cancellable)}.</p>
          <p>{describeCancelling(cancellable)}</p>
        </Confirm>
      )}
      {question === 'again' && (
        <Confirm
          title={`Run ${formatNoun(ended.length, 'job')} again?`}
          action={`Run ${formatNoun(ended.length, 'job')}`}
          isPending={batch.again.isPending}
          error={batch.again.error}
          onConfirm={() => batch.again.mutate(ended, { onSuccess: finish })}
          onClose={() => setQuestion(null)}
        >
          <p>
            Each job of the selected runs that have ended starts once, in its current version and with its own
            profile.
          </p>
        </Confirm>
      )}
    </>
  );
}

function whyNotStart(jobCount: number): string | null {
  if (jobCount === 0) return 'None of them has ended.';
  return jobCount > maxStartedJobs ? `Select runs of at most ${maxStartedJobs} jobs.` : null;
}

function CompareButton({ runs }: { runs: readonly RunOverviewResponse[] }) {
  const { id: workspaceId } = useWorkspace();
  const compared = toComparison(runs);
  if (compared === null) return <ActionButton whyNot={whyNotCompare(runs)}>Compare</ActionButton>;
  return (
    <ButtonLink
      size="compact-sm"
      variant="default"
      to="/w/$workspaceId/runs/$jobRunId/compare"
      params={{ workspaceId, jobRunId: compared.run.id }}
      search={{ base: compared.base.id }}
      title={`Compare ${nameOfRun(compared.base)} with #${compared.run.number}`}
    >
      Compare
    </ButtonLink>
  );
}

function Result({ result, onDismiss }: { result: BatchResult; onDismiss: () => void }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <div className={classes.result} role="status">
      <div className={classes.selected}>
        <strong>{result.title}</strong>
        <CloseButton size="xs" aria-label="Dismiss" onClick={onDismiss} />
      </div>
      <ul tabIndex={0} aria-label="Result of each run" className={classes.resultRows}>
        {result.rows.map(({ id, text, isProblem, jobRunId }) => (
          <li key={id} data-problem={isProblem}>
            {jobRunId === null ? (
              text
            ) : (
              <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId }}>
                {text}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
