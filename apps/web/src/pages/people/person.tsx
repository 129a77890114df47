import classes from './people.module.css';

interface PersonProps {
  email: string;
  name: string | null;
  isDisabled: boolean;
  isYou: boolean;
}

/** A user in a list. */
export function Person({ email, name, isDisabled, isYou }: PersonProps) {
  return (
    <span>
      {email}
      {isYou && <span className={classes.mark}>you</span>}
      {isDisabled && (
        <span className={classes.mark} title="Account disabled by an operator. All credentials are revoked.">
          disabled
        </span>
      )}
      {name !== null && name !== email && <span className="quiet"> {name}</span>}
    </span>
  );
}
