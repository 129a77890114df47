import { Confirm } from '../../look/confirm.tsx';
import type { AppActions } from './use-app-actions.ts';

export type AppQuestion = 'restart' | 'stop' | 'take-back';

interface AppQuestionsProps {
  question: AppQuestion;
  name: string;
  jobRunId: string | null;
  actions: AppActions;
  onClose: () => void;
}

/** Asks before something is taken from those who use an app. */
export function AppQuestions({ question, name, jobRunId, actions, onClose }: AppQuestionsProps) {
  const { title, action, says } = questions[question];
  function act(): void {
    if (question === 'restart') actions.restart.mutate();
    else if (question === 'take-back') actions.unpublish.mutate();
    else if (jobRunId !== null) actions.stop.mutate(jobRunId);
    onClose();
  }
  return (
    <Confirm
      title={title(name)}
      action={action}
      isPending={false}
      error={null}
      onConfirm={act}
      onClose={onClose}
    >
      <p>{says}</p>
    </Confirm>
  );
}

const questions = {
  restart: {
    title: (name: string) => `Restart ${name}?`,
    action: 'Restart',
    says: 'Another process starts with the newest code, and takes over once it answers. What visitors did in the one that runs and did not save is lost.',
  },
  stop: {
    title: (name: string) => `Stop ${name}?`,
    action: 'Stop',
    says: 'Visitors are cut off, and what they did and did not save is lost. The next visit starts it again.',
  },
  'take-back': {
    title: (name: string) => `Take back the public link to ${name}?`,
    action: 'Take it back',
    says: 'It leads nowhere from then on, and whoever came by it is cut off. Members of the workspace go on as before.',
  },
};
