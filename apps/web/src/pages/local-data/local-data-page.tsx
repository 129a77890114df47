import { Group } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { LocalDataCopyResponse, LocalDataProfileResponse } from '@pumphouse/contract';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { Explanation } from '../../forms/change-form.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { describeError, Empty } from '../../ui/answers.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { formatBytes, formatNoun } from '../../ui/format.ts';
import { Page, Section } from '../../ui/page.tsx';
import { saveFile } from '../../ui/save-file.ts';
import table from '../../ui/table.module.css';
import { ClockTime, Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { localDataOf, whyTooLarge } from './local-data-queries.ts';

/** Files that runs of the workspace keep, such as DuckDB databases. */
export function LocalDataPage() {
  const { id } = useWorkspace();
  const { data } = useSuspenseQuery(localDataOf(id));
  const { profiles, copies, distant_workers: workers } = data;
  return (
    <Page
      title="Local data"
      lead="Files that runs keep on the server in .dlt/data, such as DuckDB databases, per profile."
    >
      {profiles.length === 0 && (
        <Empty title="Runs have kept no files">
          dlt writes databases of DuckDB and other local destinations here by itself. Other code finds the
          folder in the variable DLT_LOCAL_DIR.
        </Empty>
      )}
      {profiles.map((each) => (
        <ProfileFiles key={each.profile} data={each} />
      ))}
      {copies.length > 0 && <Copies copies={copies} />}
      {workers.length > 0 && (
        <Explanation>
          Runs on {workers.join(', ')} keep files on the disk of that worker, which the server does not reach.
        </Explanation>
      )}
    </Page>
  );
}

function ProfileFiles({ data }: { data: LocalDataProfileResponse }) {
  const { profile, files, file_count: count, size_bytes: bytes } = data;
  const { params, whyNot } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  const download = useDownload(profile);
  const reset = useMutation({
    mutationFn: () => api.call('reset_local_data', { params, body: { profile } }),
    onSuccess: async () => {
      await fetchAnew(queryClient, ['list_local_data']);
      setAsking(false);
    },
  });
  return (
    <Section
      title={`Profile ${profile}`}
      aside={
        <Group gap="xs">
          <ActionButton
            whyNot={whyNot('local-data.download') ?? whyTooLarge(bytes)}
            loading={download.isPending && download.variables === null}
            onClick={() => download.mutate(null)}
          >
            Download all
          </ActionButton>
          <ActionButton whyNot={whyNot('local-data.reset')} onClick={() => setAsking(true)}>
            Reset
          </ActionButton>
        </Group>
      }
    >
      <Explanation>
        {formatNoun(count, 'file')}, {formatBytes(bytes)}
        {files.length < count && `; the first ${files.length} are shown`}
      </Explanation>
      <div className={table.scroll}>
        <table className={table.table} aria-label={`Files of ${profile}`}>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col" className="number">
                Size
              </th>
              <th scope="col">Changed</th>
              <ActionsHead />
            </tr>
          </thead>
          <tbody>
            {files.map((file) => (
              <tr key={file.path}>
                <td className="mono" data-wide="true">
                  {file.path}
                </td>
                <td className="number" data-label="Size">
                  {formatBytes(file.size_bytes)}
                </td>
                <td data-label="Changed">
                  <Time at={file.changed_at} />
                </td>
                <td>
                  <ActionButton
                    aria-label={`Download ${file.path}`}
                    whyNot={whyNot('local-data.download') ?? whyTooLarge(file.size_bytes)}
                    loading={download.isPending && download.variables === file.path}
                    onClick={() => download.mutate(file.path)}
                  >
                    Download
                  </ActionButton>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {isAsking && (
        <Confirm
          title={`Reset the local data of ${profile}?`}
          action="Reset"
          typed={profile}
          isPending={reset.isPending}
          error={reset.error}
          onConfirm={() => reset.mutate()}
          onClose={() => setAsking(false)}
        >
          {formatNoun(count, 'file')} ({formatBytes(bytes)}) are removed. A copy is kept for a day, and can be
          restored here. Jobs go on after their last completed run: start them with refresh to load all data
          again.
        </Confirm>
      )}
    </Section>
  );
}

/** Downloads through memory, since a link cannot carry the access token. */
function useDownload(profile: string) {
  const { id: workspaceId } = useWorkspace();
  return useMutation({
    mutationFn: async (path: string | null) => {
      const target = { workspaceId, profile, ...(path !== null && { path }) };
      const { fileName, bytes } = await api.downloadArchive(target);
      saveFile(fileName, await new Response(bytes).blob());
    },
    onError: (error) =>
      notifications.show({
        color: 'red',
        title: 'Could not download local data',
        message: describeError(error).detail,
      }),
  });
}

function Copies({ copies }: { copies: readonly LocalDataCopyResponse[] }) {
  const { params, whyNot } = useWorkspace();
  const restore = useMutation({
    mutationFn: (profile: string) => api.call('restore_local_data', { params, body: { profile } }),
    onSuccess: () => fetchAnew(queryClient, ['list_local_data']),
    onError: (error) =>
      notifications.show({
        color: 'red',
        title: 'Could not restore local data',
        message: describeError(error).detail,
      }),
  });
  return (
    <Section title="Copies of what was reset">
      <Explanation>
        Each is kept for a day. Restoring makes a copy of the files that are there, so it can be undone too.
      </Explanation>
      <div className={table.scroll}>
        <table className={table.table} aria-label="Copies">
          <thead>
            <tr>
              <th scope="col">Profile</th>
              <th scope="col">Reset</th>
              <th scope="col">Kept until</th>
              <th scope="col" className="number">
                Files
              </th>
              <th scope="col" className="number">
                Size
              </th>
              <ActionsHead />
            </tr>
          </thead>
          <tbody>
            {copies.map((copy, index) => (
              <tr key={copy.id}>
                <td data-wide="true">{copy.profile}</td>
                <td data-label="Reset">
                  <Time at={copy.created_at} />
                </td>
                <td data-label="Kept until">
                  <ClockTime at={copy.kept_until} />
                </td>
                <td className="number" data-label="Files">
                  {copy.file_count ?? 'unknown'}
                </td>
                <td className="number" data-label="Size">
                  {copy.size_bytes === null ? 'unknown' : formatBytes(copy.size_bytes)}
                </td>
                <td>
                  {copies.findIndex(({ profile }) => profile === copy.profile) === index && (
                    <ActionButton
                      aria-label={`Restore ${copy.profile}`}
                      whyNot={whyNot('local-data.reset')}
                      loading={restore.isPending && restore.variables === copy.profile}
                      onClick={() => restore.mutate(copy.profile)}
                    >
                      Restore
                    </ActionButton>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
