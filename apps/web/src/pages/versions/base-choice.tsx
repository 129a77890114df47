import { NativeSelect, Switch } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import classes from './versions.module.css';

interface BaseChoiceProps {
  /** Listed versions, newest first. Versions beyond the first fifty are reachable only by URL. */
  versions: readonly { id: string; version: number }[];
  targetId: string;
  /** The current base of the comparison; null if there is no older version. */
  base: { id: string; version: number } | null;
  isAll: boolean;
}

/** Selects the base of a comparison and whether unchanged files are listed. */
export function BaseChoice({ versions, targetId, base, isAll }: BaseChoiceProps) {
  const navigate = useNavigate();
  const search = (change: { base?: string | undefined; path?: undefined; all?: true | undefined }) =>
    void navigate({
      to: '.',
      search: (before) => ({ ...before, ...change }),
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
          ...(base === null ? [{ value: '', label: 'no older version' }] : []),
          ...(isListed || base === null ? [] : [{ value: base.id, label: `vs v${base.version}` }]),
          ...others.map(({ id, version }) => ({ value: id, label: `vs v${version}` })),
        ]}
        onChange={(event) => search({ base: event.currentTarget.value || undefined, path: undefined })}
      />
      <Switch
        size="xs"
        label="Show unchanged files"
        checked={isAll}
        onChange={(event) => search({ all: event.currentTarget.checked || undefined })}
      />
    </div>
  );
}
