import type { DeliveryFixture } from '../testing/delivery-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDeliveryFixture } from '../testing/delivery-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let deliveries: DeliveryFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  deliveries = await createDeliveryFixture(fixture);
});
afterEach(() => deliveries.close());

describe('a test, and a message that is sent again', () => {
  it('report the real result, and do not count against the channel', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondStatus(404, 'no_service');
    for (let count = 0; count < 4; count += 1)
      expect(await server.alertDeliveries.test(deliveries.context.workspaceId, channel.id)).toMatchObject({
        status: 'failed',
        reason: 'http_404',
        responseCode: 404,
        answer: 'no_service',
      });
    expect(await fixture.alertChannels.get(deliveries.context.workspaceId, channel.id)).toMatchObject({
      rejections: 0,
      disabledAt: null,
    });
    deliveries.receiver.respondStatus(200);
    expect(await server.alertDeliveries.test(deliveries.context.workspaceId, channel.id)).toMatchObject({
      status: 'delivered',
    });
  });

  it('is a new message', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    await deliveries.enqueue([channel.id]);
    const [waiting] = await deliveries.readLog();
    const id = waiting?.id ?? '';
    await expect(server.alertDeliveries.sendAgain(deliveries.context.workspaceId, id)).rejects.toMatchObject({
      code: 'alert_delivery_waiting',
    });
    await server.deliverAll();
    const again = await server.alertDeliveries.sendAgain(deliveries.context.workspaceId, id);
    expect(again).toMatchObject({ status: 'delivered', resentFrom: id });
    expect(deliveries.receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, again.id]);
  });

  it('is made by another server if the first one dies', async () => {
    const { channel } = await deliveries.addChannel();
    fixture.setFault('after-alert-sent', () => Promise.reject(new Error('killed')));
    await expect(
      deliveries.createServer().alertDeliveries.test(deliveries.context.workspaceId, channel.id),
    ).rejects.toThrow('killed');
    fixture.setFault('after-alert-sent', () => undefined);
    await setColumns(fixture.database, 'alert_deliveries', {
      takenUntil: new Date(0),
      giveUpAt: fromNow({ hours: 1 }),
    });
    await deliveries.createServer().deliverAll();
    expect(await deliveries.readStatuses()).toEqual(['delivered']);
  });
});
