import { Modal, TextInput } from '@mantine/core';
import { useEffect, useEffectEvent, useId, useState, type KeyboardEvent } from 'react';
import classes from './command-palette.module.css';
import type { PaletteEntry } from './palette-entry.ts';
import type { TypedAhead } from './type-ahead.ts';
import { findEntries, isClearMatch } from './find-entries.ts';
import { idOfEntry, PaletteResults } from './palette-results.tsx';
import { rememberEntry } from './recent-entries.ts';
import { usePaletteEntries } from './use-palette-entries.ts';
import { usePerform } from './use-perform.ts';

interface PaletteProps {
  workspaceId: string;
  /** The input. The page owns it, as it takes the keys that come before the field has the focus. */
  typed: TypedAhead;
  onType: (typed: TypedAhead) => void;
  onClose: () => void;
  onSignOut: () => void;
}

/** Finds pages, jobs, runs, data, people and settings, and runs actions on them. */
export default function CommandPalette({ workspaceId, typed, onType, onClose, onSignOut }: PaletteProps) {
  const listId = useId();
  const [chosenId, setChosenId] = useState<string | null>(null);
  const { entries, isComplete } = usePaletteEntries(workspaceId, typed.text);
  const perform = usePerform(workspaceId, onSignOut);
  const groups = findEntries(entries, typed.text);
  const found = groups.flatMap((each) => each.entries);
  const chosen = found.find(({ id }) => id === chosenId) ?? found[0];
  const isDecided = chosen?.id === chosenId || isComplete || isClearMatch(groups, typed.text);

  function choose(entry: PaletteEntry | undefined): void {
    if (!entry || entry.whyNot !== null) return;
    onClose();
    rememberEntry(workspaceId, entry);
    void perform(entry);
  }

  // Enter counts once the entry that it opens is certain; a response may still bring a better one.
  const enter = useEffectEvent(() => {
    onType({ ...typed, isEntered: false });
    choose(chosen);
  });
  const isDue = typed.isEntered && isDecided;
  useEffect(() => {
    if (isDue) enter();
  }, [isDue]);

  function takeKey(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined) {
      const at = chosen ? found.indexOf(chosen) : 0;
      setChosenId(found[(at + step + found.length) % Math.max(1, found.length)]?.id ?? null);
    } else if (event.key === 'Enter') onType({ ...typed, isEntered: true });
    else return;
    event.preventDefault();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size="lg"
      yOffset="10vh"
      attributes={{ content: { 'aria-label': 'Search or run a command' } }}
    >
      <TextInput
        size="md"
        variant="unstyled"
        px="md"
        placeholder="Search jobs, runs, tables, columns and pages; type > for actions"
        aria-label="Search or run a command"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={chosen ? idOfEntry(listId, chosen) : undefined}
        data-autofocus
        data-palette-input
        autoComplete="off"
        spellCheck={false}
        value={typed.text}
        onChange={(event) => {
          onType({ text: event.currentTarget.value, isEntered: false });
          setChosenId(null);
        }}
        onKeyDown={takeKey}
      />
      <div id={listId} role="listbox" aria-label="Results" className={classes.list}>
        <PaletteResults listId={listId} groups={groups} chosen={chosen} onChoose={choose} />
      </div>
      {found.length === 0 && (
        <p className={classes.none} role="status">
          {isComplete ? 'No results' : 'Searching…'}
        </p>
      )}
    </Modal>
  );
}
