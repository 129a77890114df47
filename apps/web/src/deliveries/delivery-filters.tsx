import forms from '../forms/forms.module.css';
import { OptionSelect } from '../ui/option-select.tsx';
import { deliveryAppearance } from './delivery-states.ts';

interface DeliveryFiltersProps<Status extends string> {
  /** What receives deliveries: `one` and `all` of them. */
  targetNoun: { one: string; all: string };
  /** Names of targets, by id. */
  names: ReadonlyMap<string, string>;
  target: string | undefined;
  statuses: readonly Status[];
  status: Status | undefined;
  onShow: (filters: { target: string | undefined; status: Status | undefined }) => void;
}

const allOption = 'all';

/** Chooses the target and the state of the deliveries that are listed. */
export function DeliveryFilters<Status extends string>(props: DeliveryFiltersProps<Status>) {
  const { targetNoun, names, target, statuses, status, onShow } = props;
  return (
    <div className={forms.end}>
      <OptionSelect<string>
        aria-label={targetNoun.one}
        size="xs"
        options={[
          { value: allOption, label: targetNoun.all },
          ...[...names].map(([value, label]) => ({ value, label })),
        ]}
        value={target ?? allOption}
        onChoose={(chosen) => onShow({ target: chosen === allOption ? undefined : chosen, status })}
      />
      <OptionSelect<Status | typeof allOption>
        aria-label="State"
        size="xs"
        options={[
          { value: allOption, label: 'All states' },
          ...statuses.map((value) => ({
            value,
            label: deliveryAppearance({ status: value, is_sending: false }).word,
          })),
        ]}
        value={status ?? allOption}
        onChoose={(chosen) => onShow({ target, status: chosen === allOption ? undefined : chosen })}
      />
    </div>
  );
}
