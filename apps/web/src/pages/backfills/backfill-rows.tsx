import type { BackfillResponse } from '@pumphouse/contract';
import { Checkbox, NumberInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './backfills.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { api } from '../../api/api.ts';
import { AskingButton } from '../../ui/asking-button.tsx';
import { backfillAppearance, describeProgress } from './backfill-texts.ts';
import { changedByBackfills } from './backfill-queries.ts';
import { ClockTime } from '../../ui/time.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { retryResumes } from './backfill-texts.ts';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { useWorkspace } from '../../workspace/use-workspace.ts';

type Action = 'pause_backfill' | 'resume_backfill';

const refresh = () => fetchAnew(queryClient, changedByBackfills);

interface BackfillRowsProps {
  backfills: readonly BackfillResponse[];
  /** The one whose windows are shown. */
  shownId: string | undefined;
}

/** Table of backfills with their progress and actions. */
export function BackfillRows({ backfills, shownId }: BackfillRowsProps) {
  const { id: workspaceId } = useWorkspace();
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Range</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {backfills.map((backfill) => (
            <tr key={backfill.id}>
              <td data-wide="true">
                <Link
                  to="/w/$workspaceId/runs"
                  params={{ workspaceId }}
                  search={{ backfill_id: backfill.id }}
                >
                  <ClockTime at={backfill.start} /> – <ClockTime at={backfill.end} />
                </Link>
                <div className="quiet">
                  {backfill.mode} windows, {backfill.parallel} at a time.{' '}
                  <Link
                    to="/w/$workspaceId/jobs/$job"
                    params={{ workspaceId, job: backfill.job_id }}
                    search={
                      backfill.id === shownId
                        ? { tab: 'backfill' }
                        : { tab: 'backfill', backfill: backfill.id }
                    }
                    resetScroll={false}
                  >
                    {backfill.id === shownId ? 'Hide windows' : 'Show windows'}
                  </Link>
                </div>
              </td>
              <td data-wide="true">
                <State look={backfillAppearance(backfill.status)} />
                <div className="quiet">{backfill.pause_detail ?? backfill.wait_reason}</div>
              </td>
              <td data-label="progress">
                <Progress backfill={backfill} />
              </td>
              <td>
                <BackfillActions key={backfill.parallel} backfill={backfill} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Progress({ backfill }: { backfill: BackfillResponse }) {
  const { counts, window_count: total } = backfill;
  const parts = { done: counts.completed + counts.covered, failed: counts.failed, running: counts.running };
  const text = describeProgress(backfill);
  return (
    <div className={classes.progress}>
      <span
        className={classes.bar}
        role="progressbar"
        aria-label="Windows done"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={parts.done}
        aria-valuetext={text}
      >
        {Object.entries(parts).map(([part, count]) => (
          <span key={part} data-part={part} style={{ width: `${(count / total) * 100}%` }} />
        ))}
      </span>
      <span className="quiet">{text}</span>
    </div>
  );
}

function BackfillActions({ backfill }: { backfill: BackfillResponse }) {
  const { params, whyNotChange } = useWorkspace();
  const whyNot = whyNotChange('backfill.change');
  const of = { params: { ...params, backfill_id: backfill.id } };
  const [parallel, setParallel] = useState(backfill.parallel);
  const [cancelsRunning, setCancelsRunning] = useState(false);
  const act = useMutation({ mutationFn: (action: Action) => api.call(action, of), onSuccess: refresh });
  const retry = useMutation({
    mutationFn: () => api.call('retry_backfill', { ...of, body: {} }),
    onSuccess: refresh,
  });
  const change = useMutation({
    mutationFn: () => api.call('change_backfill', { ...of, body: { parallel } }),
    onSuccess: refresh,
  });
  const { status, counts } = backfill;
  const isPreparing = status === 'preparing';
  const isOpen = isPreparing || status === 'running' || status === 'paused';
  const error = act.error ?? retry.error ?? change.error;
  return (
    <>
      <div className={classes.actions}>
        {isOpen && (
          <>
            <NumberInput
              aria-label="Windows at a time"
              size="xs"
              w="4.5rem"
              min={1}
              max={1000}
              value={parallel}
              onChange={(value) => setParallel(Number(value) || 1)}
            />
            {parallel !== backfill.parallel && (
              <ActionButton whyNot={whyNot} loading={change.isPending} onClick={() => change.mutate()}>
                Apply
              </ActionButton>
            )}
            <ActionButton
              whyNot={whyNot ?? (isPreparing ? 'Its windows are being created.' : null)}
              loading={act.isPending}
              onClick={() => act.mutate(status === 'paused' ? 'resume_backfill' : 'pause_backfill')}
            >
              {status === 'paused' ? 'Resume' : 'Pause'}
            </ActionButton>
          </>
        )}
        {counts.failed + counts.cancelled > 0 && status !== 'cancelled' && status !== 'cancelling' && (
          <ActionButton
            whyNot={whyNot}
            hint={retryResumes}
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            Retry failed
          </ActionButton>
        )}
        {isOpen && (
          <AskingButton
            label="Cancel"
            question="Cancel this backfill?"
            action="Cancel backfill"
            whyNot={whyNot}
            act={async () => {
              await api.call('cancel_backfill', { ...of, body: { cancel_running: cancelsRunning } });
              await refresh();
            }}
            onDone={() => undefined}
          >
            <p>The {counts.waiting} windows that wait never start. A cancelled backfill cannot go on.</p>
            <Checkbox
              label={`Also cancel the ${counts.running} windows that are running`}
              checked={cancelsRunning}
              onChange={(event) => setCancelsRunning(event.currentTarget.checked)}
            />
          </AskingButton>
        )}
      </div>
      {error !== null && <ErrorNotice error={error} />}
    </>
  );
}
