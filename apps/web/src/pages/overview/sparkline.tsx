import classes from './overview.module.css';
import { formatCount } from '../../look/format.ts';

const height = 18;
const step = 4;

/** Small bars of one number over days, the newest last. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const most = Math.max(1, ...values);
  const last = values.at(-1) ?? 0;
  return (
    <svg
      width={values.length * step}
      height={height}
      role="img"
      aria-label={`${label}: at most ${formatCount(Math.max(0, ...values))}, ${formatCount(last)} today`}
    >
      {values.map((value, index) => {
        const size = value === 0 ? 1 : Math.max(2, (value / most) * height);
        return (
          <rect
            key={index}
            x={index * step}
            y={height - size}
            width={step - 1}
            height={size}
            className={value === 0 ? classes.sparkNothing : classes.sparkBar}
          />
        );
      })}
    </svg>
  );
}
