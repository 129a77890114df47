import type { CostGrouping, CostResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { choiceLink } from '../../ui/choice-link.ts';
import choice from '../../ui/days-choice.module.css';
import { Empty } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import { CostRows } from './cost-rows.tsx';
import classes from './cost.module.css';
import { formatCount } from '../../ui/format.ts';
import { groupingLabels } from './cost-search.ts';

interface CostGroupsProps {
  cost: CostResponse;
  by: CostGrouping;
  groupings: readonly CostGrouping[];
  workspaceId: string | null;
}

/** The table of costs, and the choice of what its rows are. */
export function CostGroups({ cost, by, groupings, workspaceId }: CostGroupsProps) {
  const { rows, row_count: count } = cost;
  return (
    <Section
      title={`By ${groupingLabels[by].toLowerCase()}`}
      aside={<GroupingChoice by={by} groupings={groupings} />}
    >
      {rows.length === 0 ? (
        <Empty title="No runs ended in this range">Select a longer range above.</Empty>
      ) : (
        <CostRows cost={cost} by={by} workspaceId={workspaceId} />
      )}
      <Notes by={by} isCut={rows.length < count} count={count} shown={rows.length} />
    </Section>
  );
}

function GroupingChoice({ by, groupings }: Pick<CostGroupsProps, 'by' | 'groupings'>) {
  return (
    <nav className={choice.choice} aria-label="Group by">
      {groupings.map((each) => (
        <Link
          key={each}
          {...choiceLink(each === by)}
          search={(before) => ({ ...before, by: each === groupings[0] ? undefined : each })}
          className={choice.one}
        >
          {groupingLabels[each]}
        </Link>
      ))}
    </nav>
  );
}

function Notes({
  by,
  isCut,
  count,
  shown,
}: {
  by: CostGrouping;
  isCut: boolean;
  count: number;
  shown: number;
}) {
  const notes = [
    ...(by === 'tag'
      ? ['A run counts in each tag of the version that ran: tags may add up to more than the total.']
      : []),
    ...(isCut ? [`The ${formatCount(shown)} highest of ${formatCount(count)} rows.`] : []),
  ];
  return notes.length === 0 ? null : (
    <ul className={classes.gaps}>
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
