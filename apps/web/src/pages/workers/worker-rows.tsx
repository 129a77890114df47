import type { WorkerResponse, WorkerTokenResponse } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import people from '../people/people.module.css';
import { describeLabels, describeLoad, explainWorkerState, workerAppearance } from './worker-states.ts';

interface WorkerRowsProps {
  workers: readonly WorkerResponse[];
  onOutcome: (text: string) => void;
  onToken: (created: WorkerTokenResponse) => void;
}

type ModeOperation = 'pause_worker' | 'drain_worker' | 'resume_worker';

const outcomes: Record<ModeOperation, string> = {
  pause_worker: 'takes no new runs now.',
  drain_worker: 'takes no new runs now, and ends after its last one.',
  resume_worker: 'takes new runs again.',
};

const refresh = () => fetchAnew(queryClient, ['list_workers']);

/** Table of workers: those of the organization, then those of the installation. */
export function WorkerRows({ workers, onOutcome, onToken }: WorkerRowsProps) {
  const { params } = useOrganization();
  const setMode = useMutation({
    mutationFn: ({ worker, mode }: { worker: WorkerResponse; mode: ModeOperation }) =>
      api.call(mode, { params: { ...params, worker_id: worker.id } }),
    onSuccess: async ({ name }, { mode }) => {
      await refresh();
      onOutcome(`Worker ${name} ${outcomes[mode]}`);
    },
  });
  return (
    <>
      {setMode.error !== null && <ErrorNotice error={setMode.error} />}
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col">State</th>
              <th scope="col">Active runs</th>
              <th scope="col">Labels</th>
              <th scope="col">Release</th>
              <th scope="col">Last seen</th>
              <ActionsHead />
            </tr>
          </thead>
          <tbody>
            {workers.map((worker) => (
              <tr key={worker.id}>
                <td data-wide="true">
                  {worker.name}
                  {worker.is_shared && <span className={people.mark}>all organizations</span>}
                  <div className="quiet">
                    {worker.host_name === null ? '' : `${worker.host_name}, ${worker.executor}`}
                  </div>
                </td>
                <td data-wide="true">
                  <State look={workerAppearance(worker.state)} />
                  <div className="quiet">{explainWorkerState(worker)}</div>
                </td>
                <td data-label="active runs">{describeLoad(worker)}</td>
                <td data-label="labels">{describeLabels(worker.labels)}</td>
                <td data-label="release">{worker.version ?? 'unknown'}</td>
                <td data-label="last seen">
                  {worker.last_seen_at === null ? 'never' : <Time at={worker.last_seen_at} />}
                </td>
                <td>
                  <WorkerActions
                    worker={worker}
                    onMode={(mode) => setMode.mutate({ worker, mode })}
                    onOutcome={onOutcome}
                    onToken={onToken}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface WorkerActionsProps {
  worker: WorkerResponse;
  onMode: (mode: ModeOperation) => void;
  onOutcome: (text: string) => void;
  onToken: (created: WorkerTokenResponse) => void;
}

function WorkerActions({ worker, onMode, onOutcome, onToken }: WorkerActionsProps) {
  const { params, whyNot } = useOrganization();
  const { name, mode, is_shared } = worker;
  const ofWorker = { params: { ...params, worker_id: worker.id } };
  const shared = is_shared
    ? 'Only an operator of the server can change a worker of all organizations.'
    : null;
  const whyNotMode = whyNot('worker.pause') ?? shared;
  return (
    <div className={people.actions}>
      {mode === 'active' ? (
        <>
          <ActionButton
            aria-label={`Pause worker ${name}`}
            hint="It takes no new runs; active runs continue."
            whyNot={whyNotMode}
            onClick={() => onMode('pause_worker')}
          >
            Pause
          </ActionButton>
          <AskingButton
            label="Drain"
            aria-label={`Drain worker ${name}`}
            whyNot={whyNotMode}
            question={`Drain worker ${name}?`}
            act={async () => {
              await api.call('drain_worker', ofWorker);
              await refresh();
            }}
            onDone={() => onOutcome(`Worker ${name} ${outcomes.drain_worker}`)}
          >
            It takes no new runs. Its program ends after the last active run.
          </AskingButton>
        </>
      ) : (
        <ActionButton
          aria-label={`Resume worker ${name}`}
          whyNot={whyNotMode}
          onClick={() => onMode('resume_worker')}
        >
          Resume
        </ActionButton>
      )}
      <AskingButton
        label="Replace token"
        aria-label={`Replace token of worker ${name}`}
        whyNot={whyNot('worker.replace-token') ?? shared}
        question={`Replace the token of worker ${name}?`}
        act={async () => {
          const created = await api.call('replace_worker_token', ofWorker);
          await refresh();
          return created;
        }}
        onDone={onToken}
      >
        The present token is revoked immediately. Active runs continue, and their state is unknown until the
        worker returns with the new token.
      </AskingButton>
      <AskingButton
        label="Remove"
        aria-label={`Remove worker ${name}`}
        whyNot={whyNot('worker.remove') ?? shared}
        question={`Remove worker ${name}?`}
        typed={name}
        act={async () => {
          await api.call('remove_worker', ofWorker);
          await refresh();
        }}
        onDone={() => onOutcome(`Worker ${name} removed.`)}
      >
        Its token is revoked immediately. The state of its active runs stays unknown until they are ended by
        force. You cannot undo this.
      </AskingButton>
    </div>
  );
}
