import classes from './star-mark.module.css';

/** Marks a job that its code declares as starred (`expose.starred`). Lists show it first. */
export function StarMark() {
  return (
    <span className={classes.star} title="Starred in code">
      <span aria-hidden="true">★</span>
      <span className="visually-hidden">Starred</span>
    </span>
  );
}
