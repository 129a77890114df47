import { NativeSelect, TextInput } from '@mantine/core';
import { ActionButton } from '../../ui/action-button.tsx';
import { FilterBar } from '../../search/filter-bar.tsx';
import { FilterMenu } from '../../search/filter-menu.tsx';
import { auditAreas } from './audit-actions.ts';
import type { AuditLogSearch } from './audit-log-search.ts';
import classes from './audit-log.module.css';

interface AuditFiltersProps {
  search: AuditLogSearch;
  onSearch: (search: AuditLogSearch) => void;
  people: readonly { value: string; label: string }[];
}

export function AuditFilters({ search, onSearch, people }: AuditFiltersProps) {
  const { what, who, target, from, to } = search;
  const isKnown = who === undefined || people.some(({ value }) => value === who);
  const choose = (change: Partial<AuditLogSearch>) => onSearch({ ...search, ...change });
  return (
    <FilterBar>
      <FilterMenu
        label="Action"
        options={auditAreas}
        chosen={what}
        onChoose={(chosen) => choose({ what: chosen })}
      />
      <NativeSelect
        size="xs"
        aria-label="User"
        value={who ?? ''}
        data={[
          { value: '', label: 'All users' },
          ...people,
          ...(isKnown ? [] : [{ value: who, label: 'former member' }]),
        ]}
        onChange={(event) => choose({ who: event.currentTarget.value || undefined })}
      />
      <span className={classes.days}>
        <TextInput
          type="date"
          size="xs"
          aria-label="From date"
          value={from ?? ''}
          max={to}
          onChange={(event) => choose({ from: event.currentTarget.value || undefined })}
        />
        –
        <TextInput
          type="date"
          size="xs"
          aria-label="To date"
          value={to ?? ''}
          min={from}
          onChange={(event) => choose({ to: event.currentTarget.value || undefined })}
        />
      </span>
      {target !== undefined && (
        <ActionButton onClick={() => choose({ target: undefined })}>
          One {target.split(':')[0]} ✕
        </ActionButton>
      )}
    </FilterBar>
  );
}
