import { Notifications } from '@mantine/notifications';

/** Shows notifications, also those that were sent before it was loaded. Loaded apart: a page starts without any. */
export default function LazyNotifications() {
  return <Notifications position="bottom-right" />;
}
