import { OptionSelect } from '../../ui/option-select.tsx';
import classes from './people.module.css';

interface RoleChoiceProps<Role extends string> {
  /** Accessible name, such as "Role of owner@example.com". */
  label: string;
  roles: readonly Role[];
  /** Null if no role is assigned. A newer server may send a role that is not among `roles`. */
  value: string | null;
  /** Placeholder if no role is assigned. */
  none?: string;
  whyNot: string | null;
  onChoose: (role: Role) => void;
}

/** Select for a member's role that saves immediately. Without permission it is plain text. */
export function RoleChoice<Role extends string>(props: RoleChoiceProps<Role>) {
  const { label, roles, value, none, whyNot, onChoose } = props;
  if (whyNot !== null) return <span title={whyNot}>{value ?? none ?? ''}</span>;
  return (
    <OptionSelect
      size="xs"
      className={classes.role ?? ''}
      aria-label={label}
      value={value ?? ''}
      options={roles}
      none={value === null ? (none ?? '') : undefined}
      onChoose={onChoose}
    />
  );
}
