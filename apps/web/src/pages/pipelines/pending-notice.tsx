import type { PendingPackageResponse } from '@pumphouse/contract';
import { useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionResultLine } from '../jobs/action-result.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { formatBytes, formatNoun, pluralOf } from '../../ui/format.ts';
import { describeTables } from './pending-rows.ts';
import { Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { usePendingActions, type PendingPipeline } from './use-pending-actions.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Packages that are extracted and not loaded, one notice for each pipeline and profile, with what can be done. */
export function PendingNotices({ packages }: { packages: readonly PendingPackageResponse[] }) {
  const pending = packages.filter(({ state }) => state === 'pending');
  const groups = Map.groupBy(pending, ({ pipeline_name: name, profile }) => `${name} ${profile}`);
  return (
    <>
      {[...groups.entries()].map(([key, group]) => (
        <PendingNotice key={key} packages={group} />
      ))}
    </>
  );
}

function PendingNotice({ packages }: { packages: readonly PendingPackageResponse[] }) {
  const { whyNot } = useWorkspace();
  const actions = usePendingActions();
  const [asks, setAsks] = useState(false);
  const [first] = packages;
  if (!first) return null;
  const pipeline = { pipelineName: first.pipeline_name, profile: first.profile };
  const isDropped = packages.every((each) => each.drop_requested_at !== null);
  return (
    <Notice>
      <p>
        {formatNoun(packages.length, 'load package')} of the pipeline {first.pipeline_name} (
        {formatBytes(sumBytes(packages))}) {pluralOf(packages.length, 'is', 'are')} extracted and not loaded,
        since <Time at={first.created_at} />.{' '}
        {isDropped
          ? 'The next run drops them before its code starts.'
          : 'The next run of the pipeline finishes them first, or drops them if it loads their interval again.'}
      </p>
      {!isDropped && (
        <p>
          <ActionButton
            whyNot={whyNot('pending-packages.finish')}
            loading={actions.finish.isPending}
            onClick={() => actions.finish.mutate(pipeline)}
          >
            Finish now
          </ActionButton>{' '}
          <ActionButton
            color="red"
            whyNot={whyNot('pending-packages.drop')}
            loading={actions.drop.isPending}
            onClick={() => setAsks(true)}
          >
            Drop…
          </ActionButton>
        </p>
      )}
      {actions.result !== null && <ActionResultLine result={actions.result} onPutAway={actions.putAway} />}
      {asks && (
        <DropQuestion
          packages={packages}
          pipeline={pipeline}
          onConfirm={() => {
            actions.drop.mutate(pipeline);
            setAsks(false);
          }}
          onClose={() => setAsks(false)}
        />
      )}
    </Notice>
  );
}

function DropQuestion({
  packages,
  pipeline,
  onConfirm,
  onClose,
}: {
  packages: readonly PendingPackageResponse[];
  pipeline: PendingPipeline;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const tables = describeTables(packages);
  const isPartly = packages.some(({ step }) => step === 'partly_loaded');
  return (
    <Confirm
      title={`Drop the pending packages of ${pipeline.pipelineName}?`}
      action="Drop packages"
      isPending={false}
      error={null}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>
        {formatNoun(packages.length, 'load package')} with {formatBytes(sumBytes(packages))}
        {tables !== '' && <> for {tables}</>} will be lost. The next run asks the source for these rows again,
        from where the state at the destination ends. A source that returns each row only once does not return
        them.
      </p>
      {isPartly && (
        <p>Rows that are already at the destination stay there, and may be loaded a second time.</p>
      )}
    </Confirm>
  );
}

function sumBytes(packages: readonly PendingPackageResponse[]): number {
  return packages.reduce((sum, each) => sum + each.size_bytes, 0);
}
