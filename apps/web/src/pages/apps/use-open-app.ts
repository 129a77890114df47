import type { AppResponse } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { describeError } from '../../ui/answers.tsx';
import { shortenJobName } from '../../details/job-name.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { leadTab, openEmptyTab } from './open-tab.ts';

type OpenedApp = Pick<AppResponse, 'job_id' | 'name'>;

/** Opens apps in new tabs, signed in. @param onProblem receives why an app was not opened */
export function useOpenApp(onProblem: (text: string) => void) {
  const { params } = useWorkspace();

  const opening = useMutation({
    mutationFn: ({ app, path }: { app: OpenedApp; path: string | undefined; tab: Window }) =>
      api.call('open_app', {
        params: { ...params, job_id: app.job_id },
        body: path === undefined ? {} : { path },
      }),
    onSuccess: ({ url }, { tab }) => leadTab(tab, url),
    onError: (error, { tab }) => {
      tab.close();
      onProblem(describeError(error).detail);
    },
  });

  /**
   * Opens the tab in the click handler, before its URL is known.
   * @param path below the app's origin; its start page without one
   */
  const open = (app: OpenedApp, path?: string): void => {
    const tab = openEmptyTab(`Opening ${shortenJobName(app.name)}…`);
    if (tab) opening.mutate({ app, path, tab });
    else onProblem('The browser blocked the new tab. Allow pop-ups for this site.');
  };

  return { open, isOpening: opening.isPending };
}
