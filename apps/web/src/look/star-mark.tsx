import classes from './star-mark.module.css';

/** A job that its code declares as starred (`expose.starred`): lists show it first. */
export function StarMark() {
  return (
    <span className={classes.star} title="Starred in its code">
      <span aria-hidden="true">★</span>
      <span className="visually-hidden">Starred</span>
    </span>
  );
}
