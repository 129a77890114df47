import { NativeSelect, Switch } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import classes from './versions.module.css';

interface BaseChoiceProps {
  /** Versions that there are, newest first; those after the first fifty are reached by address. */
  versions: readonly { id: string; version: number }[];
  targetId: string;
  /** What is compared with now; null where there is nothing older. */
  base: { id: string; version: number } | null;
  isAll: boolean;
}

/** What a version is compared with, and whether files that are the same are listed. */
export function BaseChoice({ versions, targetId, base, isAll }: BaseChoiceProps) {
  const navigate = useNavigate();
  const search = (change: object) =>
    void navigate({
      to: '.',
      search: ((before: object) => ({ ...before, ...change })) as never,
      replace: true,
      resetScroll: false,
    });
  const others = versions.filter(({ id }) => id !== targetId);
  const isListed = base === null || others.some(({ id }) => id === base.id);
  return (
    <div className={classes.base}>
      <NativeSelect
        size="xs"
        aria-label="Compare with"
        value={base?.id ?? ''}
        data={[
          ...(base === null ? [{ value: '', label: 'with nothing older' }] : []),
          ...(isListed || base === null ? [] : [{ value: base.id, label: `with v${base.version}` }]),
          ...others.map(({ id, version }) => ({ value: id, label: `with v${version}` })),
        ]}
        onChange={(event) => search({ base: event.currentTarget.value || undefined, path: undefined })}
      />
      <Switch
        size="xs"
        label="All files"
        checked={isAll}
        onChange={(event) => search({ all: event.currentTarget.checked || undefined })}
      />
    </div>
  );
}
