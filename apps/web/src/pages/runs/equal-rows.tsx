import { Button } from '@mantine/core';
import { Fragment, useState, type ReactNode } from 'react';
import { formatNoun } from '../../ui/format.ts';

/** A table row of a comparison. */
export interface ComparedRow {
  key: string;
  /** Both sides are equal, or differ as any two runs do. */
  isEqual: boolean;
  row: ReactNode;
}

/** Rows that differ, and a button that shows the equal ones in their places. */
export function DifferentRows({ rows, columnCount }: { rows: readonly ComparedRow[]; columnCount: number }) {
  const [isWhole, setIsWhole] = useState(false);
  const equalCount = rows.filter(({ isEqual }) => isEqual).length;
  return (
    <>
      {rows.map(({ key, isEqual, row }) => (isWhole || !isEqual) && <Fragment key={key}>{row}</Fragment>)}
      {equalCount > 0 && (
        <tr>
          <td colSpan={columnCount}>
            <Button
              variant="subtle"
              size="compact-xs"
              aria-expanded={isWhole}
              onClick={() => setIsWhole(!isWhole)}
            >
              {isWhole ? 'Hide' : 'Show'} {formatNoun(equalCount, 'equal row')}
            </Button>
          </td>
        </tr>
      )}
    </>
  );
}
