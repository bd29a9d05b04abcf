import {
  AddThingToThingGroupCommand,
  CreateRoleAliasCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteThingCommand,
  DescribeEndpointCommand,
  DescribeRoleAliasCommand,
  DescribeThingCommand,
  ListThingGroupsForThingCommand,
  ListThingsCommand,
  paginateListThingsInThingGroup,
  RemoveThingFromThingGroupCommand,
} from '@aws-sdk/client-iot';
import { describe, expect, it } from 'vitest';
import { refusal, testAccountId, testRegion } from '../../support/aws-stack.ts';
import { startGreengrassStack } from '../../support/greengrass-stack.ts';
import { scratchFolder } from '../../support/scratch.ts';

const names = ['oven-1', 'oven-2', 'oven-3'];

describe('the stood-in IoT', () => {
  it('keeps things and their groups over a restart, and lists them in pages', async () => {
    const folder = scratchFolder();
    const before = await startGreengrassStack({ folder });
    const iot = before.iot();
    await iot.send(new CreateThingGroupCommand({ thingGroupName: 'ovens' }));
    for (const thingName of names) {
      await iot.send(new CreateThingCommand({ thingName, attributePayload: { attributes: { site: thingName } } }));
      await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName: 'ovens' }));
    }
    await before.close();
    const after = (await startGreengrassStack({ folder })).iot();

    await after.send(new RemoveThingFromThingGroupCommand({ thingName: 'oven-2', thingGroupName: 'ovens' }));
    const pages = paginateListThingsInThingGroup({ client: after, pageSize: 1 }, { thingGroupName: 'ovens' });
    const found: string[] = [];
    for await (const { things = [] } of pages) found.push(...things);
    const bySite = await after.send(new ListThingsCommand({ attributeName: 'site', attributeValue: 'oven-2' }));
    const { thingGroups } = await after.send(new ListThingGroupsForThingCommand({ thingName: 'oven-1' }));

    expect(found).toEqual(['oven-1', 'oven-3']);
    expect(bySite.things?.map(({ thingName }) => thingName)).toEqual(['oven-2']);
    const groupArn = `arn:aws:iot:${testRegion}:${testAccountId}:thinggroup/ovens`;
    expect(thingGroups).toEqual([{ groupName: 'ovens', groupArn }]);
  });

  it('takes the same thing twice, and not with other attributes', async () => {
    const iot = (await startGreengrassStack()).iot();
    const made = await iot.send(new CreateThingCommand({ thingName: 'oven-1' }));

    const again = await iot.send(new CreateThingCommand({ thingName: 'oven-1' }));
    const other = await refusal(
      iot.send(new CreateThingCommand({ thingName: 'oven-1', attributePayload: { attributes: { a: 'b' } } })),
    );

    expect(again.thingId).toBe(made.thingId);
    expect(other).toEqual({ name: 'ResourceAlreadyExistsException', status: 409 });
  });

  it('has the errors of IoT for what is not there and for what is no name', async () => {
    const iot = (await startGreengrassStack()).iot();
    await iot.send(new CreateThingCommand({ thingName: 'oven-1' }));
    await iot.send(new DeleteThingCommand({ thingName: 'oven-1' }));

    const refused = [
      await refusal(iot.send(new DescribeThingCommand({ thingName: 'oven-1' }))),
      await refusal(iot.send(new CreateThingCommand({ thingName: 'an oven' }))),
      await refusal(iot.send(new ListThingsCommand({ nextToken: 'x' }))),
    ];

    expect(refused).toEqual([
      { name: 'ResourceNotFoundException', status: 404 },
      { name: 'InvalidRequestException', status: 400 },
      { name: 'InvalidRequestException', status: 400 },
    ]);
  });

  it('tells its endpoints and role aliases', async () => {
    const iot = (await startGreengrassStack()).iot();
    const roleArn = `arn:aws:iam::${testAccountId}:role/devices`;
    await iot.send(new CreateRoleAliasCommand({ roleAlias: 'devices', roleArn }));

    const { endpointAddress } = await iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }));
    const { roleAliasDescription } = await iot.send(new DescribeRoleAliasCommand({ roleAlias: 'devices' }));

    expect(endpointAddress).toBe('localhost:8883');
    expect(roleAliasDescription?.roleArn).toBe(roleArn);
  });
});
