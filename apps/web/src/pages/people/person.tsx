import classes from './people.module.css';

interface PersonProps {
  email: string;
  name: string | null;
  isDisabled: boolean;
  isYou: boolean;
}

/** Somebody in a list. */
export function Person({ email, name, isDisabled, isYou }: PersonProps) {
  return (
    <span>
      {email}
      {isYou && <span className={classes.mark}>you</span>}
      {isDisabled && (
        <span className={classes.mark} title="Switched off by an operator: nothing they hold is good.">
          switched off
        </span>
      )}
      {name !== null && name !== email && <span className="quiet"> {name}</span>}
    </span>
  );
}
