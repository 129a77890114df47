import { Button, Checkbox, Group, Modal, NativeSelect, Radio, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listSettable, toInput, type InputTexts } from './job-inputs.ts';
import { JobInputFields } from './job-input-fields.tsx';
import type { JobActions, StartOptions } from './use-job-actions.ts';
import { describeTriggerShortly } from '../../details/run-cause.ts';
import {
  findTimedTrigger,
  manualTrigger,
  startsAsViewer,
  viewersProfile,
  type StartableJob,
} from './job-rules.ts';
import { describeRefresh } from './start-texts.ts';
import { operation } from '../../api/operation.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface RunDialogProps {
  job: StartableJob;
  actions: JobActions;
  /** The inputs that the fields begin with. */
  inputs?: InputTexts;
  onClose: () => void;
}

/**
 * Dialog for a manual start. Enter starts the job with the defaults. It closes immediately; the job shows the
 * result.
 */
export default function RunDialog({ job, actions, inputs = {}, onClose }: RunDialogProps) {
  const { me, params } = useWorkspace();
  const [texts, setTexts] = useState(inputs);
  const { data: declared } = useQuery(
    operation('get_job_inputs', { params: { ...params, job_id: actions.jobId } }),
  );
  const isViewer = startsAsViewer(me.workspace_role);
  const settable = listSettable(declared, texts);
  const input = toInput(texts, settable);
  const timed = input === undefined ? findTimedTrigger(job) : undefined;
  const [options, setOptions] = useState<StartOptions>({
    trigger: manualTrigger(job),
    profile: isViewer ? viewersProfile : null,
  });
  const change = (part: Partial<StartOptions>) => setOptions({ ...options, ...part });
  return (
    <Modal opened onClose={onClose} title={`Run ${job.name}`} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          actions.start.mutate({ ...options, input });
          onClose();
        }}
      >
        <Stack gap="sm">
          <ProfileChoice
            job={job}
            isViewer={isViewer}
            profile={options.profile ?? null}
            onChoose={(profile) => change({ profile })}
          />
          <JobInputFields inputs={settable} texts={texts} onChange={setTexts} />
          {timed !== undefined && (
            <Radio.Group
              label="Data interval"
              value={options.trigger}
              onChange={(trigger) => change({ trigger })}
            >
              <Stack gap={4} mt={4}>
                <Radio
                  size="xs"
                  value={manualTrigger(job)}
                  label="Always run: the interval that is due, or none if nothing is due"
                />
                <Radio
                  size="xs"
                  value={timed}
                  label={`Run only if an interval is due, like ${describeTriggerShortly(timed)}`}
                />
              </Stack>
            </Radio.Group>
          )}
          {!isViewer && (
            <Checkbox
              size="xs"
              label="Refresh: drop the loaded data and reload everything"
              description="Downstream jobs also reload everything on their next run."
              checked={options.refresh ?? false}
              onChange={(event) => change({ refresh: event.currentTarget.checked })}
            />
          )}
          {options.refresh === true && <RefreshPreview jobId={actions.jobId} />}
          {job.hasFreshness && (
            <Checkbox
              size="xs"
              label="Skip the freshness check of upstream jobs"
              checked={options.skip_freshness ?? false}
              onChange={(event) => change({ skip_freshness: event.currentTarget.checked })}
            />
          )}
        </Stack>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" data-autofocus>
            Run now
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

/** The interval that a refresh would load now. */
function RefreshPreview({ jobId }: { jobId: string }) {
  const { params } = useWorkspace();
  const body = { job_ids: [jobId], refresh: true, dry_run: true };
  const { data } = useQuery({ ...operation('trigger_jobs', { params, body }), staleTime: 0 });
  return (
    <Text size="xs" role="status">
      {data === undefined ? 'Checking what a refresh covers…' : describeRefresh(data)}
    </Text>
  );
}

interface ProfileChoiceProps {
  job: StartableJob;
  isViewer: boolean;
  profile: string | null;
  onChoose: (profile: string | null) => void;
}

function ProfileChoice({ job, isViewer, profile, onChoose }: ProfileChoiceProps) {
  const { params } = useWorkspace();
  const { data: configuration } = useQuery(operation('get_configuration_latest', { params }));
  const others = (configuration?.profiles ?? []).filter((each) => each !== job.profile);
  return (
    <NativeSelect
      size="xs"
      label="Profile"
      description={
        isViewer
          ? `Viewers can only use the profile ${viewersProfile}.`
          : 'Configuration and variables of the run.'
      }
      disabled={isViewer}
      value={profile ?? ''}
      onChange={(event) => onChoose(event.currentTarget.value === '' ? null : event.currentTarget.value)}
      data={
        isViewer
          ? [{ value: viewersProfile, label: viewersProfile }]
          : [
              { value: '', label: `${job.profile} (job default)` },
              ...others.map((value) => ({ value, label: value })),
            ]
      }
    />
  );
}
