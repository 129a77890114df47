import type { JobVersionResponse } from '@pumphouse/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import classes from './job.module.css';
import { ClockTime, Time } from '../../ui/time.tsx';
import { compareDefinitions, type SettingChange } from './definition-difference.ts';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Section } from '../../ui/page.tsx';
import { useJob } from './use-job.ts';
import { versionsOfJob } from './job-queries.ts';

/** Versions of a job's definition, newest first, with their changes. Code versions are separate. */
export default function VersionsTab() {
  const { workspaceId, jobId } = useJob();
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } =
    useInfiniteQuery(versionsOfJob(workspaceId, jobId));
  if (isPending) return <LoadingRows />;
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  const versions = data.items.toSorted((one, other) => other.version - one.version);
  return (
    <Section title="Definition versions">
      <ol className={classes.versions}>
        {versions.map((version, index) => (
          <Version
            key={version.id}
            version={version}
            before={versions[index + 1]}
            isOldest={index === versions.length - 1 && !hasNextPage}
          />
        ))}
      </ol>
      <MoreRows hasMore={hasNextPage} isLoading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </Section>
  );
}

interface VersionProps {
  version: JobVersionResponse;
  before: JobVersionResponse | undefined;
  isOldest: boolean;
}

function Version({ version, before, isOldest }: VersionProps) {
  const changes = before ? compareDefinitions(before.job_definition, version.job_definition) : [];
  return (
    <li className={classes.version} data-row>
      <span className={classes.versionHead}>
        <strong>Version {version.version}</strong>{' '}
        <span className="quiet">
          <ClockTime at={version.created_at} /> · <Time at={version.created_at} />
        </span>
      </span>
      {changes.length > 0 ? (
        <ul className={classes.changes}>
          {changes.map((change) => (
            <Change key={`${change.path} ${change.before ?? ''} ${change.after ?? ''}`} change={change} />
          ))}
        </ul>
      ) : (
        <span className="quiet">{isOldest ? 'First version' : 'No changes to the definition'}</span>
      )}
    </li>
  );
}

function Change({ change: { path, before, after } }: { change: SettingChange }) {
  return (
    <li className={classes.change}>
      <span className={classes.path}>{path}</span>
      {before !== null && (
        <del className={classes.before}>
          <span aria-hidden="true">− </span>
          {before}
        </del>
      )}
      {after !== null && (
        <ins className={classes.after}>
          <span aria-hidden="true">+ </span>
          {after}
        </ins>
      )}
    </li>
  );
}
