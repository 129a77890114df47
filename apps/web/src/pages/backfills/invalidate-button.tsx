import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { AskingButton } from '../../ui/asking-button.tsx';
import { changedByBackfills } from './backfill-queries.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface InvalidateButtonProps {
  jobId: string;
  range: { start: string; end: string };
  onDone: (text: string) => void;
}

/** Invalidates the selected days, after a question for the reason. */
export function InvalidateButton({ jobId, range, onDone }: InvalidateButtonProps) {
  const { params, whyNotChange } = useWorkspace();
  const [reason, setReason] = useState('');
  return (
    <AskingButton
      label="Invalidate"
      question="Invalidate the windows of these days?"
      action="Invalidate"
      whyNot={whyNotChange('job.invalidate-windows')}
      act={async () => {
        const body = { ...range, reason };
        const done = await api.call('invalidate_job_windows', { params: { ...params, job_id: jobId }, body });
        await fetchAnew(queryClient, changedByBackfills);
        return done;
      }}
      onDone={({ window_count }) => {
        setReason('');
        onDone(`Invalidated ${window_count} windows. A backfill of missing windows loads them again.`);
      }}
    >
      <p>They count as missing, and the next backfill loads them again. The schedule does not.</p>
      <TextInput
        label="Reason"
        description="Written to the audit log."
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </AskingButton>
  );
}
