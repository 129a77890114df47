import { Notifications } from '@mantine/notifications';

/** Shows notifications, also those that were sent before it was loaded. */
export default function NotificationList() {
  return <Notifications position="bottom-right" />;
}
