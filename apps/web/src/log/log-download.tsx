import { Button, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { api } from '../api/api.ts';
import { describeError } from '../ui/answers.tsx';
import { DownIcon } from '../ui/icons.tsx';
import type { LogOfRun } from './use-log.ts';

/** Menu that downloads the whole log. */
export function LogDownload({ params }: { params: LogOfRun }) {
  const download = useMutation({
    mutationFn: (hasTimes: boolean) => saveLog(params, hasTimes),
    onError: (error) =>
      notifications.show({
        color: 'red',
        title: 'Could not download the log',
        message: describeError(error).detail,
      }),
  });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="compact-xs" variant="default" loading={download.isPending} rightSection={<DownIcon />}>
          Download
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => download.mutate(false)}>Without timestamps</Menu.Item>
        <Menu.Item onClick={() => download.mutate(true)}>With timestamps</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Downloads through memory, since a link cannot carry the access token. */
async function saveLog(params: LogOfRun, timestamps: boolean): Promise<void> {
  const target = { workspaceId: params.workspace_id, jobRunId: params.job_run_id };
  const { fileName, text } = await api.downloadLog({ ...target, timestamps });
  const url = URL.createObjectURL(await new Response(text).blob());
  const link = Object.assign(document.createElement('a'), { href: url, download: fileName });
  link.click();
  // The browser reads the URL after the click; one minute is enough for it to start.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
