import type { RouteResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Explanation } from '../../forms/change-form.tsx';
import { formatNoun } from '../../ui/format.ts';
import { Section } from '../../ui/page.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { visitorsOfApp } from './app-queries.ts';

/** Recent visitors of the app, for users with the permission to list them. */
export function AppVisitors({ jobId }: { jobId: string }) {
  const { id: workspaceId, whyNot } = useWorkspace();
  const refused = whyNot('app.list-visitors');
  const { data, error, refetch } = useQuery({
    ...visitorsOfApp(workspaceId, jobId),
    enabled: refused === null,
  });
  return (
    <Section title="Recent visitors">
      {refused !== null && <Explanation>{refused}</Explanation>}
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {refused === null && !data && !error && <LoadingRows count={2} />}
      {data?.items.length === 0 && <Empty title="No visitors yet" />}
      {data && data.items.length > 0 && <VisitorRows visitors={data.items} />}
    </Section>
  );
}

function VisitorRows({ visitors }: { visitors: RouteResponse<'list_app_visitors'>['items'] }) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <caption className="visually-hidden">Recent visitors</caption>
        <thead>
          <tr>
            <th scope="col">Visitor</th>
            <th scope="col">Last seen</th>
            <th scope="col">Browsers</th>
          </tr>
        </thead>
        <tbody>
          {visitors.map(({ email, last_seen_at: at, session_count: count }) => (
            <tr key={email ?? ''}>
              <td data-wide="true">
                {email ?? <span className="quiet">Visitors with the public link</span>}
              </td>
              <td data-label="Last seen">
                <Time at={at} />
              </td>
              <td data-label="Browsers">{formatNoun(count, 'browser')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
