import { Button, Popover, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import choice from '../../ui/days-choice.module.css';
import classes from './runs.module.css';
import { choiceLink } from '../../ui/choice-link.ts';
import { readInputRange, runRangeLabels, runRanges, toRangeSearch } from './run-range.ts';
import type { RunSearch } from './run-list.ts';
import { shownZone } from '../../ui/time-zone.ts';
import { toTimeInput } from '../../ui/wall-time.ts';
import { useNow } from '../../ui/time.tsx';

interface RangeChoiceProps {
  search: RunSearch;
  onChange: (part: RunSearch) => void;
}

const dayMs = 86_400_000;

/** Choice of the range of time in which the listed runs were created. */
export function RangeChoice({ search, onChange }: RangeChoiceProps) {
  const isCustom = search.from !== undefined || search.to !== undefined;
  const current = isCustom ? 'custom' : (search.range ?? 'all');
  return (
    <nav className={choice.choice} aria-label="Time range">
      {[...runRanges, 'all' as const].map((word) => (
        <Link
          key={word}
          from="/w/$workspaceId/runs"
          {...choiceLink(word === current)}
          search={(before) => ({
            ...before,
            range: word === 'all' ? undefined : word,
            from: undefined,
            to: undefined,
          })}
          className={choice.one}
        >
          {word === 'all' ? 'All' : runRangeLabels[word]}
        </Link>
      ))}
      <CustomRange search={search} isCurrent={isCustom} onChange={onChange} />
    </nav>
  );
}

function CustomRange({ search, isCurrent, onChange }: RangeChoiceProps & { isCurrent: boolean }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-start" withinPortal trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={`${choice.one} ${classes.custom}`}
          aria-current={isCurrent ? 'page' : undefined}
          onClick={() => setIsOpen(!isOpen)}
        >
          Custom…
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <CustomForm
          search={search}
          onChange={(part) => {
            setIsOpen(false);
            onChange(part);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function CustomForm({ search, onChange }: RangeChoiceProps) {
  const nowMs = useNow(60);
  const [from, setFrom] = useState(toTimeInput(readTime(search.from, nowMs - dayMs)));
  const [to, setTo] = useState(toTimeInput(readTime(search.to, nowMs)));
  const range = readInputRange(from, to);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (range !== null) onChange(toRangeSearch(range.startMs, range.endMs));
  };
  return (
    <form className={classes.customForm} onSubmit={submit}>
      <TextInput
        size="xs"
        type="datetime-local"
        label="Created from"
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        type="datetime-local"
        label="Created before"
        description={`Times of ${shownZone()}`}
        value={to}
        error={range === null && 'Choose a time after the start.'}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" disabled={range === null}>
        Show runs
      </Button>
    </form>
  );
}

function readTime(text: string | undefined, otherwiseMs: number): number {
  const atMs = Date.parse(text ?? '');
  return Number.isNaN(atMs) ? otherwiseMs : atMs;
}
