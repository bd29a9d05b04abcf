import { defineErrors } from '../../../component/contract/error.ts';

/** What can be wrong with a local Greengrass core, and with what is deployed to it. */
export const coreErrors = defineErrors({
  CORE_RECIPE_MISSING: { fault: 'user', next: 'Put it there as NAME-VERSION.yaml or NAME-VERSION.json' },
  CORE_RECIPE_INVALID: { fault: 'user', next: 'Mend the recipe; under nucleus lite the spelling of its keys counts' },
  CORE_RECIPE_PLATFORM: { fault: 'user', next: 'Add a manifest with `os: linux`, the architecture and `runtime: "*"`' },
  CORE_ARTIFACT_MISSING: { fault: 'user', next: 'Put it into the artifacts folder as NAME/VERSION/FILE' },
  CORE_ARTIFACT_INVALID: { fault: 'user', next: 'Build the zip again; names in it must stay below its own folder' },
  CORE_COMPONENT_UNKNOWN: { fault: 'user', next: 'Deploy it first' },
});
