import { ActionIcon, SegmentedControl, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import choice from '../../../ui/days-choice.module.css';
import classes from './timeline.module.css';
import { choiceLink } from '../../../ui/choice-link.ts';
import { defaultRange, lengthOf, panView, rangeNames, zoomView, type TimeView } from './time-view.ts';
import { FilterBar } from '../../../search/filter-bar.tsx';
import type { TimelineRow } from './timeline-rows.ts';
import { groupings, isFollowing, type Grouping, type TimelineSearch } from './timeline-search.ts';
import { LeftIcon, MinusIcon, PlusIcon, RightIcon } from '../../../ui/icons.tsx';
import { SearchBox } from '../../../search/search-box.tsx';

interface TimelineControlsProps {
  search: TimelineSearch;
  view: TimeView;
  grouping: Grouping;
  rows: readonly TimelineRow[];
  onChange: (part: TimelineSearch) => void;
  onMove: (view: TimeView) => void;
}

const rangeLabels = { '6h': '6 h', '24h': '24 h', '7d': '7 d', '30d': '30 d' } as const;
const groupingLabels: Record<Grouping, string> = { tag: 'Tag', schedule: 'Schedule', none: 'None' };
const panShare = 0.5;

export function TimelineControls({ search, view, grouping, rows, onChange, onMove }: TimelineControlsProps) {
  const middleMs = (view.startMs + view.endMs) / 2;
  const groups = rows.filter(({ kind }) => kind === 'group');
  const allFolded = groups.length > 0 && groups.every(({ isFolded }) => isFolded);
  return (
    <FilterBar>
      <SearchBox label="Search jobs by name" value={search.q} onSearch={(q) => onChange({ q })} />
      <RangeChoice search={search} />
      <span className={classes.steps}>
        <StepButton label="Earlier" onClick={() => onMove(panView(view, -lengthOf(view) * panShare))}>
          <LeftIcon />
        </StepButton>
        <StepButton label="Later" onClick={() => onMove(panView(view, lengthOf(view) * panShare))}>
          <RightIcon />
        </StepButton>
        <StepButton label="Zoom out" onClick={() => onMove(zoomView(view, 2, middleMs))}>
          <MinusIcon />
        </StepButton>
        <StepButton label="Zoom in" onClick={() => onMove(zoomView(view, 0.5, middleMs))}>
          <PlusIcon />
        </StepButton>
      </span>
      <span className={classes.grouping}>
        <span id="timeline-grouping">Group by</span>
        <SegmentedControl
          size="xs"
          aria-labelledby="timeline-grouping"
          data={groupings.map((value) => ({ value, label: groupingLabels[value] }))}
          value={grouping}
          onChange={(value) => onChange({ group: readGrouping(value), fold: undefined })}
        />
      </span>
      {groups.length > 0 && (
        <button
          type="button"
          className={`text-button ${classes.collapse}`}
          onClick={() => onChange({ fold: allFolded ? undefined : groups.map(({ label }) => label) })}
        >
          {allFolded ? 'Expand all' : 'Collapse all'}
        </button>
      )}
      <button
        type="button"
        className={`text-button ${classes.tableSwitch}`}
        onClick={() => onChange({ table: search.table ? undefined : true })}
      >
        {search.table ? 'Show as chart' : 'Show as table'}
      </button>
    </FilterBar>
  );
}

const readGrouping = (value: string): Grouping => groupings.find((each) => each === value) ?? 'none';

/** Each range is a link. None is current once the view was moved. */
function RangeChoice({ search }: { search: TimelineSearch }) {
  const current = isFollowing(search) ? (search.range ?? defaultRange) : null;
  return (
    <nav className={choice.choice} aria-label="Time range">
      {rangeNames.map((word) => (
        <Link
          key={word}
          from="/w/$workspaceId/timeline"
          {...choiceLink(word === current)}
          search={(before) => ({
            ...before,
            range: word === defaultRange ? undefined : word,
            from: undefined,
            to: undefined,
          })}
          className={choice.one}
        >
          {rangeLabels[word]}
        </Link>
      ))}
    </nav>
  );
}

function StepButton({
  label,
  onClick,
  children,
}: {
  label: string;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size="sm" aria-label={label} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
