import type { JobRunResourcesResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import classes from './run-resources.module.css';
import { formatDuration } from '../../ui/format.ts';
import { isMeasured, layOutCharts, type ResourceChart } from './resource-charts.ts';
import { runResources, type RunParams } from './run-queries.ts';

/** The bootstrap of an active run sends its timeline every ten seconds, at first. */
const refreshMs = 10_000;

interface RunResourcesProps {
  params: RunParams;
  isActive: boolean;
}

/** What the last attempt of the run has used; nothing without samples. */
export function RunResources({ params, isActive }: RunResourcesProps) {
  const { data } = useQuery({ ...runResources(params), refetchInterval: isActive && refreshMs });
  const attempt = data?.attempts.at(-1);
  if (!data || !attempt || !isMeasured(attempt)) return null;
  return (
    <section className={classes.resources} aria-label="Resources">
      {layOutCharts(attempt, data.limits).map((chart) => (
        <Chart key={chart.name} chart={chart} />
      ))}
      <p className={classes.size}>{describeSize(data, attempt)}</p>
    </section>
  );
}

function Chart({ chart }: { chart: ResourceChart }) {
  const { name, path, limitAt, peak, limit, isNearLimit } = chart;
  return (
    <figure className={classes.chart} data-near={isNearLimit || undefined}>
      <figcaption>
        <span className="quiet">{name}</span> <strong className="number">{peak}</strong>
        {limit !== null && <span className="quiet number"> of {limit}</span>}
        {isNearLimit && <span className={classes.near}> near the limit</span>}
      </figcaption>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <path d={path} className={classes.area} />
        {limitAt !== null && <line x1="0" x2="100" y1={limitAt} y2={limitAt} className={classes.limit} />}
      </svg>
    </figure>
  );
}

function describeSize(
  { instance_size: size }: JobRunResourcesResponse,
  attempt: JobRunResourcesResponse['attempts'][number],
): string {
  const { seconds_per_point: seconds, memory_bytes: points, number, measured_by: measuredBy } = attempt;
  const peaks = `Peaks of attempt ${number}, size ${size}, over ${formatDuration(points.length * seconds)}.`;
  return measuredBy === 'group'
    ? peaks
    : `${peaks} Memory and cores are sums over its processes, because its machine has no control groups for it.`;
}
