import { Button, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { ActionButton } from '../../ui/action-button.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import { pauseChoices, pauseEnd } from './incident-states.ts';

interface MuteMenuProps {
  /** What is muted, such as `rule Late`. */
  name: string;
  isMuted: boolean;
  whyNot: string | null;
  /** @param until null: until the mute is lifted; undefined lifts it */
  mute: (until: string | null | undefined) => Promise<unknown>;
}

/** Button that mutes messages for a time, or lifts the mute. */
export function MuteMenu({ name, isMuted, whyNot, mute }: MuteMenuProps) {
  const change = useMutation({ mutationFn: mute });
  if (isMuted || whyNot !== null)
    return (
      <ActionButton
        aria-label={`${isMuted ? 'Unmute' : 'Mute'} ${name}`}
        whyNot={whyNot}
        loading={change.isPending}
        onClick={() => change.mutate(undefined)}
      >
        {isMuted ? 'Unmute' : 'Mute'}
      </ActionButton>
    );
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-sm" variant="default" aria-label={`Mute ${name}`} loading={change.isPending}>
            Mute
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {pauseChoices.map(({ label, hours }) => (
            <Menu.Item key={label} onClick={() => change.mutate(pauseEnd(hours))}>
              For {label}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => change.mutate(null)}>Until unmuted</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {change.error !== null && <ErrorNotice error={change.error} />}
    </>
  );
}
