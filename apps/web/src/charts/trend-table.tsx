import classes from './trend-chart.module.css';
import { formatValue, type Trend } from './trend.ts';

interface TrendTableProps {
  title: string;
  trend: Trend;
  onPick?: ((index: number) => void) | undefined;
}

/** The values of a chart as a table, newest first. */
export function TrendTable({ title, trend, onPick }: TrendTableProps) {
  const newestFirst = trend.points.map((point, index) => ({ point, index })).toReversed();
  return (
    <table className={classes.numbers}>
      <caption className="visually-hidden">{title}</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {trend.series.map(({ name }) => (
            <th key={name} scope="col" className="number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {newestFirst.map(({ point, index }) => (
          <tr key={index}>
            <th scope="row">
              {onPick ? (
                <button type="button" className="text-button" onClick={() => onPick(index)}>
                  {point.title}
                </button>
              ) : (
                point.title
              )}
              {point.mark != null && <span className="quiet"> ◆ {point.mark}</span>}
            </th>
            {trend.series.map(({ name, unit, values }) => (
              <td key={name} className="number">
                {formatValue(unit, values[index])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
