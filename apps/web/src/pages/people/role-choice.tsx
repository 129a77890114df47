import { NativeSelect } from '@mantine/core';
import classes from './people.module.css';

interface RoleChoiceProps<Role extends string> {
  /** Whose, for screen readers. */
  label: string;
  roles: readonly Role[];
  /** Null where none was given. */
  value: Role | null;
  /** What stands there while none was given. */
  none?: string;
  whyNot: string | null;
  onChoose: (role: Role) => void;
}

/** The role of somebody in a row, which a choice changes at once. Whoever may not sees the word alone. */
export function RoleChoice<Role extends string>(props: RoleChoiceProps<Role>) {
  const { label, roles, value, none, whyNot, onChoose } = props;
  if (whyNot !== null) return <span title={whyNot}>{value ?? none ?? ''}</span>;
  return (
    <NativeSelect
      size="xs"
      className={classes.role ?? ''}
      aria-label={label}
      value={value ?? ''}
      data={[
        ...(value === null ? [{ value: '', label: none ?? '', disabled: true }] : []),
        ...roles.map((role) => ({ value: role, label: role })),
      ]}
      onChange={(event) => onChoose(event.currentTarget.value as Role)}
    />
  );
}
