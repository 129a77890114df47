import type { SystemResponse } from '@pumphouse/contract';
import { Empty } from '../../ui/answers.tsx';
import { formatBytes, formatCount, formatDuration } from '../../ui/format.ts';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { ClockTime, Time } from '../../ui/time.tsx';
import { describeLoad, workerAppearance } from '../workers/worker-states.ts';
import { describeKind } from '../workspaces/storage-texts.ts';
import { loopAppearance } from './check-texts.ts';

/** Tasks that the server repeats. */
export function LoopRows({ loops }: Pick<SystemResponse, 'loops'>) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Loop</th>
            <th scope="col">State</th>
            <th scope="col">Last success</th>
            <th scope="col" className="number">
              Interval
            </th>
            <th scope="col" className="number">
              Failures
            </th>
          </tr>
        </thead>
        <tbody>
          {loops.map((loop) => (
            <tr key={loop.name}>
              <td data-wide="true">{loop.name}</td>
              <td>
                <State look={loopAppearance(loop.state)} />
              </td>
              <td data-label="last success">
                {loop.last_success_at === null ? 'none yet' : <Time at={loop.last_success_at} />}
              </td>
              <td className="number" data-label="interval">
                {formatDuration(loop.interval_seconds)}
              </td>
              <td className="number" data-label="failures">
                {formatCount(loop.failures)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Stored data of all organizations. */
export function StorageRows({ storage }: Pick<SystemResponse, 'storage'>) {
  if (storage === null)
    return <Empty title="Still being measured">Load the page again in a few seconds.</Empty>;
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Data</th>
            <th scope="col" className="number">
              Count
            </th>
            <th scope="col" className="number">
              Size
            </th>
            <th scope="col">Oldest</th>
          </tr>
        </thead>
        <tbody>
          {storage.map(({ kind, count, bytes, oldest_at }) => (
            <tr key={kind}>
              <td data-wide="true">{describeKind(kind).name}</td>
              <td className="number" data-label="count">
                {formatCount(count)}
              </td>
              <td className="number" data-label="size">
                {formatBytes(bytes)}
              </td>
              <td data-label="oldest">{oldest_at === null ? '–' : <ClockTime at={oldest_at} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Workers of all organizations. */
export function WorkerRows({ workers }: Pick<SystemResponse, 'workers'>) {
  if (workers.length === 0)
    return <Empty title="No workers">Runs execute on the machines of the servers.</Empty>;
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col">State</th>
            <th scope="col">Active runs</th>
            <th scope="col">Release</th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.id}>
              <td data-wide="true">
                {worker.name} <span className="quiet">{worker.host_name}</span>
              </td>
              <td>
                <State look={workerAppearance(worker.state)} />
              </td>
              <td data-label="active runs">{describeLoad(worker)}</td>
              <td data-label="release">{worker.version ?? 'unknown'}</td>
              <td data-label="last seen">
                {worker.last_seen_at === null ? 'never' : <Time at={worker.last_seen_at} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Warnings and errors of the server's log. */
export function ErrorRows({ errors }: { errors: SystemResponse['recent_errors'] }) {
  if (errors.length === 0)
    return <Empty title="No warnings and errors">The server has logged none since it started.</Empty>;
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Last</th>
            <th scope="col">Level</th>
            <th scope="col">Message</th>
            <th scope="col" className="number">
              Times
            </th>
          </tr>
        </thead>
        <tbody>
          {errors.map(({ level, message, error, count, first_at, last_at }) => (
            <tr key={`${first_at} ${level} ${message} ${error}`}>
              <td>
                <Time at={last_at} />
              </td>
              <td>{level === 'error' ? 'Error' : 'Warning'}</td>
              <td data-wide="true">
                {message}
                {error !== null && <div className="quiet">{error}</div>}
              </td>
              <td className="number" data-label="times">
                {formatCount(count)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
