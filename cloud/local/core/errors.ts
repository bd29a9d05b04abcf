import { defineErrors } from '../../../component/contract/error.ts';

/** What can be wrong with a local Greengrass core, and with what is deployed to it. */
export const coreErrors = defineErrors({
  CORE_RECIPE_MISSING: { fault: 'user', next: 'Put it there as NAME-VERSION.yaml or NAME-VERSION.json' },
  CORE_RECIPE_INVALID: { fault: 'user', next: 'Mend the recipe; under nucleus lite the spelling of its keys counts' },
  CORE_RECIPE_PLATFORM: { fault: 'user', next: 'Add a manifest with `os: linux`, the architecture and `runtime: "*"`' },
  CORE_ARTIFACT_MISSING: { fault: 'user', next: 'Put it into the artifacts folder as NAME/VERSION/FILE' },
  CORE_ARTIFACT_INVALID: { fault: 'user', next: 'Build the zip again; names in it must stay below its own folder' },
  CORE_ARTIFACT_DOWNLOAD: {
    fault: 'user',
    next: 'Put the object there, let the device role read it, and deploy again',
  },
  CORE_ARTIFACT_DIGEST: { fault: 'user', next: 'Upload other bytes under a key of their own, as a new version' },
  CORE_VERSION_UNAVAILABLE: {
    fault: 'user',
    next: 'Register a version that fits all of these, or deploy the same to each group',
  },
  CORE_CLOUD_REFUSED: { fault: 'user', next: 'Look at the certificate of the thing, and whether the stack is up' },
  CORE_JOB_INVALID: { fault: 'user', next: 'Make the deployment with CreateDeployment' },
  CORE_COMPONENT_UNKNOWN: { fault: 'user', next: 'Deploy it first' },
});
