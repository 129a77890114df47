import type { AuditEntryResponse } from '@pumphouse/contract';
import table from '../../ui/table.module.css';
import { ClockTime } from '../../ui/time.tsx';
import { describeAction } from './audit-actions.ts';
import classes from './audit-log.module.css';
import { describeActor, describeDetail, listDetails } from './audit-texts.ts';

interface AuditRowsProps {
  entries: readonly AuditEntryResponse[];
  onTarget: (target: string) => void;
  onActor: (userId: string) => void;
}

export function AuditRows({ entries, onTarget, onActor }: AuditRowsProps) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">User</th>
            <th scope="col">Action</th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td className={classes.time}>
                <ClockTime at={entry.at} />
              </td>
              <td>
                <Actor actor={entry.actor} onActor={onActor} />
              </td>
              <td data-wide="true">
                <Change entry={entry} onTarget={onTarget} />
              </td>
              <td>
                <div className={`quiet cut ${classes.origin ?? ''}`} title={entry.actor.user_agent ?? ''}>
                  {entry.actor.address ?? entry.actor.user_agent ?? ''}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Actor({
  actor,
  onActor,
}: {
  actor: AuditEntryResponse['actor'];
  onActor: AuditRowsProps['onActor'];
}) {
  const { user_id } = actor;
  if (user_id === null) return <>{describeActor(actor)}</>;
  return (
    <button
      type="button"
      className={classes.link}
      title="Filter by this user"
      onClick={() => onActor(user_id)}
    >
      {describeActor(actor)}
    </button>
  );
}

function Change({ entry, onTarget }: { entry: AuditEntryResponse; onTarget: AuditRowsProps['onTarget'] }) {
  const { kind, id, name } = entry.target;
  const details = listDetails(entry).map(describeDetail);
  const text = name ?? (kind === 'webhook' ? '' : kind);
  return (
    <>
      {describeAction(entry.action)}{' '}
      {id === null ? (
        <strong>{text}</strong>
      ) : (
        <button
          type="button"
          className={classes.link}
          title={`Filter by this ${kind}`}
          onClick={() => onTarget(`${kind}:${id}`)}
        >
          <strong>{text}</strong>
        </button>
      )}
      {details.length > 0 && <div className={classes.details}>{details.join(' · ')}</div>}
    </>
  );
}
