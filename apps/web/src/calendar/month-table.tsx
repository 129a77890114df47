import type { ReactNode, Ref } from 'react';
import { listWeeks, nameMonth, weekdays, type Month } from './months.ts';

interface MonthTableProps {
  month: Month;
  className: string | undefined;
  /** Shows the name of the month above the table. */
  hasCaption?: boolean;
  ref?: Ref<HTMLTableElement>;
  /** What a day shows. @param date such as 2026-01-31 */
  renderDay: (date: string) => ReactNode;
}

/** A month as a table of weeks, Monday first. */
export function MonthTable({ month, className, hasCaption = false, ref, renderDay }: MonthTableProps) {
  return (
    <table ref={ref} className={className}>
      {hasCaption && <caption>{nameMonth(month)}</caption>}
      <thead>
        <tr>
          {weekdays.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {listWeeks(month).map((week, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- the weeks of a month never change
          <tr key={index}>
            {week.map((date, weekday) => (
              // oxlint-disable-next-line react/no-array-index-key -- days that fill a week have no date
              <td key={weekday}>{date !== null && renderDay(date)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
